using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Schemas;

namespace Comptroller.Kubernetes.Tests.Schemas;

/// <summary>The sample kind whose objects were recorded on a real API server.</summary>
internal static class Widget
{
    public static Schema Schema { get; } = Schema.Parse(Document());

    public static JsonObject Document() => Read("schemas/widget.json").AsObject();

    public static JsonNode Read(string path) => JsonNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "testdata", path)))!;

    public static JsonObject Of(JsonNode? spec) => new()
    {
        ["apiVersion"] = "conformance.example.dev/v1alpha1",
        ["kind"] = "Widget",
        ["metadata"] = new JsonObject { ["name"] = "v" },
        ["spec"] = spec?.DeepClone(),
    };

    public static JsonObject Json(string text) => JsonNode.Parse(text)!.AsObject();
}
