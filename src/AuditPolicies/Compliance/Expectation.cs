using System.Collections.Immutable;
using Comptroller.AuditPolicies.Evaluation;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Compliance;

/// <summary>
/// What a policy must do with certain requests. It is put to the evaluator twice: for callers of every kind, and for whatever fits the
/// selectors of each rule that would not do, so that an exception for one user or one namespace is found too.
/// </summary>
/// <param name="What">Names the requests: <c>access to Secrets</c>.</param>
/// <param name="Probes">The requests.</param>
internal sealed record Expectation(string What, params ImmutableArray<Probe> Probes)
{
    private const int ViolationsShown = 5;

    // Bounds the work on a rule with long lists that never gets a turn.
    private const int FittingTried = 64;

    /// <summary><see cref="Level.None"/> when it may also go unrecorded.</summary>
    public Level AtLeast { get; init; } = Level.Metadata;

    public Level AtMost { get; init; } = Level.RequestResponse;

    public Audience By { get; init; } = Audience.Everybody;

    /// <summary>Requests that are not about resources.</summary>
    public ImmutableArray<AuditRequest> Also { get; init; } = [];

    public Check Check => posture => posture.Answer(this, () => Judge(posture));

    private Judgement Judge(Posture posture)
    {
        var violations = Violations(posture).DistinctBy(violation => violation.Decision.MatchedRule).Take(ViolationsShown + 1).ToList();
        if (violations.Count == 0)
        {
            return Judgement.Pass($"{What}: {Promise}", [.. Evidence(posture)]);
        }

        var shown = violations.Take(ViolationsShown).Select(violation => Describe(posture, violation.Request)).ToList();
        return Judgement.Fail($"{What}: not {Promise}, for example {shown[0]}", [.. shown, .. violations.Count > ViolationsShown ? ["and more"] : Array.Empty<string>()]);
    }

    private string Promise =>
        AtLeast == Level.None ? $"recorded at {AtMost} at most"
        : AtLeast == AtMost ? $"recorded at {AtLeast}"
        : $"recorded at {AtLeast} or more";

    private IEnumerable<(AuditRequest Request, Decision Decision)> Violations(Posture posture)
    {
        var asked = Probes.SelectMany(probe => By.Callers.SelectMany(probe.By)).Concat(Also).Concat(posture.Policy.Rules.SelectMany((rule, index) => Suits(rule, posture.Policy)
            ? []
            : Probes.Where(probe => posture.Names(index, probe)).SelectMany(probe => BrokenBy(posture, index, probe))));
        return asked.Select(request => (Request: request, Decision: posture.Evaluator.Decide(request))).Where(each => !Holds(each.Request, each.Decision));
    }

    // What the rule itself decides, and not as expected: one request is proof.
    private IEnumerable<AuditRequest> BrokenBy(Posture posture, int index, Probe probe) =>
        probe.Fitting(posture.Policy.Rules[index])
            .Where(request => By.Includes(request) && posture.Evaluator.Matches(index, request))
            .Take(FittingTried)
            .Where(request => posture.Evaluator.Decide(request) is var decision && decision.MatchedRule == index && !Holds(request, decision))
            .Take(1);

    // A rule that does what is expected cannot be the one that breaks the expectation; most are, and need no questions.
    private bool Suits(PolicyRule rule, Policy policy) =>
        rule.Level >= AtLeast && rule.Level <= AtMost && ((policy.OmitStages | rule.OmitStages) & ~Stages.RequestReceived) == Stages.None;

    private bool Holds(AuditRequest request, Decision decision) =>
        decision.Level >= AtLeast && decision.Level <= AtMost && (AtLeast == Level.None || ShowsOutcome(request, decision));

    // The event at RequestReceived holds no outcome, and what starts a session must not wait for its end.
    private static bool ShowsOutcome(AuditRequest request, Decision decision)
    {
        var written = request.EmittedStages & ~Stages.RequestReceived & ~decision.OmitStages;
        return request is { IsLongRunning: true, IsResourceRequest: true, Verb: not "watch" } ? written.HasFlag(Stages.ResponseStarted) : written != Stages.None;
    }

    // One line for each rule that decides: what it records, with the verbs where another rule decides the rest.
    private IEnumerable<string> Evidence(Posture posture)
    {
        var decided =
            from probe in Probes
            from request in By.Callers.SelectMany(probe.By)
            select (Probe: probe, request.Verb, Text: Text(posture, posture.Evaluator.Decide(request)));
        return decided.GroupBy(each => each.Text, StringComparer.Ordinal)
            .Select(rule => $"{What}, {rule.Key}: {string.Join(", ", rule.GroupBy(each => each.Probe).Select(probe => Named(probe.Key, [.. probe.Select(each => each.Verb).Distinct(StringComparer.Ordinal)])))}")
            .Concat(Also.Select(request => Describe(posture, request)));
    }

    private static string Named(Probe probe, ImmutableArray<string> verbs) =>
        $"{(probe.Group.Length == 0 ? "" : probe.Group + "/")}{probe.Resource}{(verbs.Length == probe.Verbs.Length ? "" : $" ({string.Join(", ", verbs)})")}";

    private static string Describe(Posture posture, AuditRequest request)
    {
        var decision = posture.Evaluator.Decide(request);
        var hidden = decision.Level != Level.None && !ShowsOutcome(request, decision) ? $", but {string.Join(" and ", StageNames.Of(decision.OmitStages))} omitted" : "";
        return $"{request.Describe()}: {Text(posture, decision)}{hidden}";
    }

    private static string Text(Posture posture, Decision decision) =>
        decision.MatchedRule < 0 ? "not recorded, no rule matches" : $"{(decision.Level == Level.None ? "not recorded" : decision.Level.ToString())} by {posture.RuleName(decision.MatchedRule)}";
}
