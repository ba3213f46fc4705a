using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Comptroller.Conformance.Replay;

/// <summary>Compares a JSON body with the recorded one and lists the first differences by path.</summary>
/// <param name="scope">The request path, for placeholders that differ from path to path.</param>
/// <param name="subset">The recording is trimmed: what it shows must be there in this order, more may be.</param>
internal sealed class BodyComparer(Placeholders placeholders, string scope, bool subset = false)
{
    private const int Enough = 6;
    private readonly List<string> differences = [];

    public IReadOnlyList<string> Differences => differences;

    public void Compare(JsonNode? recorded, JsonNode? actual, string path, VersionRole role = VersionRole.OfObject)
    {
        if (differences.Count >= Enough)
        {
            return;
        }

        switch (recorded, actual)
        {
            case (null, null):
                return;
            case (JsonObject left, JsonObject right):
                CompareObjects(left, right, path, role);
                return;
            case (JsonArray left, JsonArray right) when subset:
                CompareSubset(left, right, path);
                return;
            case (JsonArray left, JsonArray right) when path.EndsWith(".managedFields", StringComparison.Ordinal):
                CompareArrays(ByOwner(left), ByOwner(right), path, role);
                return;
            case (JsonArray left, JsonArray right):
                CompareArrays(left, right, path, role);
                return;
            case (JsonValue left, JsonValue right):
                CompareValues(left, right, path, role);
                return;
            default:
                Report(path, Show(recorded), Show(actual));
                return;
        }
    }

    public void Report(string path, string expected, string actual) => differences.Add($"{path}: expected {expected}, was {actual}");

    public static string Show(JsonNode? node)
    {
        var text = node is null ? "null" : node.ToJsonString(Wire.Json);
        return text.Length <= 300 ? text : string.Create(CultureInfo.InvariantCulture, $"{text[..300]}... ({text.Length} characters)");
    }

    private void CompareObjects(JsonObject recorded, JsonObject actual, string path, VersionRole role)
    {
        var isCollection = recorded.ContainsKey("items") || recorded.ContainsKey("rows");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (key, value) in recorded)
        {
            var name = actual.ContainsKey(key) ? key : actual.Select(pair => pair.Key).FirstOrDefault(candidate => !recorded.ContainsKey(candidate)
                && placeholders.Match(key, candidate, scope, VersionRole.OfCollection) is null);
            if (name is null)
            {
                Report($"{path}.{key}", Show(value), "missing");
                continue;
            }

            seen.Add(name);
            Compare(value, actual[name], $"{path}.{name}", role == VersionRole.OfBookmark ? role
                : isCollection && key == "metadata" ? VersionRole.OfCollection
                : VersionRole.OfObject == role || key is "items" or "rows" ? VersionRole.OfObject
                : role);
        }

        foreach (var (key, value) in subset ? [] : actual.Where(pair => !seen.Contains(pair.Key)))
        {
            Report($"{path}.{key}", "nothing", Show(value));
        }
    }

    private void CompareArrays(JsonArray recorded, JsonArray actual, string path, VersionRole role)
    {
        for (var i = 0; i < Math.Min(recorded.Count, actual.Count); i++)
        {
            Compare(recorded[i], actual[i], $"{path}[{i}]", role);
        }

        for (var i = actual.Count; i < recorded.Count; i++)
        {
            Report($"{path}[{i}]", Show(recorded[i]), "missing");
        }

        for (var i = recorded.Count; i < actual.Count; i++)
        {
            Report($"{path}[{i}]", "nothing", Show(actual[i]));
        }
    }

    /// <summary>
    /// Entries are ordered by age to the second first, and a recording does not keep when a second passed. Which entries there are is
    /// compared; their order has tests of its own.
    /// </summary>
    private static JsonArray ByOwner(JsonArray entries) =>
        [.. entries.Select(entry => entry?.DeepClone()).OrderBy(Owner, StringComparer.Ordinal)];

    private static string Owner(JsonNode? entry) => $"{entry?["operation"]} {entry?["manager"]} {entry?["subresource"]} {entry?["apiVersion"]}";

    /// <summary>Each recorded item must be found, in order. Of a missing one the nearest candidate is reported.</summary>
    private void CompareSubset(JsonArray recorded, JsonArray actual, string path)
    {
        var position = 0;
        foreach (var item in recorded.Where(item => item is not JsonValue value || !value.TryGetValue<string>(out var text) || text != "..."))
        {
            var found = -1;
            IReadOnlyList<string>? nearest = null;
            for (var i = position; i < actual.Count && found < 0; i++)
            {
                var attempt = new BodyComparer(placeholders.Fork(), scope, subset);
                attempt.Compare(item, actual[i], $"{path}[{i}]");
                found = attempt.Differences.Count == 0 ? i : -1;
                nearest = nearest is null || attempt.Differences.Count < nearest.Count ? attempt.Differences : nearest;
            }

            if (found < 0)
            {
                differences.Add($"{path}: no item from [{position}] on is {Show(item)}; nearest: {nearest?[0] ?? "the end"}");
                return;
            }

            Compare(item, actual[found], $"{path}[{found}]");
            position = found + 1;
        }
    }

    private void CompareValues(JsonValue recorded, JsonValue actual, string path, VersionRole role)
    {
        var kind = recorded.GetValueKind();
        if (kind == JsonValueKind.String && actual.GetValueKind() == JsonValueKind.String)
        {
            // A version inside a text is that of a cache or list, not that of an object.
            var roleHere = role == VersionRole.OfObject && !path.EndsWith(".resourceVersion", StringComparison.Ordinal) ? VersionRole.OfCollection : role;
            var text = (string)actual!;
            if (placeholders.Match((string)recorded!, text, scope, roleHere) is { } expected)
            {
                Report(path, Show(JsonValue.Create(expected)), Show(actual));
            }

            return;
        }

        var same = kind == actual.GetValueKind() && (kind != JsonValueKind.Number
            || recorded.ToJsonString() == actual.ToJsonString()
            || double.Parse(recorded.ToJsonString(), CultureInfo.InvariantCulture).Equals(double.Parse(actual.ToJsonString(), CultureInfo.InvariantCulture)));
        if (!same)
        {
            Report(path, Show(recorded), Show(actual));
        }
    }
}
