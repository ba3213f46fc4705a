using Comptroller.Crds.AuditPolicies;
using Comptroller.Kubernetes.Runtime;

namespace Comptroller.Operator.AuditPolicies.Delivery;

/// <summary>The conditions of <c>spec.delivery</c>. They do not touch Ready: what is rendered is right even while nothing arrives.</summary>
/// <remarks>
/// <list type="table">
/// <item><term>Delivering</term><description>True/Arriving, False/Silent, Unknown/Asking, Unknown/CannotAsk, Unknown/Denied. Normal-true.</description></item>
/// <item><term>Retained</term><description>True/LongEnough, False/TooShort, Unknown/NotReadable, and Unknown as above. Normal-true.</description></item>
/// <item><term>Applied</term><description>True/HashMatches, False/HashDiffers, False/FlagsDiffer, False/NotConfigured, Unknown/HashNotShown, Unknown/NoApiServerPods, Unknown/NotPermitted, Unknown/CannotAsk; by events True/EventsMatch, False/EventsDiffer, Unknown/NoEvents. Normal-true.</description></item>
/// </list>
/// </remarks>
internal static class DeliveryConditions
{
    public const string Delivering = "Delivering";
    public const string Retained = "Retained";
    public const string Applied = "Applied";

    public const string Asking = "Asking";
    public const string CannotAsk = "CannotAsk";
    public const string Denied = "Denied";
    public const string NotPermitted = "NotPermitted";

    /// <summary>The same object when there is nothing new to say.</summary>
    public static AuditPolicyStatus Tell(AuditPolicyStatus status, AuditPolicy resource, Proof proof, DateTimeOffset now)
    {
        var before = new Conditions(status.ObservedGeneration, status.Conditions ?? []);
        var after = before;
        foreach (var (type, verdict) in new[] { (Delivering, proof.Delivering), (Retained, proof.Retained), (Applied, proof.Applied) })
        {
            after = verdict is null ? after.Without(type) : after.With(type, verdict.Status, verdict.Reason, verdict.Message, resource.Metadata.Generation, now);
        }

        var told = RetentionFinding.Tell(status, resource, proof.Retained);
        return after.Items.SequenceEqual(before.Items) ? told : told with { Conditions = after.Items };
    }
}
