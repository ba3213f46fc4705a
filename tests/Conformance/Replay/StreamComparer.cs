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
        comparer.Compare(Without(recorded), Without(actual), "$");

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

    private static JsonArray Without(JsonArray events) => new([.. events.Where(item => !IsPlainBookmark(item)).Select(item => item?.DeepClone())]);

    private static bool IsPlainBookmark(JsonNode? item) =>
        item is JsonObject watchEvent && watchEvent["type"] is JsonValue type && type.ToString() == "BOOKMARK"
        && !watchEvent.ToJsonString().Contains("k8s.io/initial-events-end", StringComparison.Ordinal);
}
