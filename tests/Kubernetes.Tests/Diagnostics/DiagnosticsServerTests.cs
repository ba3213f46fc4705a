using System.Net;
using Comptroller.Kubernetes.Diagnostics;

namespace Comptroller.Kubernetes.Tests.Diagnostics;

public sealed class DiagnosticsServerTests : IAsyncLifetime, IDisposable
{
    private readonly RuntimeMetrics metrics = new();
    private readonly PrometheusExporter exporter;
    private readonly HealthChecks liveness = new();
    private readonly HealthChecks readiness = new();
    private readonly DiagnosticsServer server;
    private readonly HttpClient http = new();
    private string? problem;

    public DiagnosticsServerTests()
    {
        exporter = new PrometheusExporter(meter => meter == metrics.Meter);
        liveness.Add("ping", () => null);
        readiness.Add("cache-widgets", () => problem);
        readiness.Add("shutdown", () => null);
        server = new DiagnosticsServer(
            new DiagnosticsOptions { MetricsBindAddress = "127.0.0.1:0", HealthProbeBindAddress = "127.0.0.1:0" }, exporter, liveness, readiness);
    }

    public Task InitializeAsync() => server.StartAsync(default);

    public Task DisposeAsync() => server.DisposeAsync().AsTask();

    public void Dispose()
    {
        http.Dispose();
        exporter.Dispose();
        metrics.Dispose();
    }

    [Fact]
    public async Task Metrics_are_served_as_text_on_their_own_address_only()
    {
        metrics.ReconcileErrors.Add(3, new KeyValuePair<string, object?>("controller", "x"));
        var answer = await http.GetAsync(new Uri(server.MetricsAddress!, "/metrics"));
        answer.Content.Headers.ContentType!.ToString().ShouldBe("text/plain; version=0.0.4; charset=utf-8");
        PrometheusText.Parse(await answer.Content.ReadAsStringAsync()).Samples["controller_runtime_reconcile_errors_total{controller=x}"].ShouldBe(3);
        (await GetAsync(server.ProbesAddress!, "/metrics")).Code.ShouldBe(HttpStatusCode.NotFound);
        (await GetAsync(server.MetricsAddress!, "/livez")).Code.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("/livez", "ok")]
    [InlineData("/healthz", "ok")]
    [InlineData("/readyz", "ok")]
    [InlineData("/readyz/shutdown", "ok")]
    [InlineData("/readyz?verbose", "[+]cache-widgets ok\n[+]shutdown ok\nreadyz check passed\n")]
    public async Task Probes_answer_ok_and_say_more_when_asked(string path, string text) =>
        (await GetAsync(server.ProbesAddress!, path)).ShouldBe((HttpStatusCode.OK, text));

    [Fact]
    public async Task A_failing_check_fails_its_probe_and_says_why()
    {
        problem = "not allowed to list widgets";
        var (code, text) = await GetAsync(server.ProbesAddress!, "/readyz");
        code.ShouldBe(HttpStatusCode.ServiceUnavailable);
        text.ShouldBe("[-]cache-widgets failed: not allowed to list widgets\n[+]shutdown ok\nreadyz check failed\n");
        (await GetAsync(server.ProbesAddress!, "/readyz/shutdown")).Code.ShouldBe(HttpStatusCode.OK);
        (await GetAsync(server.ProbesAddress!, "/livez")).Code.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("/readyz/nonsense")]
    [InlineData("/readyz/shutdown/more")]
    [InlineData("/")]
    public async Task Anything_else_is_not_found(string path) => (await GetAsync(server.ProbesAddress!, path)).Code.ShouldBe(HttpStatusCode.NotFound);

    [Fact]
    public async Task Only_reading_is_served()
    {
        using var content = new StringContent("x");
        (await http.PostAsync(new Uri(server.ProbesAddress!, "/livez"), content)).StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed);
    }

    [Theory]
    [InlineData(":8080", "[::]:8080")]
    [InlineData("127.0.0.1:9", "127.0.0.1:9")]
    [InlineData("[::1]:9", "[::1]:9")]
    [InlineData("localhost:9", "127.0.0.1:9")]
    [InlineData("0", null)]
    [InlineData("", null)]
    public void Bind_addresses_are_read_as_kubernetes_programs_write_them(string text, string? expected) =>
        BindAddress.Parse(text)?.ToString().ShouldBe(expected);

    [Theory]
    [InlineData("8080")]
    [InlineData("example.com:80")]
    [InlineData(":99999")]
    [InlineData(":-1")]
    public void A_bad_bind_address_is_refused_with_the_way_out(string text) =>
        Should.Throw<FormatException>(() => BindAddress.Parse(text)).Message.ShouldContain("write :8080");

    private async Task<(HttpStatusCode Code, string Text)> GetAsync(Uri address, string path)
    {
        var answer = await http.GetAsync(new Uri(address, path));
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }
}
