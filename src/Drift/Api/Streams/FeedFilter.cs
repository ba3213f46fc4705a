using Comptroller.Drift.Rules;

namespace Comptroller.Drift.Api.Streams;

/// <summary>Which events a client wants.</summary>
/// <param name="Severity">This one or more; null for any.</param>
/// <param name="Provider">Null for any.</param>
/// <param name="Type">The exact Terraform type; null for any.</param>
public sealed record FeedFilter(Severity? Severity = null, string? Provider = null, string? Type = null)
{
    public bool Wants(FeedEvent each) => !(each.Drift.Severity < Severity) && (Provider is null || each.Drift.Provider == Provider) && (Type is null || each.Drift.Type == Type);

    /// <exception cref="ApiException">A parameter is wrong or unknown.</exception>
    public static FeedFilter Of(ApiTarget target)
    {
        foreach (var name in target.Query.Keys)
        {
            if (name is not ("severity" or "provider" or "resource_type" or "last_event_id"))
            {
                throw ApiException.BadRequest($"{name}: unknown parameter; known here: severity, provider, resource_type, last_event_id");
            }
        }

        return new FeedFilter(
            target.Query.TryGetValue("severity", out var severity) ? Severities.Parse(severity) ?? throw ApiException.BadRequest($"severity: \"{severity}\" is none of {Severities.Names}") : null,
            target.Query.GetValueOrDefault("provider"),
            target.Query.GetValueOrDefault("resource_type"));
    }
}
