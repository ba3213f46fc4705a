using Comptroller.Kubernetes.Tests.Client.Servers;
using Comptroller.Operator.Tests.AuditPolicies;
using Comptroller.Operator.Tests.Estates;
using Comptroller.Sandbox.Http;

namespace Comptroller.Operator.Tests.EndToEnd;

/// <summary>The program beside an OpenTelemetry collector.</summary>
public sealed class TelemetryTests
{
    [Fact]
    public async Task Metrics_and_spans_reach_the_collector_that_the_standard_variables_name()
    {
        await using var collector = await ScriptedServer.StartAsync();
        await using var estate = await Estate.StartAsync();
        using var kubeconfig = new TemporaryFile(Kubeconfig.Text(estate.Server.Address, estate.Server.CaCertificatePem, await estate.OperatorTokenAsync()));
        await using var program = ProgramRun.Start(Operator(kubeconfig), new()
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Address.ToString(),
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["OTEL_RESOURCE_ATTRIBUTES"] = "deployment.environment.name=staging",
        });
        await program.Log.LineAsync($"Sending metrics to {collector.Address.GetLeftPart(UriPartial.Authority)}, spans to");
        await estate.ApplyAsync("default", "policy", Specs.Sound);
        await estate.UntilAsync("default", "policy", "Ready=True/Succeeded");

        await program.TerminateAsync();

        (await program.ExitAsync()).ShouldBe(0, program.Log.ToString());
        var metrics = Sent(collector, "/v1/metrics");
        metrics.ShouldContain("controller_runtime_reconcile_total");
        metrics.ShouldContain("rest_client_requests_total");
        metrics.ShouldContain("process_cpu_seconds_total");
        var spans = Sent(collector, "/v1/traces");
        spans.ShouldContain("reconcileID");
        spans.ShouldContain("default/policy");
        foreach (var sent in new[] { metrics, spans })
        {
            sent.ShouldContain("comptroller");
            sent.ShouldContain("staging");
        }
    }

    [Fact]
    public async Task A_collector_that_is_not_there_costs_nothing_but_measurements()
    {
        await using var estate = await Estate.StartAsync();
        using var kubeconfig = new TemporaryFile(Kubeconfig.Text(estate.Server.Address, estate.Server.CaCertificatePem, await estate.OperatorTokenAsync()));
        await using var program = ProgramRun.Start(Operator(kubeconfig), new() { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = $"http://127.0.0.1:{FreePort.Take()}" });
        await estate.ApplyAsync("default", "policy", Specs.Sound);
        await estate.UntilAsync("default", "policy", "Ready=True/Succeeded");

        await program.TerminateAsync();

        (await program.ExitAsync()).ShouldBe(0, program.Log.ToString());
    }

    [Fact]
    public async Task An_address_that_is_none_ends_the_operator_and_is_named()
    {
        await using var estate = await Estate.StartAsync();
        using var kubeconfig = new TemporaryFile(Kubeconfig.Text(estate.Server.Address, estate.Server.CaCertificatePem, await estate.OperatorTokenAsync()));
        await using var program = ProgramRun.Start(Operator(kubeconfig), new() { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "collector:4317" });

        (await program.ExitAsync()).ShouldBe(2);

        await program.Log.LineAsync("environment variable OTEL_EXPORTER_OTLP_ENDPOINT must be an address such as");
    }

    private static string[] Operator(TemporaryFile kubeconfig) =>
        ["operator", "--kubeconfig", kubeconfig.Path, "--metrics-bind-address", "0", "--health-probe-bind-address", "0"];

    private static string Sent(ScriptedServer collector, string path) =>
        string.Concat(collector.Requests.Where(request => request.Path == path).Select(request => request.Body));
}
