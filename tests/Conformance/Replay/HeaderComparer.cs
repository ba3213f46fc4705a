using System.Text.Json.Nodes;

namespace Comptroller.Conformance.Replay;

/// <summary>Compares the headers that the recordings keep.</summary>
internal static class HeaderComparer
{
    /// <summary>The recordings keep these where they were sent, so a missing entry says that the header was not sent.</summary>
    private static readonly string[] Kept = ["content-type", "warning", "etag", "vary", "allow", "location"];

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
            var sent = actual.GetValueOrDefault(name, []);
            comparer.Compare(
                new JsonArray([.. expected.Select(value => (JsonNode?)JsonValue.Create(value))]),
                new JsonArray([.. sent.Select(value => (JsonNode?)JsonValue.Create(value))]),
                $"header {name}");
        }
    }
}
