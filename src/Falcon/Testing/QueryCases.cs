using System.Text.Json.Nodes;
using Comptroller.Falcon.Api;
using Comptroller.Falcon.Hosts;
using Comptroller.Falcon.Policies;

namespace Comptroller.Falcon.Testing;

/// <summary>Cases about queries and command lines.</summary>
internal static class QueryCases
{
    public static JsonObject NormalizeTag(FalconCase test) => new() { ["result"] = HostTags.Normalize(test.Policy.Text("tag") ?? "") };

    public static JsonObject ParseTags(FalconCase test) => new() { ["result"] = HostTags.Parse(test.Policy.Text("tags")) is { } tags ? Texts(tags) : null };

    public static JsonObject Filter(FalconCase test) => new()
    {
        ["filter"] = Fql.Hosts(
            [.. test.Policy.Texts("device_ids")],
            [.. test.Policy.Texts("group_ids")],
            [.. test.Policy.Texts("tags")],
            [.. test.Policy.Texts("product_types")],
            test.Policy.Text("filter")),
    };

    public static JsonObject Redact(FalconCase test) => new() { ["result"] = Texts(SecretArguments.Redact([.. test.Policy.Texts("args")])) };

    private static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(text => (JsonNode)JsonValue.Create(text))]);
}
