using System.Text.Json.Nodes;

namespace Comptroller.AuditPolicies.Rendering.Shipping;

/// <summary>Elasticsearch, or OpenSearch by the same bulk API.</summary>
public sealed record ElasticsearchSink : HttpSink
{
    /// <summary>Start of the index names; the day follows.</summary>
    public string Index { get; init; } = "kubernetes-audit";

    public override string Name => "elasticsearch";

    protected override string Plugin => "es";

    public override IEnumerable<OptionError> Check() => AcceptedText.Index(Index)
        ? base.Check()
        : base.Check().Append(Error("index", $"\"{Index}\" must be up to 100 lower-case letters, digits and . _ -, starting with a letter or digit"));

    protected override void AddFormat(JsonObject output, FluentBitOptions options)
    {
        if (Prefix.Length > 0)
        {
            output["path"] = Prefix;
        }

        output["logstash_format"] = true;
        output["logstash_prefix"] = Index;
        output["time_key"] = "@timestamp";
        output["time_key_nanos"] = true;
        // Version 8 refuses documents with a type.
        output["suppress_type_name"] = true;
        // A document id from the content: a repeated request then adds nothing.
        output["generate_id"] = true;
        // An answer longer than this cannot be read, and the chunk would be sent again and again. It lists every document.
        output["buffer_size"] = "4M";
    }

    protected override void AddToken(JsonObject output, string reference) => output["http_api_key"] = reference;
}
