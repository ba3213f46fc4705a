using System.Collections.Frozen;
using System.Text.Json.Nodes;

namespace Comptroller.FalconSimulator;

/// <summary>Policies of every type: of three, two are as the built-in grading asks and one is not.</summary>
internal sealed class PolicySet
{
    public static readonly (string Key, string Type)[] HostKeys =
    [
        ("prevention", "prevention"), ("sensor_update", "sensor-update"), ("content-update", "content-update"), ("firewall", "firewall"),
        ("device_control", "device-control"), ("it-automation", "it-automation"), ("remote_response", "response"), ("sca", "sca"),
    ];

    private static readonly string[] Platforms = ["Windows", "Linux", "Mac"];
    private static readonly string[] Toggles = ["SensorTamperingProtection", "ML Large File Handling", "DetectOnWrite", "QuarantineOnWrite", "NextGenAV"];
    private static readonly string[] Sliders = ["CloudAntiMalware", "AdwarePUP", "OnSensorMLSlider"];
    private static readonly string[] Commands = ["RealTimeFunctionality", "CustomScripts", "GetCommand", "PutCommand", "ExecCommand", "PutAndRunCommand"];
    private static readonly string[] Categories = ["vulnerability_management", "system_critical", "sensor_operations", "rapid_response_al_bl_listing"];
    private static readonly string[] Classes = ["ANY", "AUDIO_VIDEO", "IMAGING", "MASS_STORAGE", "MOBILE", "PRINTER", "WIRELESS"];

    private readonly FrozenDictionary<string, List<(string Id, string Platform, bool Good)>> _ids;

    public PolicySet(int count)
    {
        var types = HostKeys.Select(key => key.Type).Append("scan").ToArray();
        // Every platform has a policy of every type, or its hosts would have none.
        var each = Math.Max(3, count / types.Length);
        var spare = Math.Max(0, count - (each * types.Length));
        _ids = types.Select((type, index) => KeyValuePair.Create(type, Enumerable.Range(0, each + (index == 0 ? spare : 0))
            .Select(i => ($"{type}-{i:D4}", type is "content-update" ? "all" : type is "scan" ? "Windows" : Platforms[i % 3], i % 9 < 6)).ToList()))
            .ToFrozenDictionary(StringComparer.Ordinal);
    }

    public int CountOf(string type) => _ids[type].Count;

    public string IdFor(string type, string platform, int number)
    {
        var ids = _ids[type];
        var start = number % ids.Count;
        for (var i = 0; i < ids.Count; i++)
        {
            var (id, of, _) = ids[(start + i) % ids.Count];
            if (of == platform || of == "all")
            {
                return id;
            }
        }

        return ids[0].Id;
    }

    public List<string> Ids(string type, string? platform = null) => [.. _ids[type].Where(each => platform is null || each.Platform == platform).Select(each => each.Id)];

    /// <summary>Whether hosts of a configuration assessment policy have findings.</summary>
    public bool IsGood(string type, string id) => _ids[type].Find(each => each.Id == id).Good;

    public JsonObject? Find(string type, string id)
    {
        var index = _ids[type].FindIndex(each => each.Id == id);
        return index < 0 ? null : Make(type, index);
    }

    public JsonObject Make(string type, int index)
    {
        var (id, platform, good) = _ids[type][index];
        var policy = new JsonObject { ["id"] = id, ["name"] = $"{type} {index}", ["platform_name"] = platform, ["enabled"] = true, ["groups"] = new JsonArray() };
        switch (type)
        {
            case "prevention":
                policy["prevention_settings"] = new JsonArray(new JsonObject { ["name"] = "Settings", ["settings"] = new JsonArray([.. Prevention(platform, good)]) });
                break;
            case "sensor-update":
                policy["settings"] = new JsonObject { ["build"] = good ? "20108|n-1|tagged|1" : "" };
                break;
            case "content-update":
                var rings = Categories.Select(category => (JsonNode)new JsonObject
                {
                    ["id"] = category,
                    ["ring_assignment"] = "ga",
                    ["delay_hours"] = good ? "0" : "24",
                    ["pinned_content_version"] = "",
                    ["override"] = new JsonObject { ["value"] = "" },
                });
                policy["settings"] = new JsonObject { ["ring_assignment_settings"] = new JsonArray([.. rings]) };
                break;
            case "firewall":
                policy["rule_set_id"] = id;
                break;
            case "device-control":
                policy["settings"] = DeviceControl(good);
                break;
            case "it-automation":
                return new JsonObject
                {
                    ["id"] = id,
                    ["name"] = $"{type} {index}",
                    ["target"] = platform,
                    ["is_enabled"] = true,
                    ["config"] = new JsonObject { ["execution"] = new JsonObject { ["enable_script_execution"] = good } },
                };
            case "response":
                policy["settings"] = new JsonArray(new JsonObject { ["name"] = "Commands", ["settings"] = new JsonArray([.. Commands.Select(command => (JsonNode)Toggle(command, good))]) });
                break;
            case "scan":
                return Scan(id, index, good);
            default:
                break;
        }

        return policy;
    }

    public JsonObject Container(string id) => new()
    {
        ["policy_id"] = id,
        ["default_inbound"] = IsGood("firewall", id) ? "DENY" : "ALLOW",
        ["default_outbound"] = "ALLOW",
        ["enforce"] = true,
        ["test_mode"] = false,
    };

    private static IEnumerable<JsonNode> Prevention(string platform, bool good) => Sliders.Where(slider => platform != "Linux" || slider != "AdwarePUP")
        .Select(slider => (JsonNode)new JsonObject
        {
            ["id"] = slider,
            ["name"] = slider,
            ["type"] = "mlslider",
            ["value"] = new JsonObject { ["detection"] = good ? "AGGRESSIVE" : "CAUTIOUS", ["prevention"] = "MODERATE" },
        }).Concat(platform == "Windows" ? Toggles.Select(toggle => (JsonNode)Toggle(toggle, true)) : []);

    private static JsonObject Toggle(string id, bool on) => new JsonObject { ["id"] = id, ["name"] = id, ["type"] = "toggle", ["value"] = new JsonObject { ["enabled"] = on } };

    private static JsonObject DeviceControl(bool good) => new()
    {
        ["enforcement_mode"] = good ? "MONITOR_ENFORCE" : "MONITOR_ONLY",
        ["classes"] = new JsonArray([.. Classes.Select(name => (JsonNode)new JsonObject { ["id"] = name, ["action"] = "FULL_BLOCK", ["exceptions"] = new JsonArray() })]),
    };

    private static JsonObject Scan(string id, int index, bool good) => new()
    {
        ["id"] = id,
        ["description"] = $"scan {index}",
        ["status"] = "scheduled",
        ["deleted"] = false,
        ["schedule"] = new JsonObject { ["interval"] = good ? 7 : 30, ["start_timestamp"] = "2026-01-01T02:00" },
        ["host_groups"] = new JsonArray($"group-{index:D3}"),
        ["cloud_ml_level_detection"] = 3,
        ["sensor_ml_level_detection"] = 3,
        ["cloud_ml_level_prevention"] = 2,
        ["sensor_ml_level_prevention"] = 2,
        ["cloud_pup_adware_level_prevention"] = 2,
        ["quarantine"] = true,
    };
}
