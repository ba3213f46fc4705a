using System.Collections.Immutable;

namespace Comptroller.AuditPolicies.Compliance;

/// <summary>What became of one control.</summary>
/// <param name="Result">Whether it is met.</param>
/// <param name="Reason">Why, in a sentence that names the field or the request that decides.</param>
/// <param name="Evidence">What an auditor can check: decisions of the policy by rule, or settings. Bounded.</param>
public sealed record Judgement(ControlResult Result, string Reason, ImmutableArray<string> Evidence)
{
    public static Judgement Pass(string reason, params ImmutableArray<string> evidence) => new(ControlResult.Pass, reason, evidence);

    public static Judgement Fail(string reason, params ImmutableArray<string> evidence) => new(ControlResult.Fail, reason, evidence);

    public static Judgement Manual(string reason, params ImmutableArray<string> evidence) => new(ControlResult.Manual, reason, evidence);
}

/// <summary>Judges one control.</summary>
public delegate Judgement Check(Posture posture);

/// <summary>Checks made of checks.</summary>
internal static class Checks
{
    /// <summary>As bad as the worst part; the reasons are those of the parts that are that bad, the evidence is everybody's.</summary>
    public static Check All(params ImmutableArray<Check> parts) => posture =>
    {
        var judgements = parts.Select(part => part(posture)).ToList();
        var worst = judgements.Max(judgement => judgement.Result);
        return new Judgement(
            worst,
            string.Join("; ", judgements.Where(judgement => judgement.Result == worst).Select(judgement => judgement.Reason).Distinct(StringComparer.Ordinal)),
            [.. judgements.SelectMany(judgement => judgement.Evidence).Distinct(StringComparer.Ordinal)]);
    };

    /// <summary>Nothing here can tell.</summary>
    public static Check ByHand(string what) => _ => Judgement.Manual(what);
}
