using System.Globalization;
using System.Text.Json.Nodes;

namespace Comptroller.Conformance.Transcripts;

/// <summary>What a real API server answered, step by step, in one scenario.</summary>
/// <param name="Setup">What must be true before the first step, in words that <c>Preconditions</c> understands.</param>
/// <param name="RvOrder">Resource version placeholders in ascending order: the numbers in their names show first appearance only.</param>
/// <param name="ContinueTokens">What a continue token holds, by placeholder.</param>
/// <param name="Directory">Where the file lies; fixtures named by <paramref name="Setup"/> are found from here.</param>
internal sealed record Transcript(
    string Id,
    string Title,
    IReadOnlyList<string> Setup,
    IReadOnlyList<Step> Steps,
    IReadOnlyList<string> RvOrder,
    JsonObject ContinueTokens,
    string Directory)
{
    public static Transcript Load(string path) => Parse(File.ReadAllText(path), path);

    /// <exception cref="FormatException">The text is not a transcript; names the file and the first thing missing.</exception>
    public static Transcript Parse(string text, string path)
    {
        try
        {
            var document = JsonNode.Parse(text)!.AsObject();
            return new Transcript(
                (string)document["id"]!,
                (string)document["title"]!,
                Strings(document["setup"]),
                [.. document["steps"]!.AsArray().Select((step, index) => Step.Parse(step!.AsObject(), index))],
                Strings(document["rvOrder"]),
                document["continueTokensDecoded"]?.AsObject() ?? [],
                Path.GetDirectoryName(Path.GetFullPath(path))!);
        }
        catch (Exception e) when (e is System.Text.Json.JsonException or InvalidOperationException or NullReferenceException or ArgumentNullException)
        {
            throw new FormatException($"{path} is not a transcript (id, title, steps of note, request and response): {e.Message}", e);
        }
    }

    public override string ToString() => Id;

    private static IReadOnlyList<string> Strings(JsonNode? array) => [.. (array?.AsArray() ?? []).Select(item => (string)item!)];
}

/// <summary>One recorded exchange.</summary>
/// <param name="Trimmed">Set when the recording keeps only a part of the answer; says which.</param>
/// <param name="ConcurrentThrough">For a live watch: the last step, counted from 0, that ran while it was open.</param>
internal sealed record Step(
    int Index, string Note, RecordedRequest Request, RecordedResponse Response, string? Trimmed, int? ConcurrentThrough)
{
    /// <summary>Streams are recorded as the array of the JSON documents they carried.</summary>
    public bool IsStream => Response.Body is JsonArray;

    /// <summary>The recorder repeated this read until a condition held, and recorded the last one.</summary>
    public bool IsPolled => Note.Contains("(polled)", StringComparison.Ordinal);

    public static Step Parse(JsonObject step, int index)
    {
        var request = step["request"]!.AsObject();
        var response = step["response"]!.AsObject();
        return new Step(
            index,
            (string)step["note"]!,
            new RecordedRequest(
                (string)request["method"]!,
                (string)request["path"]!,
                (request["headers"]?.AsObject() ?? []).ToDictionary(header => header.Key, header => (string)header.Value!, StringComparer.OrdinalIgnoreCase),
                request.ContainsKey("body") ? request["body"] ?? JsonValue.Create("null") : null),
            new RecordedResponse(
                int.Parse(response["status"]!.ToJsonString(), CultureInfo.InvariantCulture),
                response["headers"]?.AsObject() ?? [],
                response["body"]),
            (string?)step["trimmed"],
            (int?)step["concurrentWithSteps"]?.AsArray()[1]);
    }
}

/// <param name="Body">Null: no body is sent. A string is sent as it stands, anything else as JSON.</param>
internal sealed record RecordedRequest(string Method, string Path, IReadOnlyDictionary<string, string> Headers, JsonNode? Body);

/// <param name="Status">0 when the server closed the connection without an answer.</param>
/// <param name="Body">Null: nothing. A string is text, anything else JSON.</param>
internal sealed record RecordedResponse(int Status, JsonObject Headers, JsonNode? Body);
