using System.Text.Json.Nodes;
using Comptroller.Crds;
using Comptroller.FalconSimulator;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Model;
using Comptroller.Operator.Tests.Estates;
using Comptroller.Operator.Tests.PolicyAuditSchedules;
using Comptroller.Operator.Workloads;
using Comptroller.Sandbox;
using Comptroller.Sandbox.Try;
using Comptroller.Sandbox.Workloads;

namespace Comptroller.Operator.Tests.EndToEnd;

/// <summary>Everything in its place: operator, CronJobs, Jobs, runs as processes, and a simulated tenant.</summary>
public sealed class PolicyAuditRunTests : IAsyncLifetime
{
    private static readonly ResourceType Schedule = ResourceTypes.PolicyAuditSchedules;
    private static readonly ResourceType Secrets = new("", "v1", "secrets", "Secret", Namespaced: true);

    private readonly CronClock _cron = new();
    private Estate _estate = null!;
    private Simulator _tenant = null!;

    public async Task InitializeAsync()
    {
        _estate = await Estate.StartAsync(new SandboxOptions { Workloads = new WorkloadOptions { CronTime = _cron } });
        _tenant = await Simulator.StartAsync(new SimulatorOptions { Hosts = 50, Policies = 50 }, default);
    }

    public async Task DisposeAsync()
    {
        await _estate.DisposeAsync();
        await _tenant.DisposeAsync();
    }

    [Fact]
    public async Task A_schedule_fires_is_audited_and_told()
    {
        await SecretAsync("simulated-secret");
        await _estate.OperateAsync();
        await ApplyAsync("");
        var ready = await UntilAsync(item => item.Says("Ready=True/Succeeded") && item["status"]!["nextRunTime"] is not null);
        ready.Says("Compliant=Unknown/NoCompleteRun").ShouldBeTrue();

        _cron.PutForwardTo((DateTimeOffset)ready["status"]!["nextRunTime"]!);
        var audited = await UntilAsync(item => item["status"]!["audit"] is not null);
        var status = audited["status"]!;
        ((long)status["audit"]!["hosts"]!).ShouldBe(50);
        ((int)status["audit"]!["score"]!).ShouldBeInRange(1, 100);
        status["audit"]!["policies"]!.AsArray().Select(each => (string)each!["type"]!).ShouldContain("firewall");
        ((string)status["lastRun"]!["name"]!).ShouldStartWith("tenant-audit-");
        ((long)status["lastRun"]!["apiCalls"]!).ShouldBe(_tenant.TotalCalls);
        ((int)status["runs"]!).ShouldBe(1);

        // The threshold decides, without another run.
        await _estate.MergeAsync(Schedule, "default", "tenant", """{"spec": {"thresholds": {"minScore": 100}}}""");
        await UntilAsync(item => item.Says("Compliant=False/BelowThreshold"));
        await _estate.MergeAsync(Schedule, "default", "tenant", """{"spec": {"thresholds": {"minScore": 1}}}""");
        await UntilAsync(item => item.Says("Compliant=True/ScoreMet"));

        // The claim keeps what the pod wrote, and the pod that wrote it had no token.
        var pod = (await _estate.Admin.ListAllAsync(KubernetesTypes.UntypedOf(ObservedPod.Type), "default", new ListOptions(), default)).Items.ShouldHaveSingleItem();
        ((bool)pod["spec"]!["automountServiceAccountToken"]!).ShouldBeFalse();
        pod["spec"]!.ToJsonString().ShouldNotContain("simulated-secret");
        (await _estate.GetAsync(Schedule, "default", "tenant")).ToJsonString().ShouldNotContain("simulated-secret");
    }

    [Fact]
    public async Task A_missing_Secret_is_a_condition_that_heals_by_itself_and_a_rotated_one_is_in_the_next_run()
    {
        await _estate.OperateAsync();
        await ApplyAsync("retryInterval: 1s", request: "first");
        var waiting = await UntilAsync(item => item.Says("Ready=False/CredentialsMissing"));
        waiting.Condition("Ready")!.Message.ShouldContain("falcon-api");
        (await _estate.Admin.ListAllAsync(KubernetesTypes.UntypedOf(ObservedPod.Type), "default", new ListOptions(), default)).Items
            .ShouldHaveSingleItem()["status"]!["containerStatuses"]![0]!["restartCount"]!.GetValue<int>().ShouldBe(0, "it waits, and does not crash");

        await SecretAsync("rotated-away");
        var refused = await UntilAsync(item => Runs(item) == 1);
        ((string)refused["status"]!["lastRun"]!["outcome"]!).ShouldBe("Failed");
        ((int)refused["status"]!["consecutiveFailures"]!).ShouldBe(1);
        refused.Says("Ready=True/Succeeded").ShouldBeTrue("that the tenant refuses them is told by the run");
        refused.ToJsonString().ShouldNotContain("rotated-away");

        await SecretAsync("simulated-secret");
        await RequestAsync("second");
        var audited = await UntilAsync(item => Runs(item) == 2);
        ((int)audited["status"]!["consecutiveFailures"]!).ShouldBe(0);
        audited["status"]!["audit"].ShouldNotBeNull();
    }

    [Fact]
    public async Task Nothing_runs_while_suspended_and_a_request_waits_for_the_end_of_it()
    {
        await SecretAsync("simulated-secret");
        await _estate.OperateAsync();
        await ApplyAsync("suspend: true", request: "now");
        var suspended = await UntilAsync(item => item.Says("Suspended=True/Suspended"));
        suspended["status"]!["nextRunTime"].ShouldBeNull();
        suspended["status"]!["lastHandledReconcileAt"].ShouldBeNull();
        _cron.PutForwardTo(DateTimeOffset.UtcNow.AddHours(3));

        await _estate.MergeAsync(Schedule, "default", "tenant", """{"spec": {"suspend": false}}""");
        var audited = await UntilAsync(item => item["status"]!["audit"] is not null && (string?)item["status"]!["lastHandledReconcileAt"] == "now");
        audited.Condition("Suspended").ShouldBeNull();
        _tenant.Calls["oauth2/token"].ShouldBe(1, "one request, one run");
    }

    [Fact]
    public async Task An_image_that_cannot_be_pulled_is_told()
    {
        await SecretAsync("simulated-secret");
        await _estate.OperateAsync();
        await ApplyAsync("jobs: {image: registry.example.com/other:1}", request: "now");
        (await UntilAsync(item => item.Says("Ready=False/ErrImagePull"))).Condition("Ready")!.Message.ShouldContain("registry.example.com/other:1");
    }

    [Fact]
    public async Task A_daemon_tells_its_runs_when_it_is_asked_and_a_request_starts_it_anew()
    {
        await SecretAsync("simulated-secret");
        await _estate.OperateAsync();
        await ApplyAsync("mode: Daemon", request: "now");
        await UntilAsync(item => (string?)item["status"]!["lastHandledReconcileAt"] == "now");
        var deployment = await _estate.GetAsync(RenderedKinds.Deployments, "default", "tenant-daemon");
        ((string)deployment["spec"]!["template"]!["metadata"]!["annotations"]!["comptroller.dev/requested-at"]!).ShouldBe("now");
        var audited = await UntilAsync(item => item["status"]!["audit"] is not null);
        audited.Says("Ready=True/Succeeded").ShouldBeTrue();
        ((string)audited["status"]!["lastRun"]!["name"]!).ShouldStartWith("tenant-daemon-");
        ((long)audited["status"]!["audit"]!["hosts"]!).ShouldBe(50);
        ((int)audited["status"]!["runs"]!).ShouldBe(1);
        await UntilAsync(item => item.Says("Compliant=True/ScoreMet"));
    }

    private static int Runs(JsonObject item) => (int?)item["status"]!["runs"] ?? 0;

    private Task ApplyAsync(string more, string? request = null)
    {
        var document = Schedules.Document($"{{{(more.Length > 0 ? $"{more}, " : "")}falcon: {{baseURL: \"{_tenant.Address.GetLeftPart(UriPartial.Authority)}\", credentialsSecretRef: {{name: falcon-api}}}}}}", "tenant", "default");
        if (request is not null)
        {
            document["metadata"]!["annotations"] = new JsonObject { ["reconcile.fluxcd.io/requestedAt"] = request };
        }

        return _estate.ApplyAsync(document);
    }

    private Task RequestAsync(string request) =>
        _estate.MergeAsync(Schedule, "default", "tenant", $$"""{"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": "{{request}}"} } }""");

    private Task SecretAsync(string secret) => _estate.ApplyAsync(new JsonObject
    {
        ["apiVersion"] = Secrets.ApiVersion,
        ["kind"] = Secrets.Kind,
        ["metadata"] = new JsonObject { ["name"] = "falcon-api", ["namespace"] = "default" },
        ["stringData"] = new JsonObject { ["client_id"] = "simulated-client", ["client_secret"] = secret },
    });

    private async Task<JsonObject> UntilAsync(Func<JsonObject, bool> holds) =>
        (await _estate.UntilAsync(Schedule, "default", "tenant", item => item is not null && item.IsObserved() && holds(item)))!;
}
