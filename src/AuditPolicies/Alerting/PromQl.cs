using static Comptroller.AuditPolicies.Alerting.LogsQl;

namespace Comptroller.AuditPolicies.Alerting;

/// <summary>
/// The pieces of PromQL that alert rules are made of. A counter of events has no 0 before its first event, so <c>increase</c> alone would not
/// see that event: a series that was not there before counts as a whole.
/// </summary>
internal static class PromQl
{
    // A scrape that fails, or a restart of Prometheus, must not make every series look new.
    private const string Gap = "10m";

    private const string LongGap = "1h";

    /// <summary>The series of one counter in one cluster.</summary>
    public static string Series(string metric, string cluster, params IEnumerable<string> matchers) =>
        $"{metric}{{{string.Join(',', [$"cluster={Quote(cluster)}", .. matchers])}}}";

    /// <summary>Something when a counter is not what it was a window ago: it grew, appeared, or started over and counted something.</summary>
    public static string Moved(string series, TimeSpan window) =>
        $"sum({series} unless (last_over_time({series}[{Gap}] offset {Duration(window)}) == {series})) > 0";

    /// <summary>By how much counters grew over a window; 0 where there are none.</summary>
    public static string Growth(string series, TimeSpan window) =>
        $"(sum(({series} unless last_over_time({series}[{LongGap}] offset {Duration(window)})) or increase({series}[{Duration(window)}])) or vector(0))";
}
