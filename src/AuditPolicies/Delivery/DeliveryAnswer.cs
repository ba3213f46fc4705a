using System.Globalization;
using System.Text.Json;

namespace Comptroller.AuditPolicies.Delivery;

/// <summary>What VictoriaLogs answered.</summary>
/// <param name="Events">How many events there are in the time that was asked about.</param>
/// <param name="Newest">When the newest of them was; null when there is none.</param>
public sealed record DeliveryAnswer(long Events, DateTimeOffset? Newest)
{
    /// <summary>
    /// Reads the answer of <c>/select/logsql/query</c> to one of the <see cref="DeliveryQuestion"/>s: a line of JSON whose values are strings.
    /// Null when it is anything else.
    /// </summary>
    public static DeliveryAnswer? Read(ReadOnlyMemory<byte> body)
    {
        var end = body.Span.IndexOf((byte)'\n');
        try
        {
            using var line = JsonDocument.Parse(end < 0 ? body : body[..end]);
            return line.RootElement.ValueKind == JsonValueKind.Object
                && line.RootElement.TryGetProperty("events", out var events)
                && long.TryParse(events.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
                && line.RootElement.TryGetProperty("newest", out var newest)
                ? Judged(count, newest.ToString())
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    // Of no events the newest is "" or "NaN", by the version of the server.
    private static DeliveryAnswer? Judged(long count, string newest) =>
        DateTimeOffset.TryParse(newest, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? new DeliveryAnswer(count, count > 0 ? time : null)
        : count == 0 ? new DeliveryAnswer(0, null)
        : null;
}
