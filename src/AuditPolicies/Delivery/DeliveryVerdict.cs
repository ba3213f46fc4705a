using Comptroller.AuditPolicies.Alerting;

namespace Comptroller.AuditPolicies.Delivery;

/// <summary>Whether the events of a cluster arrive.</summary>
public static class DeliveryVerdict
{
    public const string Arriving = "Arriving";
    public const string Silent = "Silent";

    /// <param name="question">What was asked.</param>
    /// <param name="recent">The answer to <see cref="DeliveryQuestion.Recent"/>.</param>
    /// <param name="last">The answer to <see cref="DeliveryQuestion.Last"/>; null when it was not needed.</param>
    /// <param name="now">Our clock.</param>
    /// <param name="said">The message that stands in the status; figures near the border of what it says do not change it.</param>
    public static Verdict Of(DeliveryQuestion question, DeliveryAnswer recent, DeliveryAnswer? last, DateTimeOffset now, string said)
    {
        if (recent is { Events: > 0, Newest: { } newest })
        {
            var rate = Coarse.Rate(recent.Events / question.MaxAge.TotalSeconds, said);
            return Verdict.True(Arriving, $"events of \"{question.Cluster}\" arrive: the newest is {Coarse.Age(now - newest, said)} old, {rate} over the last {LogsQl.Duration(question.MaxAge)}");
        }

        var age = last?.Newest is { } before ? $"the newest is {Coarse.Age(now - before, said)} old" : $"none is younger than {LogsQl.Duration(DeliveryQuestion.Horizon)}";
        return Verdict.False(
            Silent,
            $"no event of \"{question.Cluster}\" arrived in the last {LogsQl.Duration(question.MaxAge)}, and {age}: look at the Fluent Bit pods on the control plane, then at the audit log on a node, "
            + "then at whether spec.forwarding.cluster is the name that the events carry");
    }
}
