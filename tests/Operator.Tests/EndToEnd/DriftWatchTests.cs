using System.Net;
using System.Text.RegularExpressions;
using Comptroller.Crds;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Model;
using Comptroller.Operator.DriftWatches.Rendering;
using Comptroller.Operator.Tests.DriftWatches;
using Comptroller.Operator.Tests.Estates;
using Comptroller.Operator.Workloads;

namespace Comptroller.Operator.Tests.EndToEnd;

/// <summary>Everything in its place: operator, Deployments as processes, a state, and events over HTTP.</summary>
public sealed class DriftWatchTests : IAsyncLifetime
{
    private static readonly ResourceType Events = new("events.k8s.io", "v1", "events", "Event", Namespaced: true);

    private DriftEstate _drift = null!;

    public async Task InitializeAsync() => _drift = await DriftEstate.StartAsync();

    public async Task DisposeAsync() => await _drift.DisposeAsync();

    [Fact]
    public async Task A_change_behind_Terraform_opens_a_drift_that_ends_when_it_is_set_back()
    {
        var run = await _drift.Estate.OperateAsync();
        await _drift.ApplyAsync("");
        var ready = await _drift.UntilAsync(item => item.Says("Ready=True/Succeeded") && item.Says("StateFresh=True/Fresh"));
        ready.Says("DriftDetected=False/NoDrift").ShouldBeTrue();
        ((string)ready["status"]!["endpoint"]!).ShouldBe($"http://cloud-drift.default.svc:{_drift.Port}/api/v1/falco/events");
        var state = ready["status"]!["states"]!.AsArray().ShouldHaveSingleItem()!;
        ((string)state["name"]!, (long)state["serial"]!, (long)state["resources"]!).ShouldBe(("production", 12, 1));

        (await _drift.SendAsync(memory: 512)).ShouldBe(HttpStatusCode.Accepted);
        var drifted = await _drift.UntilAsync(item => item.Says("DriftDetected=True/DriftDetected"));
        drifted.Says("Ready=True/Succeeded").ShouldBeTrue("a drift is news about the cloud, not about the watch");
        ((long)drifted["status"]!["drifts"]!["open"]!).ShouldBe(1);
        ((string)drifted["status"]!["drifts"]!["summary"]!).ShouldBe("1 medium");
        await UntilToldAsync("aws_lambda_function.resize: memory_size, by mallory");

        // Every metric that an alert stands on is there.
        var pages = await _drift.MetricsAsync() + await run.MetricsAsync();
        var rules = DriftWatchRules.For(new ObjectMeta { Name = "cloud", Namespace = "default" }, Watches.Of($"{{{Watches.Sound}}}").Spec);
        foreach (var metric in rules.SelectMany(rule => Regex.Matches(rule.Expression, @"\b(driftwatch|comptroller|process)_\w+", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1))).Select(match => match.Value).Distinct())
        {
            pages.ShouldContain(metric, Case.Sensitive, "an alert without its metric never fires");
        }

        await UntilMeasuredAsync(run, "comptroller_drift_watch_open_drifts{drift_name=\"cloud\",drift_namespace=\"default\",severity=\"medium\"} 1");
        (await _drift.SendAsync(memory: 128)).ShouldBe(HttpStatusCode.Accepted);
        var over = await _drift.UntilAsync(item => item.Says("DriftDetected=False/NoDrift"));
        ((long)over["status"]!["drifts"]!["resolved"]!).ShouldBe(1);
    }

    [Fact]
    public async Task A_request_reads_everything_anew_and_loses_nothing_and_suspend_stops_the_pods()
    {
        await _drift.Estate.OperateAsync();
        await _drift.ApplyAsync("");
        await _drift.UntilAsync(item => item.Says("Ready=True/Succeeded"));
        await _drift.SendAsync(memory: 512);
        await _drift.UntilAsync(item => item.Says("DriftDetected=True/DriftDetected"));
        var before = await PodAsync();

        await _drift.MergeAsync("""{"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": "now"} } }""");
        await _drift.UntilAsync(item => (string?)item["status"]!["lastHandledReconcileAt"] == "now");
        var restarted = await _drift.Estate.UntilAsync(ObservedPod.Type, "default", null, pod => pod is not null && (string)pod["metadata"]!["name"]! != before && pod["metadata"]!["deletionTimestamp"] is null);
        ((string)restarted!["metadata"]!["annotations"]!["comptroller.dev/requested-at"]!).ShouldBe("now");
        var after = await _drift.UntilAsync(item => item.Says("Ready=True/Succeeded") && item.Says("DriftDetected=True/DriftDetected"));
        ((long)after["status"]!["drifts"]!["open"]!).ShouldBe(1, "what is open outlives the pod");

        await _drift.MergeAsync("""{"spec": {"suspend": true}}""");
        var suspended = await _drift.UntilAsync(item => item.Says("Suspended=True/Suspended"));
        suspended.Says("DriftDetected=Unknown/Suspended").ShouldBeTrue();
        ((long)suspended["status"]!["drifts"]!["open"]!).ShouldBe(1);
        await _drift.Estate.UntilAsync(ObservedPod.Type, "default", null, pod => pod is null);
        (await _drift.Estate.ExistsAsync(RenderedKinds.VolumeClaims, "default", "cloud-drift-data")).ShouldBeTrue();

        await _drift.MergeAsync("""{"spec": {"suspend": false}}""");
        await _drift.UntilAsync(item => item.Condition("Suspended") is null && item.Says("DriftDetected=True/DriftDetected"));
    }

    [Fact]
    public async Task A_missing_Secret_is_a_condition_that_heals_by_itself_and_no_crash_loop()
    {
        await _drift.Estate.OperateAsync();
        await _drift.ApplyAsync("retryInterval: 1s, ", "tokenSecretRef: {name: intake, key: token}, ");
        var waiting = await _drift.UntilAsync(item => item.Says("Ready=False/PodsNotReady"));
        waiting.Condition("Ready")!.Message.ShouldContain("intake");
        var pod = await _drift.Estate.UntilAsync(ObservedPod.Type, "default", null, each => each?["status"]?["containerStatuses"] is not null);
        pod!["status"]!["containerStatuses"]![0]!["restartCount"]!.GetValue<int>().ShouldBe(0, "it waits, and does not crash");

        await _drift.SecretAsync("intake", "token", "t0ken");
        await _drift.UntilAsync(item => item.Says("Ready=True/Succeeded"));
        (await _drift.SendAsync(memory: 512)).ShouldBe(HttpStatusCode.Unauthorized);
        (await _drift.SendAsync(memory: 512, "t0ken")).ShouldBe(HttpStatusCode.Accepted);
        (await _drift.UntilAsync(item => item.Says("DriftDetected=True/DriftDetected"))).ToJsonString().ShouldNotContain("t0ken");
    }

    [Fact]
    public async Task A_spec_that_cannot_watch_stalls_and_what_was_rendered_goes_with_the_resource()
    {
        await _drift.Estate.OperateAsync();
        await _drift.ApplyAsync("windows: [{name: w, from: \"2026-01-02T00:00:00Z\", to: \"2026-01-01T00:00:00Z\"}], ");
        (await _drift.UntilAsync(item => item.Says("Stalled=True/InvalidSpec"))).Condition("Ready")!.Message.ShouldContain("spec.windows[w].to");
        (await _drift.Estate.ExistsAsync(RenderedKinds.Deployments, "default", "cloud-drift")).ShouldBeFalse();

        await _drift.ApplyAsync("");
        await _drift.UntilAsync(item => item.Says("Ready=True/Succeeded"));
        (ResourceType, string)[] rendered =
        [
            (RenderedKinds.ConfigMaps, "cloud-drift-config"), (RenderedKinds.ConfigMaps, "cloud-drift-falco"), (RenderedKinds.VolumeClaims, "cloud-drift-data"),
            (RenderedKinds.NetworkPolicies, "cloud-drift"), (RenderedKinds.Services, "cloud-drift"), (RenderedKinds.Deployments, "cloud-drift"),
            (RenderedKinds.VmPodScrapes, "cloud-drift"), (RenderedKinds.VmRules, "cloud-drift-watch"),
        ];
        foreach (var (type, name) in rendered)
        {
            (await _drift.Estate.ExistsAsync(type, "default", name)).ShouldBeTrue($"{type.Kind} {name}");
        }

        await _drift.Estate.DeleteAsync(ResourceTypes.DriftWatches, "default", "cloud");
        foreach (var (type, name) in rendered)
        {
            await _drift.Estate.UntilGoneAsync(type, "default", name);
        }

        await _drift.Estate.UntilAsync(ObservedPod.Type, "default", null, pod => pod is null);
    }

    // The operator measures what its cache holds, which hears of the status a moment after whoever reads it from the API server.
    private static async Task UntilMeasuredAsync(OperatorRun run, string series)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (await run.MetricsAsync() is var page && !page.Contains(series, StringComparison.Ordinal))
        {
            patience.IsCancellationRequested.ShouldBeFalse($"{series} is not in\n{page}");
            await Task.Delay(TimeSpan.FromMilliseconds(200));
        }
    }

    private async Task UntilToldAsync(string note)
    {
        using var patience = new CancellationTokenSource(Estate.Patience);
        while (!(await _drift.Estate.Admin.ListAllAsync(KubernetesTypes.UntypedOf(Events), "default", new ListOptions(), patience.Token)).Items
            .Any(item => ((string?)item["note"])?.Contains(note, StringComparison.Ordinal) == true))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(200), patience.Token);
        }
    }

    private async Task<string> PodAsync() =>
        (string)(await _drift.Estate.Admin.ListAllAsync(KubernetesTypes.UntypedOf(ObservedPod.Type), "default", new ListOptions(), default)).Items.ShouldHaveSingleItem()["metadata"]!["name"]!;
}
