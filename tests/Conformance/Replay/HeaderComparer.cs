using System.Text.Json.Nodes;

namespace Comptroller.Conformance.Replay;

/// <summary>Compares the headers that the recordings keep.</summary>
internal static class HeaderComparer
{
    /// <summary>The recordings keep these where they were sent, so a missing entry says that the header was not sent.</summary>
    private static readonly string[] Kept = ["content-type", "warning", "etag", "vary", "allow", "location"];

    /// <summary>What the Sandbox says instead of evaluating CEL rules; a real server evaluates them and says nothing.</summary>
    private const string NotEvaluated = "x-kubernetes-validations";

    public static void Compare(BodyComparer comparer, JsonObject recorded, IReadOnlyDictionary<string, IReadOnlyList<string>> actual)
    {
        foreach (var name in Kept)
        {
            var expected = recorded[name] switch
            {
                null => [],
                JsonArray several => several.Select(value => (string)value!).ToArray(),
                var one => [(string)one!],
            };
            var sent = actual.GetValueOrDefault(name, []).Where(value => !value.Contains(NotEvaluated, StringComparison.Ordinal)).ToArray();
            comparer.Compare(
                new JsonArray([.. expected.Select(value => (JsonNode?)JsonValue.Create(value))]),
                new JsonArray([.. sent.Select(value => (JsonNode?)JsonValue.Create(value))]),
                $"header {name}");
        }
    }
}
