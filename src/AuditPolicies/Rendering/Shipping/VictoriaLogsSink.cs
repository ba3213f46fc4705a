using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace Comptroller.AuditPolicies.Rendering.Shipping;

/// <summary>VictoriaLogs, by its JSON lines endpoint.</summary>
public sealed record VictoriaLogsSink : HttpSink
{
    /// <summary>Tenant.</summary>
    public uint AccountId { get; init; }

    /// <summary>Tenant.</summary>
    public uint ProjectId { get; init; }

    /// <summary>Fields not to store, a trailing <c>*</c> meaning a prefix, such as <c>requestObject.metadata.managedFields*</c>.</summary>
    public ImmutableArray<string> IgnoreFields { get; init; } = [];

    public override string Name => "victoriaLogs";

    protected override string Plugin => "http";

    public override IEnumerable<OptionError> Check() => base.Check().Concat(
        from entry in IgnoreFields.Index()
        where !AcceptedText.FieldName(entry.Item)
        select Error($"ignoreFields[{entry.Index}]", $"\"{entry.Item}\" must be a field name of letters, digits, '.', '-', '_' or '/', with '*' as last character at most"));

    protected override void AddFormat(JsonObject output, FluentBitOptions options)
    {
        output["uri"] = IngestionPath();
        output["format"] = "json_lines";
        // VictoriaLogs takes the time from stageTimestamp; a second date key would only cost space.
        output["json_date_key"] = false;
        output["header"] = new JsonArray($"AccountID {AccountId}", $"ProjectID {ProjectId}");
    }

    // Streams only from fields that are constant per API server: a stream per user or namespace would ruin the index.
    private string IngestionPath()
    {
        var query = "_stream_fields=cluster,source&_time_field=stageTimestamp&_msg_field=requestURI";
        if (!IgnoreFields.IsEmpty)
        {
            query += "&ignore_fields=" + string.Join(',', IgnoreFields);
        }

        return $"{Prefix}/insert/jsonline?{query}";
    }
}
