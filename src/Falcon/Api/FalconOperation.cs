namespace Comptroller.Falcon.Api;

/// <summary>An operation of the API.</summary>
/// <param name="Name">As CrowdStrike's clients call it.</param>
/// <param name="Path">Relative to the address.</param>
/// <param name="Scope">The scope it needs, as the console names it.</param>
/// <param name="Limit">Most results of a page, or most ids of a request.</param>
public sealed record FalconOperation(string Name, string Path, string Scope, int Limit)
{
    private const string Collections = "customobjects/v1/collections";

    /// <summary>What of the scope it needs; of nothing but the Foundry collection anything is changed.</summary>
    public string Access { get; init; } = "read";

    public static readonly FalconOperation Token = new("oauth2AccessToken", "oauth2/token", "", 1);
    public static readonly FalconOperation Cid = new("GetSensorInstallersCCIDByQuery", "sensors/queries/installers/ccid/v1", "Sensor Download", 1);
    public static readonly FalconOperation Devices = new("CombinedDevicesByFilter", "devices/combined/devices/v1", "Hosts", 10_000);
    public static readonly FalconOperation DeviceDetails = new("PostDeviceDetailsV2", "devices/entities/devices/v2", "Hosts", 5000);
    public static readonly FalconOperation HostGroups = new("queryCombinedHostGroups", "devices/combined/host-groups/v1", "Host groups", 500);
    public static readonly FalconOperation Assessments = new("getAssessmentV1", "zero-trust-assessment/entities/assessments/v1", "Zero Trust Assessment", 100);
    public static readonly FalconOperation AssessmentsByScore = new("getAssessmentsByScoreV1", "zero-trust-assessment/queries/assessments/v1", "Zero Trust Assessment", 1000);
    public static readonly FalconOperation TenantAssessment = new("getAuditV1", "zero-trust-assessment/entities/audit/v1", "Zero Trust Assessment", 1);
    public static readonly FalconOperation GroupMembers = new("queryGroupMembers", "devices/queries/host-group-members/v1", "Host groups", 5000);
    public static readonly FalconOperation Prevention = new("queryCombinedPreventionPolicies", "policy/combined/prevention/v1", "Prevention policies", 5000);
    public static readonly FalconOperation SensorUpdate = new("queryCombinedSensorUpdatePoliciesV2", "policy/combined/sensor-update/v2", "Sensor update policies", 5000);
    public static readonly FalconOperation ContentUpdate = new("queryCombinedContentUpdatePolicies", "policy/combined/content-update/v1", "Content Update Policy", 5000);
    public static readonly FalconOperation Firewall = new("queryCombinedFirewallPolicies", "policy/combined/firewall/v1", "Firewall management", 5000);
    public static readonly FalconOperation FirewallContainers = new("get_policy_containers", "fwmgr/entities/policies/v1", "Firewall management", 100);
    public static readonly FalconOperation DeviceControl = new("queryCombinedDeviceControlPolicies", "policy/combined/device-control/v1", "Device control policies", 5000);
    public static readonly FalconOperation DeviceControlSettings = new("getDeviceControlPolicies", "policy/entities/device-control/v1", "Device control policies", 100);
    public static readonly FalconOperation Response = new("queryCombinedRTResponsePolicies", "policy/combined/response/v1", "Response policies", 5000);
    public static readonly FalconOperation ItAutomationIds = new("ITAutomationQueryPolicies", "it-automation/queries/policies/v1", "IT Automation - Policies", 500);
    public static readonly FalconOperation ItAutomation = new("ITAutomationGetPolicies", "it-automation/entities/policies/v1", "IT Automation - Policies", 100);
    public static readonly FalconOperation ScheduledScanIds = new("query_scheduled_scans", "ods/queries/scheduled-scans/v1", "On-demand scans (ODS)", 500);
    public static readonly FalconOperation ScheduledScans = new("get_scheduled_scans_by_scan_ids", "ods/entities/scheduled-scans/v1", "On-demand scans (ODS)", 100);
    public static readonly FalconOperation ScanRunIds = new("query_scans", "ods/queries/scans/v1", "On-demand scans (ODS)", 500);
    public static readonly FalconOperation ScanRuns = new("get_scans_by_scan_ids", "ods/entities/scans/v1", "On-demand scans (ODS)", 100);
    public static readonly FalconOperation Findings = new("getCombinedAssessmentsQuery", "configuration-assessment/combined/assessments/v1", "Configuration Assessment", 5000);
    public static readonly FalconOperation DescribeCollection = new("DescribeCollection", Collections, "Custom storage", 1);
    public static readonly FalconOperation ListObjects = new("ListObjects", Collections, "Custom storage", 1000);
    public static readonly FalconOperation GetObject = new("GetObject", Collections, "Custom storage", 1);
    public static readonly FalconOperation PutObject = new("PutObject", Collections, "Custom storage", 1) { Access = "write" };
    public static readonly FalconOperation DeleteObject = new("DeleteObject", Collections, "Custom storage", 1) { Access = "write" };

    public override string ToString() => Name;
}
