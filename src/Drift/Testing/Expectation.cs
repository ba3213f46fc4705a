using System.Collections.Immutable;
using System.Text.Json;
using Comptroller.Drift.Comparison;
using Comptroller.Drift.Events;

namespace Comptroller.Drift.Testing;

/// <summary>
/// Holds an answer against what a case wants. Of an object the fields that are given count, of a list its length and its items in any
/// order. The answers of another tool (<c>reference_result</c>) are held against by meaning: its words for "something changed", its
/// raw copies of requests and its empty fields are not asked for.
/// </summary>
internal sealed class Expectation(bool isDesired)
{
    public ImmutableArray<CaseDifference> Differences(JsonElement wanted, JsonElement answer)
    {
        if (answer.Member("error") is { ValueKind: JsonValueKind.String } error && wanted.Member("error").ValueKind == JsonValueKind.Undefined)
        {
            return [new CaseDifference("error", "none", error.GetString()!)];
        }

        return wanted.ValueKind != JsonValueKind.Object
            ? [new CaseDifference("expectation", "an object", wanted.ValueKind.ToString())]
            : [.. wanted.EnumerateObject().Where(field => !Holds(field.Name, field.Value, answer)).Select(field => new CaseDifference(field.Name, Text(field.Value), Text(answer.Member(field.Name))))];
    }

    private bool Holds(string name, JsonElement wanted, JsonElement owner)
    {
        var actual = owner.Member(name);
        switch (name)
        {
            // Which words an error has is told only by those who want them.
            case "error":
                return actual.ValueKind == JsonValueKind.String && (!isDesired || actual.GetString()!.Contains(wanted.GetString() ?? "", StringComparison.Ordinal));
            case "resource_id" when owner.Member("resource_ids") is { ValueKind: JsonValueKind.Array } ids:
                return ids.EnumerateArray().Any(id => Values.Same(wanted, id));
            case "event" when wanted.ValueKind == JsonValueKind.Object:
                return owner.Member("events") is { ValueKind: JsonValueKind.Array } events && events.EnumerateArray().Any(each => Holds(wanted, each));
            case "changes" when !isDesired && wanted.ValueKind == JsonValueKind.Object:
                return wanted.EnumerateObject().All(change => change.Name.StartsWith('_') || (actual.TryGetProperty(change.Name, out var value) && HoldsChange(change.Value, value)));
        }

        if (!isDesired && (name == "reason" || (name is "timestamp" or "metadata" && Values.IsEmpty(wanted)) || (name == "severity" && wanted.ValueKind == JsonValueKind.String && wanted.ValueEquals("warning"))))
        {
            return true;
        }

        return Holds(wanted, actual);
    }

    private bool Holds(JsonElement wanted, JsonElement actual)
    {
        switch (wanted.ValueKind)
        {
            case JsonValueKind.Object when actual.ValueKind == JsonValueKind.Object:
                // More than "something changed" is no other answer than that.
                var isDetail = !isDesired && wanted.Text("attribute") == Finding.WholeResource && actual.Text("attribute") is var attribute && attribute != Finding.WholeResource;
                return wanted.EnumerateObject().All(field => (isDetail && field.Name is "attribute" or "old" or "new" or "severity" && isDetail) || Holds(field.Name, field.Value, actual));
            case JsonValueKind.Array when actual.ValueKind == JsonValueKind.Array && !Values.IsEmpty(wanted):
                return HoldsEach([.. wanted.EnumerateArray()], [.. actual.EnumerateArray()]);
            // The differences of a resource may be given by name.
            case JsonValueKind.String when actual.ValueKind == JsonValueKind.Object:
                return actual.Text("field") == wanted.GetString() || (actual.Member("labels") is { ValueKind: JsonValueKind.Array } labels && labels.EnumerateArray().Any(label => Values.Same(wanted, label)));
            default:
                return Values.Same(wanted, actual, Sameness.Documents);
        }
    }

    private bool HoldsEach(List<JsonElement> wanted, List<JsonElement> actual)
    {
        if (wanted.Count != actual.Count)
        {
            return false;
        }

        foreach (var item in wanted)
        {
            var at = actual.FindIndex(each => Holds(item, each));
            if (at < 0)
            {
                return false;
            }

            actual.RemoveAt(at);
        }

        return true;
    }

    // The tool gives the whole request where we give the field of it.
    private static bool HoldsChange(JsonElement wanted, JsonElement value) =>
        Values.Same(wanted, value, Sameness.Documents) || (Texts.Document(wanted) is { ValueKind: JsonValueKind.Object } request && Contains(request, value));

    private static bool Contains(JsonElement document, JsonElement value) => Values.Same(document, value, Sameness.Documents) || (document.ValueKind switch
    {
        JsonValueKind.Object => document.EnumerateObject().Any(property => Contains(property.Value, value)),
        JsonValueKind.Array => document.EnumerateArray().Any(item => Contains(item, value)),
        _ => false,
    });

    private static string Text(JsonElement value) => value.ValueKind == JsonValueKind.Undefined ? "absent" : value.GetRawText();
}
