using System.Net;
using System.Text;
using Comptroller.Operator.DriftWatches.Rendering;
using Comptroller.Operator.Tests.DriftWatches;
using Comptroller.Operator.Tests.Estates;
using Comptroller.Operator.Tests.Verbs.Archive;
using Comptroller.Operator.Workloads;

namespace Comptroller.Operator.Tests.EndToEnd;

/// <summary>The playbooks of docs/runbook-drift.md: each failure is brought about, and the steps mend it.</summary>
public sealed class DriftPlaybookTests : IAsyncLifetime
{
    private DriftEstate _drift = null!;

    public async Task InitializeAsync()
    {
        _drift = await DriftEstate.StartAsync();
        await _drift.Estate.OperateAsync();
    }

    public async Task DisposeAsync() => await _drift.DisposeAsync();

    [KubectlFact]
    public async Task INC_001_a_watch_that_is_down_says_why_and_comes_back_when_that_is_mended()
    {
        await _drift.ApplyAsync("pod: {image: \"registry.example.com/other:1\"}, ");
        (await _drift.UntilAsync(item => item.Says("Ready=False/ErrImagePull"))).Condition("Ready")!.Message.ShouldContain("registry.example.com/other:1");
        using var shell = new RunbookShell(_drift, "INC-001");
        shell.Note("spec.pod.image is of a registry that has it not");
        (await shell.RunAsync("""kubectl -n $ns get dw $dw -o jsonpath='{.status.conditions[?(@.type=="Ready")]}'""")).ShouldContain("ErrImagePull");
        await shell.RunAsync("""kubectl -n $ns patch dw $dw --type merge -p '{"spec":{"pod":{"image":null}}}'""");
        await _drift.UntilAsync(item => item.Says("Ready=True/Succeeded"));
        await shell.RunAsync("kubectl -n $ns wait dw/$dw --for=condition=Ready --timeout=5m");
        await shell.RunAsync("curl -s localhost:8080/ready");
        (await _drift.StatusOfAsync("/health")).ShouldBe(HttpStatusCode.OK);
        await shell.RunAsync("kubectl -n $ns annotate --overwrite dw/$dw reconcile.fluxcd.io/requestedAt=\"$(date -u +%FT%TZ)\"");
        await _drift.UntilAsync(item => item["status"]!["lastHandledReconcileAt"] is not null);
        await shell.ShouldBeInTheRunbookAsync();
    }

    [KubectlFact]
    public async Task INC_002_memory_is_measured_beside_its_cause_and_a_higher_limit_costs_no_drift()
    {
        await _drift.ApplyAsync("");
        await _drift.UntilAsync(item => item.Says("Ready=True/Succeeded"));
        await _drift.SendAsync(memory: 512);
        await _drift.UntilAsync(item => item.Says("DriftDetected=True/DriftDetected"));
        using var shell = new RunbookShell(_drift, "INC-002");
        var page = await shell.RunAsync("curl -s localhost:8080/metrics | grep -E '^(process_resident_memory_bytes|driftwatch_state_resources|driftwatch_queue_depth)'");
        foreach (var metric in (string[])["process_resident_memory_bytes ", "driftwatch_state_resources{", "driftwatch_queue_depth "])
        {
            page.ShouldContain(metric);
        }

        await shell.RunAsync("""kubectl -n $ns patch dw $dw --type merge -p '{"spec":{"pod":{"resources":{"memoryLimit":"1Gi"}}}}'""");
        var pod = await _drift.Estate.UntilAsync(ObservedPod.Type, "default", null, each =>
            (string?)each?["spec"]!["containers"]![0]!["resources"]!["limits"]!["memory"] == "1Gi" && each["metadata"]!["deletionTimestamp"] is null);
        pod.ShouldNotBeNull();
        var after = await _drift.UntilAsync(item => item.Says("Ready=True/Succeeded") && item.Says("DriftDetected=True/DriftDetected"));
        ((long)after["status"]!["drifts"]!["open"]!).ShouldBe(1);
        (await shell.RunAsync("kubectl -n $ns rollout status deploy/$dw-drift", isShown: false)).ShouldContain("successfully rolled out");
        (await shell.RunAsync("kubectl -n $ns get dw $dw -o jsonpath='{.status.states}'")).ShouldContain("\"resources\":1");
        var rules = await _drift.Estate.GetAsync(RenderedKinds.VmRules, "default", "cloud-drift-watch");
        rules.ToJsonString().ShouldContain($"{(long)((1L << 30) * 0.8)}", Case.Sensitive, "the alert goes with the limit");
        await shell.ShouldBeInTheRunbookAsync();
    }

    [KubectlFact]
    public async Task INC_003_a_test_event_tells_whether_the_watch_or_the_sender_is_at_fault()
    {
        await _drift.ApplyAsync("");
        await _drift.UntilAsync(item => item.Says("Ready=True/Succeeded"));
        using var shell = new RunbookShell(_drift, "INC-003");
        (await shell.RunAsync("""
            curl -si localhost:8080/api/v1/falco/events -H 'Content-Type: application/json' -d '{"source":"aws_cloudtrail","rule":"test","time":"'$(date -u +%FT%TZ)'",
              "output_fields":{"ct.name":"DescribeVpcs","ct.src":"ec2.amazonaws.com","ct.readonly":"true"}}'
            """)).ShouldStartWith("HTTP/1.1 202 Accepted");
        (await _drift.PostAsync("""{"source":"syscall","rule":"r","output_fields":{}}""")).ShouldBe(HttpStatusCode.Accepted);
        shell.Note("and an alert of another source was sent");
        var counts = await shell.RunAsync("curl -s localhost:8080/metrics | grep ^driftwatch_events_total");
        counts.ShouldContain("driftwatch_events_total{outcome=\"read_only\",source=\"aws_cloudtrail\"} 1");
        counts.ShouldContain("outcome=\"unknown_source\"");
        (await shell.RunAsync("""kubectl -n $ns get cm $dw-drift-falco -o jsonpath='{.data.driftwatch-aws\.yaml}'""", isShown: false)).ShouldContain("%ct.request");

        var falco = await _drift.Estate.GetAsync(RenderedKinds.ConfigMaps, "default", FalcoObjects.Name(new() { Name = "cloud" }));
        ((string)falco["data"]!["falco.yaml"]!).ShouldContain($":{_drift.Port}/api/v1/falco/events");
        await shell.ShouldBeInTheRunbookAsync();
    }

    [KubectlFact]
    public async Task INC_004_a_state_that_cannot_be_read_is_named_events_are_kept_and_judging_goes_on()
    {
        const string States = """kubectl -n $ns get dw $dw -o jsonpath='{range .status.states[*]}{.name}{"\t"}{.serial}{"\t"}{.error}{"\n"}{end}'""";
        await using var backend = new StateBackend { Status = HttpStatusCode.Forbidden };
        await _drift.ApplyAsync("", states: $"[{{name: remote, http: {{url: \"{backend.Address}\"}}}}]");
        var unavailable = await _drift.UntilAsync(item => item.Says("StateFresh=False/StateUnavailable"));
        unavailable.Says("DriftDetected=Unknown/StateUnavailable").ShouldBeTrue();
        using var shell = new RunbookShell(_drift, "INC-004");
        shell.Note("the server answers 403, and a function is changed meanwhile");
        var told = await shell.RunAsync(States);
        told.ShouldStartWith("remote\t\t");
        told.ShouldContain("403");
        var health = await (await _drift.GetAsync("/health")).Content.ReadAsStringAsync();
        health.ShouldContain("\"states\":\"unavailable\",\"state_error\":\"", Case.Sensitive, "alive, and says what is wrong");
        health.ShouldContain("403");
        (await _drift.StatusOfAsync("/ready")).ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await _drift.SendAsync(memory: 512)).ShouldBe(HttpStatusCode.Accepted, "it is kept until there is a state");

        backend.Status = HttpStatusCode.OK;
        await _drift.UntilAsync(item => item.Says("StateFresh=True/Fresh") && item.Says("DriftDetected=True/DriftDetected"));
        shell.Note("the credentials are mended");
        await shell.RunAsync("kubectl -n $ns wait dw/$dw --for=condition=StateFresh --timeout=10m");

        backend.Status = HttpStatusCode.InternalServerError;
        var stale = await _drift.UntilAsync(item => item.Says("StateFresh=False/SourceStale"));
        stale.Says("DriftDetected=True/DriftDetected").ShouldBeTrue("the last good state still says what should be");
        shell.Note("later it answers 500: judged by serial 12 all the same");
        (await shell.RunAsync(States)).ShouldStartWith("remote\t12\t");

        backend.Status = HttpStatusCode.OK;
        await _drift.UntilAsync(item => item.Says("StateFresh=True/Fresh") && item.Says("Ready=True/Succeeded"));
        (await shell.RunAsync(States)).ShouldBe("remote\t12\t\n");
        await shell.ShouldBeInTheRunbookAsync();
    }

    [KubectlFact]
    public async Task INC_005_a_caller_that_is_limited_is_told_when_to_come_back_and_the_limit_is_raised_in_the_spec()
    {
        const string Ask = """curl -si localhost:8080/api/v1/stats -H "X-API-Key: $KEY" | grep -iE '^HTTP|ratelimit|retry-after'""";
        await _drift.ApplyAsync("api: {anonymous: [Read, Intake], requestsPerMinute: 1, burst: 2}, ");
        await _drift.UntilAsync(item => item.Says("Ready=True/Succeeded"));
        HttpResponseMessage? limited = null;
        for (var attempt = 0; attempt < 20 && limited is null; attempt++)
        {
            var answer = await _drift.GetAsync("/api/v1/stats");
            limited = answer.StatusCode == HttpStatusCode.TooManyRequests ? answer : null;
        }

        limited.ShouldNotBeNull();
        limited.Headers.RetryAfter!.Delta!.Value.TotalSeconds.ShouldBeGreaterThanOrEqualTo(1);
        limited.Headers.GetValues("X-RateLimit-Remaining").ShouldHaveSingleItem().ShouldBe("0");
        using var shell = new RunbookShell(_drift, "INC-005");
        (await shell.RunAsync(Ask)).ShouldContain("429");
        for (var attempt = 0; attempt < 5; attempt++)
        {
            (await _drift.StatusOfAsync("/health")).ShouldBe(HttpStatusCode.OK, "probes are never limited");
            (await _drift.SendAsync(memory: 512)).ShouldBe(HttpStatusCode.Accepted, "and neither are events");
        }

        (await _drift.MetricsAsync()).ShouldContain("driftwatch_rate_limited_total 2");
        await shell.RunAsync("""kubectl -n $ns patch dw $dw --type merge -p '{"spec":{"api":{"requestsPerMinute":6000,"burst":500}}}'""");
        await _drift.Estate.UntilAsync(RenderedKinds.ConfigMaps, "default", "cloud-drift-config", map => ((string?)map?["data"]?["config.yaml"])?.Contains("burst: 500", StringComparison.Ordinal) == true);
        await _drift.UntilServedAsync("/api/v1/stats", attempts: 50);
        await _drift.UntilAsync(item => item.Says("Ready=True/Succeeded"));
        (await shell.RunAsync(Ask, isShown: false)).ShouldContain("200 OK");
        await shell.ShouldBeInTheRunbookAsync();
    }

    [Fact]
    public void Every_alert_that_is_rendered_is_in_the_documents()
    {
        var documents = File.ReadAllText(Repository.PathOf("docs", "runbook-drift.md")) + File.ReadAllText(Repository.PathOf("docs", "spec", "driftwatch.md"));
        foreach (var rule in DriftWatchRules.For(new() { Name = "a", Namespace = "b" }, Watches.Of($"{{comparison: {{plan: {{claim: p, path: f}}}}, {Watches.Sound}}}").Spec))
        {
            documents.ShouldContain($"`{rule.Name}`");
        }
    }

    /// <summary>A server with a state, in whatever mood.</summary>
    private sealed class StateBackend : IAsyncDisposable
    {
        private readonly HttpListener _listener = new();
        private readonly Task _serving;

        public StateBackend()
        {
            Address = new Uri($"http://127.0.0.1:{FreePort.Take()}/state/");
            _listener.Prefixes.Add(Address.ToString());
            _listener.Start();
            _serving = Task.Run(ServeAsync);
        }

        public Uri Address { get; }

        public HttpStatusCode Status { get; set; }

        public async ValueTask DisposeAsync()
        {
            _listener.Close();
            await _serving.WaitAsync(TimeSpan.FromSeconds(30));
        }

        private async Task ServeAsync()
        {
            try
            {
                while (true)
                {
                    var context = await _listener.GetContextAsync();
                    context.Response.StatusCode = (int)Status;
                    if (Status == HttpStatusCode.OK)
                    {
                        await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(DriftEstate.State));
                    }

                    context.Response.Close();
                }
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                // Closed.
            }
        }
    }
}
