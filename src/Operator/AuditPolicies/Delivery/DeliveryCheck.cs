using System.Collections.Immutable;
using Comptroller.AuditPolicies.Delivery;
using Comptroller.Crds.AuditPolicies;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Model;

namespace Comptroller.Operator.AuditPolicies.Delivery;

/// <summary>What there is to say about an AuditPolicy that asks for proof; null for what it does not ask for.</summary>
internal sealed record Proof(Verdict? Delivering, Verdict? Retained, Verdict? Applied)
{
    public static Proof NotAsked { get; } = new(null, null, null);
}

/// <summary>Gathers the proof that <c>spec.delivery</c> asks for. It never fails and never waits for anything but the API server.</summary>
internal sealed class DeliveryCheck(DeliveryProbe probe, ApiServerPods pods, TimeProvider time)
{
    /// <param name="resource">A resource whose spec was planned without errors.</param>
    /// <param name="status">The status that is about to be written; what it says already is kept where it still holds.</param>
    /// <param name="interval">How old an answer may be.</param>
    /// <param name="cancellationToken">Ends the request to the API server.</param>
    public async Task<Proof> LookAsync(AuditPolicy resource, AuditPolicyStatus status, TimeSpan interval, CancellationToken cancellationToken)
    {
        if (resource.Spec.Delivery is not { } delivery || InquiryOf(resource.Spec).Value is not { } inquiry)
        {
            return Proof.NotAsked;
        }

        var seen = probe.Look(inquiry, ObjectKey.Of(resource), interval);
        return new Proof(
            Delivering(inquiry, seen, status),
            delivery.RetentionDays is { } days ? Retained(days, seen, status) : null,
            Worse(
                delivery.CheckApiServer ? await AppliedAsync(resource.Spec, status.PolicyHash ?? "", cancellationToken) : null,
                delivery.CompareEvents ? Compared(resource.Spec, seen, status) : null));
    }

    /// <summary>Null without errors: no proof is asked for.</summary>
    public static (Inquiry? Value, ImmutableArray<string> Errors) InquiryOf(AuditPolicySpec spec)
    {
        if (spec.Delivery is not { } delivery)
        {
            return (null, []);
        }

        if (spec.Forwarding is not { VictoriaLogs: { } logs } forwarding)
        {
            return (null, ["spec.delivery: asks for the events in VictoriaLogs; set spec.forwarding.victoriaLogs, or remove spec.delivery"]);
        }

        var (text, field) = delivery.Endpoint is { } own ? (own, "spec.delivery.endpoint") : (logs.Endpoint, "spec.forwarding.victoriaLogs.endpoint");
        if (!Uri.TryCreate(text, UriKind.Absolute, out var endpoint) || endpoint.Scheme is not ("http" or "https") || endpoint.UserInfo.Length > 0 || endpoint.Query.Length > 0 || endpoint.Fragment.Length > 0)
        {
            return (null, [$"{field}: \"{text}\" must be an http or https address without credentials and query, for spec.delivery to ask"]);
        }

        if (!GoDuration.TryParse(delivery.MaxAge, out var maxAge, out var error))
        {
            return (null, [$"spec.delivery.maxAge: {error}"]);
        }

        if (maxAge < TimeSpan.FromMinutes(1) || maxAge > TimeSpan.FromHours(12))
        {
            return (null, [$"spec.delivery.maxAge: \"{delivery.MaxAge}\" must lie between 1m and 12h"]);
        }

        var target = new DeliveryTarget(endpoint, (uint)logs.AccountId, (uint)logs.ProjectId, delivery.Endpoint is null ? logs.Tls?.ServerName : null);
        return (new Inquiry(target, new DeliveryQuestion(forwarding.Cluster, maxAge), delivery.RetentionDays is not null, delivery.CompareEvents), []);
    }

    private Verdict Delivering(Inquiry inquiry, Sighting? seen, AuditPolicyStatus status) => seen switch
    {
        null => NotAskedYet(DeliveryConditions.Delivering, status),
        { Trouble: { } trouble } => Unanswered(trouble),
        _ => DeliveryVerdict.Of(inquiry.Question, seen.Recent!, seen.Last, time.GetUtcNow(), Said(DeliveryConditions.Delivering, status)?.Message ?? ""),
    };

    private static Verdict Retained(int days, Sighting? seen, AuditPolicyStatus status) => seen switch
    {
        null => NotAskedYet(DeliveryConditions.Retained, status),
        { Trouble: { } trouble } => Unanswered(trouble),
        _ => RetentionVerdict.Of(days, seen.Retention),
    };

    private static Verdict Compared(AuditPolicySpec spec, Sighting? seen, AuditPolicyStatus status) => seen switch
    {
        null => NotAskedYet(DeliveryConditions.Applied, status),
        { Trouble: { } trouble } => Unanswered(trouble),
        _ => EventsVerdict.Of(AuditPolicyPlan.PolicyOf(spec), seen.Sample, Said(DeliveryConditions.Applied, status)?.Message ?? ""),
    };

    // A contradiction counts most, then what is proved: the pods of Talos show no hash, and events cannot show what is left out.
    private static Verdict? Worse(Verdict? pods, Verdict? events) =>
        pods is null || events is null ? pods ?? events
        : events.Status == "False" && pods.Status != "False" ? events
        : pods.Status == "Unknown" && events.Status == "True" ? events
        : pods;

    // What the process before this one found stands until this one knows better: a restart writes nothing (rule W3).
    private static Verdict NotAskedYet(string type, AuditPolicyStatus status) => Said(type, status) is { } said
        ? new Verdict(said.Status, said.Reason, said.Message)
        : new Verdict("Unknown", DeliveryConditions.Asking, "VictoriaLogs was not asked yet");

    private static Condition? Said(string type, AuditPolicyStatus status) => status.Conditions?.FirstOrDefault(condition => condition.Type == type);

    private static Verdict Unanswered(CannotAskException trouble) =>
        new("Unknown", trouble.Denied ? DeliveryConditions.Denied : DeliveryConditions.CannotAsk, $"VictoriaLogs was not to be asked: {trouble.Message}");

    private async Task<Verdict> AppliedAsync(AuditPolicySpec spec, string hash, CancellationToken cancellationToken)
    {
        try
        {
            return AppliedVerdict.Of(hash, AuditPolicyOptions.Log(spec.Log), ShippingOptions.LogPaths(spec), await pods.ListAsync(cancellationToken));
        }
        catch (KubeApiException e) when (e.IsForbidden)
        {
            return new Verdict("Unknown", DeliveryConditions.NotPermitted, "the operator may not list pods of kube-system: apply deploy/api-server-check, or leave spec.delivery.checkApiServer out");
        }
        catch (KubeApiException e)
        {
            return new Verdict("Unknown", DeliveryConditions.CannotAsk, $"the pods of kube-system could not be listed: {(e.Code == 0 ? e.Reason : $"{e.Code} {e.Reason}")}");
        }
    }
}
