using System.Text.Json.Nodes;

namespace Comptroller.AuditPolicies.Rendering;

/// <summary>
/// Fluent Bit's YAML configuration (5.x) that ships one node's audit log to VictoriaLogs without losing, doubling or misdating events.
/// Each setting that differs from Fluent Bit's default names the loss it prevents.
/// </summary>
public static class FluentBitConfiguration
{
    /// <summary>Value of the stream field <c>source</c>; alert rules select by it.</summary>
    public const string Source = "kube-apiserver-audit";

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
                ["filters"] = new JsonArray(new JsonObject
                {
                    ["name"] = "modify",
                    ["match"] = "audit.*",
                    ["add"] = new JsonArray($"cluster {options.Cluster}", $"source {Source}"),
                }),
                ["outputs"] = new JsonArray(Http(options)),
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
        ["hot_reload"] = true,
        // Without a path, filesystem buffering falls back to memory and a restart loses what was not yet sent.
        ["storage.path"] = options.StateDirectory + "/buffer",
        ["storage.sync"] = "normal",
        ["storage.checksum"] = false,
        ["storage.max_chunks_up"] = 128,
        ["storage.backlog.mem_limit"] = "32M",
        ["storage.metrics"] = true,
        ["scheduler.base"] = 5,
        // The default cap of 2000 s would leave alerts blind for half an hour after an outage.
        ["scheduler.cap"] = 300,
    };

    private static JsonObject Tail(FluentBitOptions options) => new()
    {
        ["name"] = "tail",
        ["alias"] = "audit_tail",
        ["tag"] = "audit.kube-apiserver",
        ["path"] = options.Path,
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

    private static JsonObject Http(FluentBitOptions options)
    {
        var output = new JsonObject
        {
            ["name"] = "http",
            ["alias"] = "victorialogs",
            ["match"] = "audit.*",
            ["host"] = options.Endpoint.IdnHost,
            ["port"] = options.Endpoint.Port,
            ["uri"] = IngestionPath(options),
            ["format"] = "json_lines",
            // VictoriaLogs takes the time from stageTimestamp; a second date key would only cost space.
            ["json_date_key"] = false,
            ["compress"] = "gzip",
            ["header"] = new JsonArray($"AccountID {options.AccountId}", $"ProjectID {options.ProjectId}"),
            // The default is one retry, after which the chunk is dropped.
            ["retry_limit"] = "no_limits",
            ["storage.total_limit_size"] = options.BufferLimit,
            ["net.keepalive"] = true,
        };
        if (options.Endpoint.Scheme == "https")
        {
            AddTls(output, options.Tls);
        }

        if (options.Authentication is { } authentication)
        {
            output["http_user"] = authentication.User;
            output["http_passwd"] = $"${{{authentication.PasswordVariable}}}";
        }

        return output;
    }

    private static void AddTls(JsonObject output, TlsOptions tls)
    {
        output["tls"] = true;
        output["tls.verify"] = tls.Verify;
        if (tls.CaFile is { } caFile)
        {
            output["tls.ca_file"] = caFile;
        }

        if (tls.ServerName is { } serverName)
        {
            output["tls.vhost"] = serverName;
        }
    }

    // Streams only from fields that are constant per API server: a stream per user or namespace would ruin the index.
    private static string IngestionPath(FluentBitOptions options)
    {
        var query = "_stream_fields=cluster,source&_time_field=stageTimestamp&_msg_field=requestURI";
        if (!options.IgnoreFields.IsEmpty)
        {
            query += "&ignore_fields=" + string.Join(',', options.IgnoreFields);
        }

        return $"{options.Endpoint.AbsolutePath.TrimEnd('/')}/insert/jsonline?{query}";
    }
}
