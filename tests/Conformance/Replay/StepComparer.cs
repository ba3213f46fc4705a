using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.Conformance.Transcripts;

namespace Comptroller.Conformance.Replay;

/// <summary>Holds one answer against the recorded one: status, headers, body.</summary>
internal static class StepComparer
{
    public static IReadOnlyList<string> Compare(Step step, Answer answer, Placeholders placeholders)
    {
        var comparer = new BodyComparer(placeholders, Wire.Scope(step), step.Trimmed is not null);
        if (step.Response.Status != answer.Status)
        {
            comparer.Report("status", $"{step.Response.Status}", $"{answer.Status} with {BodyComparer.Show(JsonValue.Create(answer.Text))}");
            return comparer.Differences;
        }

        // Trimming concerns the body only.
        var headers = new BodyComparer(placeholders, Wire.Scope(step));
        HeaderComparer.Compare(headers, step.Response.Headers, answer.Headers);
        switch (step.Response.Body)
        {
            case null when answer.Body.Length > 0:
                comparer.Report("body", "none", BodyComparer.Show(JsonValue.Create(answer.Text)));
                break;
            case null:
                break;
            case JsonValue text when text.GetValueKind() == JsonValueKind.String:
                comparer.Compare(text, JsonValue.Create(answer.Text), "body");
                break;
            case JsonArray events:
                CompareStream(comparer, events, answer, step);
                break;
            case var recorded:
                CompareDocument(comparer, recorded, answer, step);
                break;
        }

        return [.. headers.Differences, .. comparer.Differences];
    }

    private static void CompareStream(BodyComparer comparer, JsonArray events, Answer answer, Step step)
    {
        if (Documents(answer.Body) is { } documents)
        {
            StreamComparer.Compare(comparer, events, documents, step.Request.Path.Contains("allowWatchBookmarks=true", StringComparison.Ordinal));
        }
        else
        {
            comparer.Report("body", "a stream of JSON documents", BodyComparer.Show(JsonValue.Create(answer.Text)));
        }
    }

    private static void CompareDocument(BodyComparer comparer, JsonNode recorded, Answer answer, Step step)
    {
        if (Documents(answer.Body) is not [{ } actual])
        {
            comparer.Report("body", BodyComparer.Show(recorded), BodyComparer.Show(JsonValue.Create(answer.Text)));
            return;
        }

        comparer.Compare(recorded, step.Trimmed is not null && actual["openapi"] is not null ? OpenApiDigest.Of(actual) : actual, "$");
    }

    /// <summary>The JSON documents that follow each other in a body; null when it is something else.</summary>
    private static JsonArray? Documents(byte[] body)
    {
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { AllowMultipleValues = true });
        var documents = new JsonArray();
        try
        {
            while (reader.Read())
            {
                documents.Add(JsonNode.Parse(ref reader));
            }

            return documents;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
