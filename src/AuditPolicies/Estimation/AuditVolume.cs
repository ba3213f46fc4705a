using System.Numerics;
using Comptroller.AuditPolicies.Evaluation;
using Comptroller.AuditPolicies.Model;
using Comptroller.AuditPolicies.Replay;

namespace Comptroller.AuditPolicies.Estimation;

/// <summary>How much all API servers of a cluster write together.</summary>
/// <param name="EventsPerSecond">Lines a second.</param>
/// <param name="BytesPerSecond">Their length.</param>
/// <param name="IsLowerBound">Whether some bodies could not be counted.</param>
/// <param name="Basis">What it was computed from and how far off that may be, for people.</param>
public sealed record AuditVolume(double EventsPerSecond, double BytesPerSecond, bool IsLowerBound, string Basis)
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <summary>From a rate of requests alone, taken to be <see cref="TypicalTraffic"/>.</summary>
    public static AuditVolume OfRequests(Policy policy, double requestsPerSecond)
    {
        var evaluator = new PolicyEvaluator(policy);
        var (events, bytes) = (0.0, 0.0);
        foreach (var (request, share) in TypicalTraffic.Requests)
        {
            var decision = evaluator.Decide(request);
            var written = decision.Level == Level.None ? 0 : BitOperations.PopCount((uint)(TypicalTraffic.StagesOf(request) & ~decision.OmitStages));
            events += requestsPerSecond * share * written;
            bytes += requestsPerSecond * share * written * EventSizes.Of(decision.Level, request.Verb);
        }

        return new AuditVolume(events, bytes, false, $"{requestsPerSecond:0.##} requests/s of a typical cluster with measured sizes; right within a factor of about 3");
    }

    /// <summary>From a recorded log, whose period is taken for the whole. Null when the log spans no time.</summary>
    /// <param name="report">A replay of the logs of every API server of the cluster.</param>
    public static AuditVolume? OfLog(ReplayReport report)
    {
        if (report.Log.Last - report.Log.First is not { } period || period <= TimeSpan.Zero)
        {
            return null;
        }

        var atLeast = report.Kept.AtLeastEvents > 0;
        var caution = period < Day ? "; less than a day does not show how load changes over it" : "";
        var missing = atLeast ? $"; a lower bound: bodies of {report.Kept.AtLeastEvents} event{(report.Kept.AtLeastEvents == 1 ? "" : "s")} were not recorded" : "";
        return new AuditVolume(
            report.Kept.Events / period.TotalSeconds,
            report.Kept.Bytes / period.TotalSeconds,
            atLeast,
            $"{report.Log.Events} recorded events over {Text(period)}{caution}{missing}");
    }

    private static string Text(TimeSpan period) =>
        period.TotalHours >= 48 ? $"{period.TotalDays:0.#} days"
        : period.TotalMinutes >= 90 ? $"{period.TotalHours:0.#} hours"
        : period.TotalSeconds >= 90 ? $"{period.TotalMinutes:0.#} minutes"
        : $"{period.TotalSeconds:0.##} seconds";
}
