using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Comptroller.Falcon.Policies;

/// <summary>A kind of Falcon policy that is audited.</summary>
/// <param name="Key">Name in reports and in the store.</param>
/// <param name="Name">Name in configuration files and on the command line.</param>
/// <param name="DisplayName">Name in tables, wide.</param>
/// <param name="ShortName">Name in tables, narrow.</param>
/// <param name="HostKey">Key under <c>device_policies</c> of a host; null where a host does not name its policy.</param>
/// <param name="TtlKeys">Keys of <c>ttl.policies</c> that mean this type, the one that counts first.</param>
public sealed record PolicyType(string Key, string Name, string DisplayName, string ShortName, string? HostKey, ImmutableArray<string> TtlKeys)
{
    public static readonly PolicyType Prevention = new("prevention", "prevention", "Prevention", "AV", "prevention", ["prevention_policy", "prevention_policies"]);
    public static readonly PolicyType SensorUpdate = new("sensor_update", "sensor-update", "Sensor Update", "SU", "sensor_update", ["sensor_update_policy", "sensor_update_policies"]);
    public static readonly PolicyType ContentUpdate = new("content_update", "content-update", "Content Update", "CU", "content-update", ["content_update_policy", "content_policy", "content_update_policies"]);
    public static readonly PolicyType Firewall = new("firewall", "firewall", "Firewall", "FW", "firewall", ["firewall_policy", "firewall_policies"]);
    public static readonly PolicyType DeviceControl = new("device_control", "device-control", "Device Control", "DC", "device_control", ["device_control_policy", "devicecontrol_policy", "device_control_policies"]);
    public static readonly PolicyType ItAutomation = new("it_automation", "it-automation", "IT Automation", "IT", "it-automation", ["it_automation_policy", "it_automation_policies"]);
    public static readonly PolicyType ScheduledScan = new("ods_scheduled_scan", "ods-scheduled-scan", "ODS Scheduled Scan", "ODS", null, ["ods_scheduled_scan_policy", "ods_scheduled_scan_policies"]);
    public static readonly PolicyType Response = new("response", "response", "Response (RTR)", "RTR", "remote_response", ["response_policy", "rtr_policy", "response_policies"]);
    public static readonly PolicyType ConfigurationAssessment = new("sca", "sca", "Secure Config Assessment", "SCA", "sca", ["sca_policy", "sca_policies"]);

    /// <summary>All of them in the order of table columns.</summary>
    public static readonly ImmutableArray<PolicyType> All =
        [Prevention, SensorUpdate, ContentUpdate, Firewall, DeviceControl, ItAutomation, ScheduledScan, Response, ConfigurationAssessment];

    /// <summary>Position in <see cref="All"/>: the index of this type in per-host arrays.</summary>
    public int Index => All.IndexOf(this);

    /// <summary>File name of the grading file in a grading directory, as the reference names it.</summary>
    public string GradingFileName => $"{Key}_policies_grading.json";

    /// <summary>Finds a type by either of its names: <c>sensor-update</c> or <c>sensor_update</c>.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out PolicyType? type)
    {
        type = All.FirstOrDefault(each => each.Name == text || each.Key == text);
        return type is not null;
    }

    public bool Equals(PolicyType? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => Key.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => Name;
}
