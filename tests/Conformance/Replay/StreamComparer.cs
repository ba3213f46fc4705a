using System.Text.Json.Nodes;

namespace Comptroller.Conformance.Replay;

/// <summary>
/// Compares the events of a watch. They must come in the recorded order; plain bookmarks are set aside, because how many come and
/// which version they carry depends on time: one must come where one came, none where none was asked for, and each has the recorded form.
/// The bookmark that ends the initial events is an event like the others.
/// </summary>
internal static class StreamComparer
{
    public static void Compare(BodyComparer comparer, JsonArray recorded, JsonArray actual, bool bookmarksAllowed)
    {
        CompareEvents(comparer, [.. recorded.Where(item => !IsPlainBookmark(item))], [.. actual.Where(item => !IsPlainBookmark(item))]);

        var expectedMarks = recorded.Where(IsPlainBookmark).ToList();
        var actualMarks = actual.Where(IsPlainBookmark).ToList();
        if (expectedMarks.Count > 0 && actualMarks.Count == 0)
        {
            comparer.Report("$", "a bookmark", "none");
        }
        else if (!bookmarksAllowed && actualMarks.Count > 0)
        {
            comparer.Report("$", "no bookmark (allowWatchBookmarks was not set)", BodyComparer.Show(actualMarks[0]));
        }
        else if (expectedMarks.Count > 0)
        {
            for (var i = 0; i < actualMarks.Count; i++)
            {
                comparer.Compare(expectedMarks[Math.Min(i, expectedMarks.Count - 1)], actualMarks[i], $"bookmark[{i}]", VersionRole.OfBookmark);
            }
        }
    }

    private static void CompareEvents(BodyComparer comparer, IReadOnlyList<JsonNode?> recorded, IReadOnlyList<JsonNode?> actual)
    {
        for (var i = 0; i < Math.Min(recorded.Count, actual.Count); i++)
        {
            comparer.Compare(recorded[i], actual[i], $"$[{i}]", IsBookmark(recorded[i]) ? VersionRole.OfBookmark : VersionRole.OfObject);
        }

        foreach (var missing in recorded.Skip(actual.Count))
        {
            comparer.Report("$", BodyComparer.Show(missing), "missing");
        }

        foreach (var surplus in actual.Skip(recorded.Count))
        {
            comparer.Report("$", "no further event", BodyComparer.Show(surplus));
        }
    }

    private static bool IsBookmark(JsonNode? item) => item is JsonObject watchEvent && watchEvent["type"] is JsonValue type && type.ToString() == "BOOKMARK";

    private static bool IsPlainBookmark(JsonNode? item) =>
        IsBookmark(item) && !item!.ToJsonString().Contains("k8s.io/initial-events-end", StringComparison.Ordinal);
}
