using System.Globalization;
using System.Text.Json;

namespace Comptroller.FalconSimulator;

/// <summary>Hosts that follow from their number alone: a million of them need no memory.</summary>
internal sealed class Fleet(SimulatorOptions options, PolicySet policies)
{
    private static readonly string[] Products = ["Workstation", "Workstation", "Workstation", "Server", "Domain Controller"];

    public int Count => options.Hosts;

    public static string Platform(int number) => (number % 10) switch { < 7 => "Windows", < 9 => "Linux", _ => "Mac" };

    public static string DeviceId(int number) => (number + 0x1000_0000L).ToString("x32", CultureInfo.InvariantCulture);

    public static int? NumberOf(string deviceId) =>
        deviceId.Length == 32 && long.TryParse(deviceId.AsSpan(16), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var id) ? (int)(id - 0x1000_0000L) : null;

    public static string Product(int number) => Products[number % Products.Length];

    public void Write(Utf8JsonWriter writer, int number, HashSet<string>? fields)
    {
        writer.WriteStartObject();
        Text("device_id", DeviceId(number));
        Text("cid", options.Cid);
        Text("hostname", $"HOST-{number:D7}");
        Text("platform_name", Platform(number));
        Text("product_type_desc", Product(number));
        Text("os_version", Platform(number) switch { "Windows" => "Windows 11", "Mac" => "Sequoia (15)", _ => "Ubuntu 24.04" });
        Text("agent_version", "7.26.19811.0");
        Text("last_seen", "2026-03-01T12:00:00Z");
        if (Wanted("groups") && options.WithoutGroups?.Invoke(number) != true)
        {
            writer.WriteStartArray("groups");
            writer.WriteStringValue($"group-{number % 20:D3}");
            writer.WriteEndArray();
        }

        if (Wanted("tags"))
        {
            writer.WriteStartArray("tags");
            writer.WriteStringValue(number % 3 == 0 ? "FalconGroupingTags/prod" : "SensorGroupingTags/office");
            writer.WriteEndArray();
        }

        if (Wanted("device_policies"))
        {
            Policies(writer, number);
        }

        if (fields is null)
        {
            // The rest of a real record, as far as its size goes.
            writer.WriteString("filler", new string('x', 8000));
        }

        writer.WriteEndObject();

        bool Wanted(string field) => fields is null || fields.Contains(field);

        void Text(string field, string value)
        {
            if (Wanted(field))
            {
                writer.WriteString(field, value);
            }
        }
    }

    private void Policies(Utf8JsonWriter writer, int number)
    {
        writer.WriteStartObject("device_policies");
        foreach (var (key, type) in PolicySet.HostKeys)
        {
            writer.WriteStartObject(key);
            writer.WriteString("policy_type", key);
            writer.WriteString("policy_id", policies.IdFor(type, Platform(number), number));
            writer.WriteBoolean("applied", true);
            writer.WriteString("applied_date", "2026-02-28T10:00:00.123456789Z");
            writer.WriteString("assigned_date", "2026-02-28T09:00:00.123456789Z");
            writer.WriteString("settings_hash", "a1b2c3d4");
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }
}
