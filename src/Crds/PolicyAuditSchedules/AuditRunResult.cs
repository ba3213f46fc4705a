using System.Text.Json;
using System.Text.Json.Serialization;
using Comptroller.Crds.Workloads;
using Comptroller.Kubernetes.Model;

namespace Comptroller.Crds.PolicyAuditSchedules;

/// <summary>
/// What a run hands back: the JSON in the termination message of its container. The run writes it with <see cref="ToJson"/>, the
/// operator reads it with <see cref="Read"/>. Kubernetes keeps 4096 bytes of a message and cuts the rest off, so nothing here is long.
/// </summary>
public sealed record AuditRunResult
{
    /// <summary>The only version so far. A reader refuses others: what it does not know may change what the rest means.</summary>
    public const int CurrentVersion = 1;

    private const int LongestMessage = 600;
    private const int LongestName = 64;
    private const int MostTypes = 16;

    public int Version { get; init; }

    [JsonConverter(typeof(TimestampConverter))]
    public DateTimeOffset StartedAt { get; init; }

    [JsonConverter(typeof(TimestampConverter))]
    public DateTimeOffset FinishedAt { get; init; }

    /// <summary>One of <see cref="AuditOutcomes"/>.</summary>
    public string Outcome { get; init => field = value ?? ""; } = "";

    /// <summary>Share of checks that passed, in percent. Null when nothing was graded.</summary>
    public double? Score { get; init; }

    /// <summary>Hosts seen.</summary>
    public long Hosts { get; init; }

    /// <summary>Zero Trust score of the tenant, 0 to 100; null when it was not asked for.</summary>
    public double? ZeroTrustScore { get; init; }

    public long ApiCalls { get; init; }

    /// <summary>Requests that were answered with 429.</summary>
    public long Throttled { get; init; }

    /// <summary>Requests that failed otherwise.</summary>
    public long ApiErrors { get; init; }

    public IReadOnlyList<AuditedPolicies> Policies { get; init => field = value ?? []; } = [];

    public string? GradingVersion { get; init; }

    /// <summary>What went wrong, in one line, without any secret; null when nothing did.</summary>
    public string? Message { get; init; }

    /// <summary>The message, below <see cref="ResultText.MostBytes"/> whatever the texts hold.</summary>
    public string ToJson() => JsonSerializer.Serialize(
        this with
        {
            Version = CurrentVersion,
            Policies = [.. Policies.Take(MostTypes).Select(each => each with { Type = ResultText.Cut(each.Type, LongestName) })],
            GradingVersion = GradingVersion is null ? null : ResultText.Cut(GradingVersion, LongestName),
            Message = Message is null ? null : ResultText.Cut(Message, LongestMessage),
        },
        CrdsJson.Default.AuditRunResult);

    /// <summary>Reads a termination message.</summary>
    /// <param name="message">The message; null when the container left none.</param>
    /// <param name="error">Why it is no result; null when it is one.</param>
    public static AuditRunResult? Read(string? message, out string? error)
    {
        if (string.IsNullOrWhiteSpace(message))
        {
            error = "the run ended without a result";
            return null;
        }

        try
        {
            var result = JsonSerializer.Deserialize(message, CrdsJson.Default.AuditRunResult);
            error = result is null ? "the result is null"
                : result.Version != CurrentVersion ? $"the result has version {result.Version}, and this operator reads {CurrentVersion}: run the image of the operator's own version"
                : result.Outcome is not (AuditOutcomes.Complete or AuditOutcomes.Degraded or AuditOutcomes.Failed or AuditOutcomes.Skipped) ? "the result does not say how the run ended"
                : result.Outcome is AuditOutcomes.Complete or AuditOutcomes.Degraded && result.Score is not (>= 0 and <= 100) ? "the result has no score from 0 to 100"
                : result.ZeroTrustScore is not (null or (>= 0 and <= 100)) ? "the result has a Zero Trust score that is not from 0 to 100"
                : result.Hosts < 0 || result.ApiCalls < 0 || result.Throttled < 0 || result.ApiErrors < 0 || result.Policies.Any(each => each.Passed < 0 || each.Failed < 0) ? "the result counts below zero"
                : result.Policies.Count > MostTypes || result.Policies.DistinctBy(each => each.Type).Count() != result.Policies.Count ? "the result lists a policy type twice, or too many"
                : null;
            return error is null ? result : null;
        }
        catch (JsonException)
        {
            // The text itself is not repeated: whatever wrote it is not ours, and may have written anything.
            error = "the termination message is not a result";
            return null;
        }
    }
}
