using System.Security.Cryptography;
using System.Text;
using Comptroller.Crds.PolicyAuditSchedules;
using Comptroller.Falcon.Auditing;
using Comptroller.Falcon.Grading;
using Comptroller.Falcon.Store;

namespace Comptroller.Operator.Verbs.Falcon;

/// <summary>The result of a run as the last words of its container, which the operator reads into a PolicyAuditSchedule's status.</summary>
internal static class RunResultFile
{
    /// <remarks>
    /// A policy that cannot be read counts as failed, so a degraded run has a score of the whole tenant. One that could not fetch a type has
    /// not: it is a failure, here as in the daemon's own figures, or a tenant that lacks a scope would never be told of.
    /// </remarks>
    public static AuditRunResult Of(AuditOutcome outcome)
    {
        var run = outcome.Run;
        return new AuditRunResult
        {
            StartedAt = run.Started,
            FinishedAt = run.Ended,
            Outcome = run.Result switch
            {
                RunResult.Complete => AuditOutcomes.Complete,
                RunResult.Degraded => AuditOutcomes.Degraded,
                _ => AuditOutcomes.Failed,
            },
            Score = run.Policies.Score,
            Hosts = run.Hosts.Total,
            ZeroTrustScore = outcome.Trust?.Average,
            ApiCalls = run.ApiCalls,
            ApiErrors = run.ApiErrors,
            Throttled = run.Throttled,
            Policies =
            [
                .. outcome.Types.Where(type => type.Fetched).Select(type => new AuditedPolicies
                {
                    Type = type.Type.Name,
                    Passed = type.Summary.Passed,
                    Failed = type.Summary.Total - type.Summary.Passed,
                }),
            ],
            GradingVersion = GradingVersion(outcome),
            Message = run.Result == RunResult.Degraded && Unread(outcome) is { Count: > 0 } unread ? $"cannot be read and count as failed: {string.Join(", ", unread)}" : run.Message,
        };
    }

    /// <summary>Policies whose verdict is about what could not be read, each with its type and the reason.</summary>
    private static List<string> Unread(AuditOutcome outcome) =>
    [
        .. from type in outcome.Types
           from grade in type.Grades
           where grade.Ungradable is UngradableReason.Malformed or UngradableReason.SettingsUnavailable
           select $"{type.Type.Name} policy {(string.IsNullOrEmpty(grade.Name) ? grade.Id : $"\"{grade.Name}\"")} ({grade.UngradableText!.Replace('_', ' ')})",
    ];

    // Versions are the authors' own words and may lag behind their files; the digest of all files tells two sets apart.
    private static string GradingVersion(AuditOutcome outcome)
    {
        var files = outcome.Audited.Select(type => outcome.Options.Grading[type]).ToList();
        var version = files.Select(file => file.Version).Distinct(StringComparer.Ordinal).ToList() is [var only] && only.Length > 0 ? $"{only} " : "";
        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(files.Select(file => file.Digest)))));
        return $"{version}{digest[..12]}";
    }

    /// <summary>Of a run that came to no outcome, and ended just now.</summary>
    /// <param name="message">Why.</param>
    /// <param name="started">When it started; just now when null.</param>
    public static AuditRunResult Failure(string message, DateTimeOffset? started = null)
    {
        var now = TimeProvider.System.GetUtcNow();
        return new AuditRunResult { StartedAt = started ?? now, FinishedAt = now, Outcome = AuditOutcomes.Failed, Message = message };
    }

    /// <summary>Of a run that gave way to another one.</summary>
    public static AuditRunResult Skipped(string message, DateTimeOffset started) =>
        new() { StartedAt = started, FinishedAt = TimeProvider.System.GetUtcNow(), Outcome = AuditOutcomes.Skipped, Message = message };

    public static Task WriteAsync(string path, AuditRunResult result, CancellationToken cancellationToken) =>
        File.WriteAllTextAsync(path, result.ToJson(), cancellationToken);
}
