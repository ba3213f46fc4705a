using System.Text.Json.Nodes;

namespace Comptroller.AuditPolicies.Rendering.Shipping;

/// <summary>
/// Fluent Bit's configuration (5.x) that ships one node's audit log without losing, doubling or misdating events. Each setting that differs
/// from Fluent Bit's default names the loss it prevents.
/// </summary>
public static class FluentBitConfiguration
{
    /// <summary>Value of the stream field <c>source</c>; alert rules select by it.</summary>
    public const string Source = "kube-apiserver-audit";

    /// <summary>The tags of audit events.</summary>
    internal const string Events = "audit.*";

    private const string Parser = "audit_json";

    /// <summary>The configuration as a tree; every text is a YAML string, every switch a YAML boolean.</summary>
    /// <exception cref="OptionException"><see cref="FluentBitOptions.Check"/> names the errors.</exception>
    public static JsonObject Render(FluentBitOptions options)
    {
        OptionException.ThrowIfAny(options.Check());
        return new JsonObject
        {
            ["service"] = Service(options),
            ["parsers"] = new JsonArray(new JsonObject
            {
                ["name"] = Parser,
                ["format"] = "json",
                ["time_key"] = "stageTimestamp",
                ["time_format"] = "%Y-%m-%dT%H:%M:%S.%L%z",
                ["time_keep"] = true,
            }),
            ["pipeline"] = new JsonObject
            {
                ["inputs"] = new JsonArray(Tail(options)),
                ["filters"] = new JsonArray([.. Filters(options)]),
                ["outputs"] = new JsonArray([.. options.Sinks.Select(sink => sink.Output(options)), .. Counters(options)]),
            },
        };
    }

    private static JsonObject Service(FluentBitOptions options) => new()
    {
        ["flush"] = 1,
        ["grace"] = 5,
        ["log_level"] = "info",
        ["http_server"] = true,
        ["http_listen"] = "0.0.0.0",
        ["http_port"] = options.HttpPort,
        ["health_check"] = true,
        // Without a path, filesystem buffering falls back to memory and a restart loses what was not yet sent.
        ["storage.path"] = options.StateDirectory + "/buffer",
        ["storage.sync"] = "normal",
        ["storage.checksum"] = false,
        ["storage.max_chunks_up"] = 128,
        ["storage.backlog.mem_limit"] = "32M",
        ["storage.metrics"] = true,
        ["scheduler.base"] = 5,
        // At the default cap of 2000 s, events would arrive half an hour after an outage: older than the window that alerts look at.
        ["scheduler.cap"] = 300,
    };

    private static IEnumerable<JsonObject> Filters(FluentBitOptions options)
    {
        yield return new JsonObject
        {
            ["name"] = "modify",
            ["match"] = Events,
            ["add"] = new JsonArray($"cluster {options.Cluster}", $"source {Source}"),
        };
        // Before redaction, which can take away what they look at; they keep nothing of it.
        foreach (var counter in options.Counters)
        {
            yield return counter.Filter();
        }

        if (options.Redaction is not null)
        {
            yield return new JsonObject
            {
                ["name"] = "lua",
                ["match"] = Events,
                ["script"] = RedactionScript.Path,
                ["call"] = RedactionScript.Function,
            };
        }
    }

    private static IEnumerable<JsonObject> Counters(FluentBitOptions options) => options.Counters.IsEmpty ? [] :
    [
        new JsonObject
        {
            ["name"] = "prometheus_exporter",
            ["alias"] = "counters",
            ["match"] = EventCounter.Tag,
            ["host"] = "0.0.0.0",
            ["port"] = options.CountersPort,
        },
    ];

    private static JsonObject Tail(FluentBitOptions options) => new()
    {
        ["name"] = "tail",
        ["alias"] = "audit_tail",
        ["tag"] = "audit.kube-apiserver",
        ["path"] = options.LogPath,
        ["parser"] = Parser,
        ["db"] = options.StateDirectory + "/tail.db",
        ["db.locking"] = true,
        ["db.sync"] = "normal",
        // The default starts at the end of the file: everything before the first start would be lost.
        ["read_from_head"] = true,
        ["refresh_interval"] = 5,
        ["rotate_wait"] = 30,
        // At the default of 32k, the first event with a body over 32 KB ends the reading of the file.
        ["buffer_chunk_size"] = "512k",
        ["buffer_max_size"] = "8M",
        ["skip_long_lines"] = true,
        ["skip_empty_lines"] = true,
        ["storage.type"] = "filesystem",
        ["threaded"] = true,
    };
}
