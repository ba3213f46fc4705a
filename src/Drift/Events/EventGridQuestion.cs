using System.Text;
using System.Text.Json;

namespace Comptroller.Drift.Events;

/// <summary>
/// What Azure's Event Grid asks before it sends anything: a subscription whose address does not answer is never made. In its own schema it
/// posts an event with a code that is to be given back; in that of CloudEvents it asks with OPTIONS (the HTTP webhook specification, 4).
/// </summary>
public static class EventGridQuestion
{
    /// <summary>Header that Event Grid writes on what it posts.</summary>
    public const string Header = "aeg-event-type";

    /// <summary>What it says on a question.</summary>
    public const string Validation = "SubscriptionValidation";

    private const string EventType = "Microsoft.EventGrid.SubscriptionValidationEvent";
    private const int LongestCode = 512;

    /// <summary>The answer to a question.</summary>
    /// <param name="utf8">The body.</param>
    /// <exception cref="FormatException">It is none.</exception>
    public static byte[] Answer(ReadOnlyMemory<byte> utf8)
    {
        try
        {
            using var document = JsonDocument.Parse(utf8);
            var question = document.RootElement is { ValueKind: JsonValueKind.Array } list && list.GetArrayLength() > 0 ? list[0] : document.RootElement;
            if (question.Text("eventType") == EventType && question.Member("data").Text("validationCode") is { Length: > 0 and <= LongestCode } code)
            {
                return Encoding.UTF8.GetBytes($$"""{"validationResponse":"{{JsonEncodedText.Encode(code)}}"}""");
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Not JSON, or a text in it is half of a surrogate pair; said below.
        }

        throw new FormatException($"bad question: {Header} says {Validation}, and the body has no {EventType} with data.validationCode");
    }
}
