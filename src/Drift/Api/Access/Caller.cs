namespace Comptroller.Drift.Api.Access;

/// <summary>Who asks.</summary>
/// <param name="Name">For logs, histories and rate limits: <c>key:ci</c>, <c>jwt:alice</c>, <c>ip:203.0.113.9</c>.</param>
/// <param name="Scopes">What they may do.</param>
/// <param name="IsKnown">Whether they proved who they are.</param>
public sealed record Caller(string Name, Scopes Scopes, bool IsKnown = true);

/// <summary>Either a caller, or why the credentials are refused.</summary>
public readonly record struct Admission(Caller? Caller, string Refusal)
{
    public static Admission Of(Caller caller) => new(caller, "");

    public static Admission Refused(string why) => new(null, why);
}
