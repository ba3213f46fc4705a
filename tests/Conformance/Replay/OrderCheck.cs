using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.Conformance.Transcripts;

namespace Comptroller.Conformance.Replay;

/// <summary>What can only be said at the end: the order of resource versions, and what continue tokens hold.</summary>
internal static class OrderCheck
{
    /// <summary>Differences by the placeholder they concern.</summary>
    /// <param name="byController">True for a version that came about while the recorder waited: in which order controllers write is theirs to say.</param>
    public static IEnumerable<(string Placeholder, string Difference)> Run(
        Transcript transcript, Placeholders placeholders, Func<string, bool> byController)
    {
        var before = new List<(string Placeholder, ulong Version, bool OfObject)>();
        foreach (var placeholder in transcript.RvOrder)
        {
            if (placeholders.VersionOf(placeholder) is not { } bound)
            {
                continue;
            }

            // Two objects have two versions. That of a list runs ahead only as far as other traffic takes it, which may be nowhere.
            var ahead = before.FindLast(last => (bound.Version < last.Version || (bound.Version == last.Version && bound.OfObject && last.OfObject))
                && !(byController(placeholder) && byController(last.Placeholder)));
            if (ahead.Placeholder is not null)
            {
                yield return (placeholder, $"resource version {placeholder} = {bound.Version} should come after {ahead.Placeholder} = {ahead.Version}");
            }

            before.Add((placeholder, bound.Version, bound.OfObject));
        }

        foreach (var (placeholder, recorded) in transcript.ContinueTokens)
        {
            if (placeholders.ValueOf(placeholder) is { } token && CompareToken(recorded!, token, placeholders) is [var difference, ..])
            {
                yield return (placeholder, $"continue token {placeholder} {difference}");
            }
        }
    }

    private static IReadOnlyList<string> CompareToken(JsonNode recorded, string token, Placeholders placeholders)
    {
        var comparer = new BodyComparer(placeholders, "");
        try
        {
            var base64 = token.Replace('-', '+').Replace('_', '/').TrimEnd('=');
            var decoded = JsonNode.Parse(Encoding.UTF8.GetString(Convert.FromBase64String(base64.PadRight((base64.Length + 3) / 4 * 4, '='))))!;

            // The version is a number in the token and a placeholder, hence text, in the recording.
            if (recorded["rv"] is JsonValue version && version.GetValueKind() == JsonValueKind.String && decoded["rv"] is { } number)
            {
                decoded["rv"] = number.ToJsonString();
            }

            comparer.Compare(recorded, decoded, "$", VersionRole.OfCollection);
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            comparer.Report("$", "base64 of JSON", e.Message);
        }

        return comparer.Differences;
    }
}
