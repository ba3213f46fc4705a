using System.Collections.Immutable;
using Comptroller.AuditPolicies.Delivery;

namespace Comptroller.Operator.AuditPolicies.Delivery;

/// <summary>One question, as several resources may ask it.</summary>
/// <param name="Target">Whom.</param>
/// <param name="Question">What.</param>
/// <param name="Retention">Whether also how long events are kept.</param>
/// <param name="Sample">Whether also how the newest events were recorded.</param>
internal sealed record Inquiry(DeliveryTarget Target, DeliveryQuestion Question, bool Retention, bool Sample = false);

/// <summary>What came of an <see cref="Inquiry"/>.</summary>
/// <param name="Recent">Null when there was no answer.</param>
/// <param name="Last">Null when it was not needed or there was no answer.</param>
/// <param name="Retention">How long events are kept; null when the server does not tell.</param>
/// <param name="Trouble">Why there is no answer; null when there is one.</param>
internal sealed record Sighting(DeliveryAnswer? Recent, DeliveryAnswer? Last, TimeSpan? Retention, CannotAskException? Trouble)
{
    /// <summary>The newest events, where they were asked for; empty when there are none.</summary>
    public ImmutableArray<RecordedEvent> Sample { get; init; } = [];
}
