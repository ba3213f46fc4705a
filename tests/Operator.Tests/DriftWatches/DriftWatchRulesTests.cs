using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.AuditPolicies.Tests.Alerting;
using Comptroller.AuditPolicies.Tests.Alerting.PromQl;
using Comptroller.Crds;
using Comptroller.Crds.DriftWatches;
using Comptroller.Kubernetes.Diagnostics;
using Comptroller.Kubernetes.Model;
using Comptroller.Operator.DriftWatches;
using Comptroller.Operator.DriftWatches.Rendering;

namespace Comptroller.Operator.Tests.DriftWatches;

/// <summary>Each alert is made to fire, and not to, over what the operator exports of statuses and what pods export of themselves.</summary>
public sealed class DriftWatchRulesTests
{
    private const long Limit = 512L << 20;
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Since = TimeSpan.FromHours(3);
    private static readonly DateTimeOffset Now = new(2026, 3, 2, 11, 0, 0, TimeSpan.Zero);

    /// <param name="Alert">Its name.</param>
    /// <param name="Because">What happens.</param>
    /// <param name="Fires">Whether it should fire at the end of it.</param>
    /// <param name="Change">Changes the sound watch as it was so long ago; null while no operator answered.</param>
    /// <param name="Pod">What else the pod exports, by the time that it has run.</param>
    /// <param name="Spec">Fields of the spec.</param>
    internal sealed record Case(
        string Alert, string Because, bool Fires, Func<TimeSpan, DriftWatchStatus, DriftWatchStatus?>? Change = null, Func<TimeSpan, IEnumerable<(string Series, double Value)>>? Pod = null, string Spec = "");

    private static readonly Case[] Cases =
    [
        new(DriftWatchRules.Down, "no pod is ready since five minutes", true, (ago, status) => ago.TotalMinutes < 5 ? status with { ReadyReplicas = 0 } : status),
        new(DriftWatchRules.Down, "a pod is ready", false),
        new(DriftWatchRules.Down, "none is, and the watch is suspended", false, (_, status) => status with { ReadyReplicas = 0 }, Spec: "suspend: true, "),
        new(DriftWatchRules.CriticalDrift, "one is open", true, (_, status) => Open(status, critical: 1)),
        new(DriftWatchRules.CriticalDrift, "only high ones are", false, (_, status) => Open(status, high: 9)),
        new(DriftWatchRules.ManyDrifts, "eleven within the hour", true, (ago, status) => Open(status, high: ago.TotalMinutes < 30 ? 12 : 1)),
        new(DriftWatchRules.ManyDrifts, "ten", false, (ago, status) => Open(status, high: ago.TotalMinutes < 30 ? 11 : 1)),
        new(DriftWatchRules.ManyDrifts, "many, since long", false, (_, status) => Open(status, high: 900)),
        new(DriftWatchRules.HighMemory, "85 % of the limit", true, Pod: _ => [Memory(0.85)]),
        new(DriftWatchRules.HighMemory, "75 %", false, Pod: _ => [Memory(0.75)]),
        new(DriftWatchRules.MemoryExhausted, "95 %", true, Pod: _ => [Memory(0.95)]),
        new(DriftWatchRules.MemoryExhausted, "85 %", false, Pod: _ => [Memory(0.85)]),
        new(DriftWatchRules.Busy, "a processor without a pause", true, Pod: run => [("process_cpu_seconds_total", 0.99 * run.TotalSeconds)]),
        new(DriftWatchRules.Busy, "half a processor", false, Pod: run => [("process_cpu_seconds_total", 0.5 * run.TotalSeconds)]),
        new(DriftWatchRules.HighErrorRate, "one of ten", true, Pod: run => [Requests("200", 9 * run.TotalSeconds), Requests("503", run.TotalSeconds)]),
        new(DriftWatchRules.HighErrorRate, "only that it is not ready is answered with 503", false, Pod: run => [Requests("200", run.TotalSeconds), ("driftwatch_http_requests_total{status=\"503\",route=\"/ready\"}", Math.Floor(run.TotalSeconds))]),
        new(DriftWatchRules.HighErrorRate, "one of a hundred", false, Pod: run => [Requests("200", 99 * run.TotalSeconds), Requests("503", run.TotalSeconds)]),
        new(DriftWatchRules.Slow, "a fifth takes two seconds", true, Pod: run => Histogram("driftwatch_http_request_duration_seconds", run, (0.1, 0.8), (0.5, 0.8), (2.5, 1))),
        new(DriftWatchRules.Slow, "all take a tenth", false, Pod: run => Histogram("driftwatch_http_request_duration_seconds", run, (0.1, 1), (0.5, 1), (2.5, 1))),
        new(DriftWatchRules.EventLag, "a fifth is half an hour old", true, Pod: run => Histogram("driftwatch_event_lag_seconds", run, (60, 0.8), (600, 0.8), (1800, 1))),
        new(DriftWatchRules.EventLag, "all are a minute old", false, Pod: run => Histogram("driftwatch_event_lag_seconds", run, (60, 1), (600, 1), (1800, 1))),
        new(DriftWatchRules.Silent, "none for two hours, and one is too long", true, Pod: run => [("driftwatch_events_total{outcome=\"accepted\"}", Math.Min(run.TotalMinutes, 60))], Spec: "alerts: {silentHours: 1}, "),
        new(DriftWatchRules.Silent, "one a minute", false, Pod: run => [("driftwatch_events_total{outcome=\"accepted\"}", Math.Floor(run.TotalMinutes))], Spec: "alerts: {silentHours: 1}, "),
        new(DriftWatchRules.Refusing, "some are refused", true, Pod: run => [("driftwatch_requests_refused_total", Math.Floor(run.TotalMinutes))]),
        new(DriftWatchRules.Refusing, "none is", false, Pod: _ => [("driftwatch_requests_refused_total", 7)]),
        new(DriftWatchRules.StoreFailing, "a batch failed", true, Pod: run => [("driftwatch_store_failures_total", run > Since - TimeSpan.FromMinutes(3) ? 1 : 0)]),
        new(DriftWatchRules.StoreFailing, "one failed hours ago", false, Pod: run => [("driftwatch_store_failures_total", run > TimeSpan.FromHours(1) ? 1 : 0)]),
        new(DriftWatchRules.StateStale, "since half an hour", true, (ago, status) => Says(status, DriftWatchConditions.StateFresh, ago.TotalMinutes < 30 ? "False" : "True")),
        new(DriftWatchRules.StateStale, "since five minutes", false, (ago, status) => Says(status, DriftWatchConditions.StateFresh, ago.TotalMinutes < 5 ? "False" : "True")),
        new(DriftWatchRules.ComparisonStale, "the last is from three hours ago", true, (_, status) => status with { LastComparisonTime = Now.AddHours(-3) }, Spec: "comparison: {plan: {claim: p, path: f}, interval: 1h}, "),
        new(DriftWatchRules.ComparisonStale, "the last is an hour old", false, (ago, status) => status with { LastComparisonTime = Now.AddHours(-1) - ago }, Spec: "comparison: {plan: {claim: p, path: f}, interval: 1h}, "),
        new(DriftWatchRules.Streams, "a hundred and one on two transports", true, Pod: _ => [("driftwatch_stream_clients{transport=\"sse\"}", 60), ("driftwatch_stream_clients{transport=\"websocket\"}", 41)]),
        new(DriftWatchRules.Streams, "a hundred", false, Pod: _ => [("driftwatch_stream_clients{transport=\"sse\"}", 100)]),
        new(DriftWatchRules.Limiting, "one a second", true, Pod: run => [("driftwatch_rate_limited_total", run.TotalSeconds)]),
        new(DriftWatchRules.Limiting, "a few, hours ago", false, Pod: run => [("driftwatch_rate_limited_total", run > TimeSpan.FromHours(1) ? 30 : 0)]),
        new(DriftWatchRules.Undelivered, "one", true, Pod: _ => [("driftwatch_dead_letters", 1)]),
        new(DriftWatchRules.Undelivered, "none", false, Pod: _ => [("driftwatch_dead_letters", 0)]),
        new(DriftWatchRules.Replicas, "two of three", true, (_, status) => status with { ReadyReplicas = 2 }, Spec: "replicas: 3, "),
        new(DriftWatchRules.Replicas, "three of three", false, (_, status) => status with { ReadyReplicas = 3 }, Spec: "replicas: 3, "),
        new(DriftWatchRules.NotReady, "since half an hour", true, (ago, status) => Says(status, "Ready", ago.TotalMinutes < 30 ? "False" : "True")),
        new(DriftWatchRules.NotReady, "since five minutes", false, (ago, status) => Says(status, "Ready", ago.TotalMinutes < 5 ? "False" : "True")),
        new(DriftWatchRules.Unobserved, "no operator answers for half an hour", true, (ago, status) => ago.TotalMinutes > 30 ? status : null),
        new(DriftWatchRules.Unobserved, "none answered for ten minutes", false, (ago, status) => ago.TotalMinutes is > 10 and < 20 ? null : status),
    ];

    [Fact]
    public void Every_alert_is_shown_to_fire_and_not_to()
    {
        var all = DriftWatchRules.For(Owner, Watches.Of($"{{comparison: {{plan: {{claim: p, path: f}}}}, {Watches.Sound}}}").Spec).Select(rule => rule.Name).ToList();
        Cases.Where(entry => entry.Fires).Select(entry => entry.Alert).Distinct().ShouldBe(all, ignoreOrder: true);
        Cases.Where(entry => !entry.Fires).Select(entry => entry.Alert).Distinct().ShouldBe(all, ignoreOrder: true);
    }

    [InstalledFact("vmalert")]
    public void Vmalert_accepts_the_rules() =>
        Installed.Refusal((JsonObject)DriftWatchRules.Render(Owner, Watches.Of($"{{comparison: {{plan: {{claim: p, path: f}}}}, {Watches.Sound}}}").Spec)!.Body["spec"]!["groups"]![0]!.DeepClone()).ShouldBeNull();

    [InstalledFact("victoria-metrics")]
    public async Task Each_alert_fires_in_VictoriaMetrics_when_it_should_and_only_then()
    {
        await using var database = await MetricsDatabase.StartAsync();
        // Each case has hours of its own, so that none sees another.
        var last = new DateTimeOffset(DateTimeOffset.UtcNow.Date, TimeSpan.Zero).AddHours(-1);
        var lines = new StringBuilder();
        foreach (var (index, entry) in Cases.Index())
        {
            Scrape(entry, last.AddHours(-6 * index), lines);
        }

        await database.ImportAsync(lines.ToString());
        var wrong = new List<string>();
        foreach (var (index, entry) in Cases.Index())
        {
            var rule = DriftWatchRules.For(Owner, Watch(entry).Spec).Single(rule => rule.Name == entry.Alert);
            var now = last.AddHours(-6 * index);
            var (at, before) = (await database.CountAsync(rule.Expression, now), await database.CountAsync(rule.Expression, now - SpecDurations.Read(rule.For == "0s" ? "1ms" : rule.For, "for").Value));
            if ((at == 1 && before == 1) != entry.Fires)
            {
                wrong.Add($"{entry.Alert}: {entry.Because}: {at} now, {before} before: {rule.Expression}");
            }
        }

        wrong.ShouldBeEmpty();
    }

    private static ObjectMeta Owner => new() { Name = "cloud", Namespace = "security" };

    /// <summary>What a Prometheus keeps of two operators and a pod.</summary>
    private static void Scrape(Case entry, DateTimeOffset now, StringBuilder lines)
    {
        var labels = $"{DriftWatchMetrics.NamespaceLabel}=\"security\",{DriftWatchMetrics.NameLabel}=\"cloud\"";
        for (var ago = Since; ago >= TimeSpan.Zero; ago -= Every)
        {
            var time = (now - ago).ToUnixTimeMilliseconds();
            var sound = Watch(entry);
            if ((entry.Change is null ? sound.Status : entry.Change(ago, sound.Status)) is { } status)
            {
                foreach (var line in Page(sound with { Status = status }).Split('\n').Where(line => line.Contains('{', StringComparison.Ordinal) && !line.StartsWith('#')))
                {
                    var (series, value) = (line[..line.LastIndexOf(' ')], double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
                    // What is a time moves with the case.
                    value += series.Contains("timestamp_seconds", StringComparison.Ordinal) ? (now - Now).TotalSeconds : 0;
                    foreach (var instance in (string[])["a", "b"])
                    {
                        lines.Append(CultureInfo.InvariantCulture, $"{series.Replace("{", $"{{instance=\"{instance}\",", StringComparison.Ordinal)} {value} {time}\n");
                    }
                }
            }

            foreach (var (series, value) in entry.Pod?.Invoke(Since - ago) ?? [])
            {
                var (name, own) = series.IndexOf('{', StringComparison.Ordinal) is > 0 and var at ? (series[..at], $"{series[(at + 1)..^1]},") : (series, "");
                lines.Append(CultureInfo.InvariantCulture, $"{name}{{{own}{labels},pod=\"p\"}} {value} {time}\n");
            }
        }
    }

    private static string Page(DriftWatch watch)
    {
        var stored = JsonSerializer.Deserialize(JsonSerializer.SerializeToUtf8Bytes(watch, CrdsJson.Default.DriftWatch), CrdsJson.Default.DriftWatch)!;
        using var metrics = new DriftWatchMetrics(() => [stored]);
        using var exporter = new PrometheusExporter(meter => meter == metrics.Meter);
        return exporter.Render();
    }

    private static DriftWatch Watch(Case entry) => Watches.Of($"{{{entry.Spec}{Watches.Sound}}}") with
    {
        Status = new DriftWatchStatus
        {
            ObservedGeneration = 1,
            Conditions = [Condition("Ready", "True"), Condition(DriftWatchConditions.StateFresh, "True"), Condition(DriftWatchConditions.DriftDetected, "False")],
            ReadyReplicas = 1,
            Drifts = new DriftCounts { Summary = "none" },
            States = [new DriftStateStatus { Name = "production", Serial = 3, Resources = 1000 }],
            LastRefreshTime = Now,
        },
    };

    private static Condition Condition(string type, string status) => new() { Type = type, Status = status, Reason = "Reason", LastTransitionTime = Now };

    private static DriftWatchStatus Says(DriftWatchStatus status, string type, string verdict) =>
        status with { Conditions = [.. status.Conditions!.Where(each => each.Type != type), Condition(type, verdict)] };

    private static DriftWatchStatus Open(DriftWatchStatus status, long critical = 0, long high = 0) =>
        status with { Drifts = new DriftCounts { Open = critical + high, Critical = critical, High = high } };

    private static (string, double) Memory(double share) => ("process_resident_memory_bytes", share * Limit);

    private static (string, double) Requests(string code, double count) => ($"driftwatch_http_requests_total{{status=\"{code}\",route=\"/api/v1/falco/events\"}}", Math.Floor(count));

    private static IEnumerable<(string, double)> Histogram(string name, TimeSpan run, params (double Bound, double Share)[] buckets)
    {
        foreach (var (bound, share) in buckets)
        {
            yield return (string.Create(CultureInfo.InvariantCulture, $"{name}_bucket{{le=\"{bound}\"}}"), Math.Floor(share * run.TotalSeconds));
        }

        yield return ($"{name}_bucket{{le=\"+Inf\"}}", Math.Floor(run.TotalSeconds));
    }
}
