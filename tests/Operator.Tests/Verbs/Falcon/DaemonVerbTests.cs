using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Comptroller.FalconSimulator;
using Comptroller.Kubernetes.Tests.Testing;
using Comptroller.Operator.Tests.Estates;

namespace Comptroller.Operator.Tests.Verbs.Falcon;

/// <summary><c>falcon daemon</c> as the process that it is: endpoints, signals, two of them on one volume.</summary>
public sealed class DaemonVerbTests
{
    private const string Assessments = "zero-trust-assessment/entities/assessments/v1";

    [Fact]
    public async Task The_endpoints_answer_in_the_form_that_is_asked_for()
    {
        await using var tenant = await FalconTenant.StartAsync(new SimulatorOptions { Hosts = 50 });
        await using var daemon = tenant.Start("daemon", "--immediate");
        using var http = new HttpClient { BaseAddress = await AddressAsync(daemon) };
        await daemon.Log.LineAsync("audit run ended: Complete, 50 hosts");
        foreach (var path in (string[])["/health", "/healthz", "/ready", "/readiness", "/health?verbose=1"])
        {
            using var answer = await http.GetAsync(path);
            answer.StatusCode.ShouldBe(HttpStatusCode.OK, path);
            answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/json");
        }

        var ready = JsonElement.Parse(await http.GetStringAsync("/ready"));
        ready.GetProperty("status").GetString().ShouldBe("healthy");
        ready.GetProperty("next_scheduled_run").GetString().ShouldNotBeNull();
        var text = await http.GetStringAsync("/metrics");
        text.ShouldContain("falcon_audit_runs_total{result=\"success\"} 1\n");
        text.ShouldContain("falcon_audit_http_requests_total{operation=\"CombinedDevicesByFilter\",code=\"200\"} 1\n");
        text.ShouldContain("falcon_audit_http_requests_total{operation=\"oauth2AccessToken\",code=\"201\"} 1\n");
        http.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        var json = JsonElement.Parse(await http.GetStringAsync("/metrics"));
        json.GetProperty("last_run").GetProperty("hosts_processed").GetInt64().ShouldBe(50);
        json.GetProperty("http_requests").GetProperty("CombinedDevicesByFilter").GetProperty("200").GetInt64().ShouldBe(1);
        (await http.GetAsync("/")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_failed_audit_degrades_and_does_not_end_the_daemon()
    {
        await using var tenant = await FalconTenant.StartAsync(new SimulatorOptions { Hosts = 50, Faults = request => request.Path == "devices/combined/devices/v1" ? new Fault { Status = 400 } : null });
        await using var daemon = tenant.Start("daemon", "--immediate");
        using var http = new HttpClient { BaseAddress = await AddressAsync(daemon) };
        await daemon.Log.LineAsync("audit run ended: Failed");
        var ready = JsonElement.Parse(await http.GetStringAsync("/ready"));
        ready.GetProperty("status").GetString().ShouldBe("degraded");
        ready.GetProperty("error_message").GetString()!.ShouldContain("the API answers 400");
    }

    [Fact]
    public async Task SIGHUP_takes_over_what_it_can_names_what_it_cannot_and_keeps_the_old_file_when_the_new_one_is_bad()
    {
        await using var tenant = await FalconTenant.StartAsync(new SimulatorOptions { Hosts = 50 });
        await using var daemon = tenant.Start("daemon");
        var first = await AddressAsync(daemon);
        using var http = new HttpClient();
        // The endpoints open before the plan is made.
        var next = await NextOtherThanAsync(null, http, first);

        tenant.Configure("  schedules: {fetch_and_grade: \"often\"}");
        await daemon.HangUpAsync();
        (await daemon.Log.LineAsync("the new configuration is not used, the old one stays")).ShouldContain("config.yaml:");
        (await NextAsync(http, first)).ShouldBe(next);

        tenant.Configure("", secret: "another", types: "firewall");
        await File.WriteAllTextAsync(tenant.Config, (await File.ReadAllTextAsync(tenant.Config)).Replace("0 0 1 1 *", "0 0 1 7 *", StringComparison.Ordinal));
        await daemon.HangUpAsync();
        (await daemon.Log.LineAsync("configuration read again")).ShouldContain("changed keys that need a restart: falcon_credentials, daemon.policy_types");
        (await NextOtherThanAsync(next, http, first))!.ShouldContain("-07-01T00:00:00");

        await File.WriteAllTextAsync(tenant.Config, (await File.ReadAllTextAsync(tenant.Config)).Replace("{port: 0, bind_address: 127.0.0.1}", "{enabled: false}", StringComparison.Ordinal));
        await daemon.HangUpAsync();
        await Settle.UntilAsync(() => !IsOpen(first));
        await daemon.TerminateAsync();
        (await daemon.ExitAsync()).ShouldBe(0);
    }

    [Theory]
    // On the same port the old endpoints have to go first and come back; on another they never go.
    [InlineData(0)]
    [InlineData(9)]
    public async Task SIGHUP_with_an_address_that_cannot_be_listened_on_keeps_the_old_endpoints_and_says_so(int port)
    {
        await using var tenant = await FalconTenant.StartAsync(new SimulatorOptions { Hosts = 50 });
        await using var daemon = tenant.Start("daemon", port == 0 ? ["--health-port", $"{FreePort.Take()}"] : []);
        var address = await AddressAsync(daemon);
        await File.WriteAllTextAsync(tenant.Config, (await File.ReadAllTextAsync(tenant.Config)).Replace("{port: 0, bind_address: 127.0.0.1}", $"{{port: {port}, bind_address: 192.0.2.1}}", StringComparison.Ordinal));
        await daemon.HangUpAsync();
        (await daemon.Log.LineAsync("the new configuration is not used, the old one stays")).ShouldContain("the endpoints cannot listen there");
        using var http = new HttpClient();
        (await http.GetAsync(new Uri(address, "/health"))).StatusCode.ShouldBe(HttpStatusCode.OK);
        await daemon.TerminateAsync();
        (await daemon.ExitAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task An_address_that_cannot_be_listened_on_is_exit_2_and_one_sentence()
    {
        await using var tenant = await FalconTenant.StartAsync(new SimulatorOptions { Hosts = 50 });
        await File.WriteAllTextAsync(tenant.Config, (await File.ReadAllTextAsync(tenant.Config)).Replace("127.0.0.1}", "192.0.2.1}", StringComparison.Ordinal));
        await using var daemon = tenant.Start("daemon");
        (await daemon.ExitAsync()).ShouldBe(2);
        await daemon.Log.LineAsync("192.0.2.1:0: the endpoints cannot listen there");
        daemon.Log.ToString().ShouldNotContain("   at ");
    }

    [Theory]
    [InlineData(new string[0], 1000)]
    [InlineData(new[] { "--rate-limit", "VeryLarge" }, 1200)]
    public async Task The_rate_limit_of_the_command_line_outlives_a_reload(string[] arguments, int requestsPerMinute)
    {
        await using var tenant = await FalconTenant.StartAsync(new SimulatorOptions { Hosts = 50 });
        await using var daemon = tenant.Start("daemon", arguments);
        await AddressAsync(daemon);
        tenant.Configure("  rate_limit: {profile: Large}");
        await daemon.HangUpAsync();
        await daemon.Log.LineAsync($"configuration read again, {requestsPerMinute} requests a minute");
    }

    [Fact]
    public async Task SIGTERM_ends_the_running_audit_in_steps_and_the_next_daemon_goes_on_with_it()
    {
        await using var tenant = await FalconTenant.StartAsync(new SimulatorOptions
        {
            Hosts = 2000,
            Faults = request => request is { Path: Assessments, Number: 14 } ? new Fault { Delay = TimeSpan.FromMinutes(5) } : null,
        }, "  missed_runs: skip");
        await File.AppendAllTextAsync(tenant.Config, "host_fetching: {include_zta: true}\n");
        await using (var daemon = tenant.Start("daemon", "--immediate", "--stop-timeout", "1"))
        {
            var address = await AddressAsync(daemon);
            await Settle.UntilAsync(() => tenant.Simulator.Calls.GetValueOrDefault(Assessments) >= 14);
            await daemon.TerminateAsync();
            (await daemon.ExitAsync()).ShouldBe(0);
            var log = daemon.Log.ToString();
            string[] steps = ["stopping: no new task is started, the running one has 1 s", "FetchAndGrade was stopped before its end", "store closed", "endpoints closed, stopped"];
            steps.Select(step => log.IndexOf(step, StringComparison.Ordinal)).ShouldBeInOrder();
            steps.ShouldAllBe(step => log.Contains(step, StringComparison.Ordinal));
            IsOpen(address).ShouldBeFalse();
        }

        await using var next = tenant.Start("daemon");
        (await next.Log.LineAsync("audit run ended: Complete, 2000 hosts")).ShouldContain("\"resumed\":true");
        tenant.Simulator.Calls[Assessments].ShouldBe(14 + 10);
    }

    [Fact]
    public async Task SIGTERM_lets_a_short_audit_end()
    {
        await using var tenant = await FalconTenant.StartAsync(new SimulatorOptions { Hosts = 50, Faults = request => request.Path == "devices/combined/devices/v1" ? new Fault { Delay = TimeSpan.FromSeconds(1) } : null });
        await using var daemon = tenant.Start("daemon", "--immediate");
        await Settle.UntilAsync(() => tenant.Simulator.Calls.GetValueOrDefault("devices/combined/devices/v1") == 1);
        await daemon.TerminateAsync();
        (await daemon.ExitAsync()).ShouldBe(0);
        await daemon.Log.LineAsync("audit run ended: Complete, 50 hosts");
        tenant.Reports("policy-audit_*.json").Count().ShouldBe(1);
    }

    [Fact]
    public async Task A_second_daemon_and_an_audit_on_the_same_volume_are_refused_and_the_first_goes_on()
    {
        await using var tenant = await FalconTenant.StartAsync(new SimulatorOptions { Hosts = 50 });
        await using var first = tenant.Start("daemon");
        await AddressAsync(first);
        await using var second = tenant.Start("daemon");
        (await second.ExitAsync()).ShouldBe(2);
        await second.Log.LineAsync("another audit is writing here; wait for it, or give this one a store of its own");
        (await tenant.RunAsync("audit")).Error.ShouldContain("another audit is writing here");
        await first.KillAsync();
        (await tenant.RunAsync("audit")).Exit.ShouldBe(0);
    }

    [Fact]
    public async Task An_audit_missed_while_no_daemon_ran_is_made_up_for()
    {
        await using var tenant = await FalconTenant.StartAsync(new SimulatorOptions { Hosts = 50 });
        (await tenant.RunAsync("fetch")).Exit.ShouldBe(0);
        await using (var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={tenant.Store};Pooling=false"))
        {
            await connection.OpenAsync();
            await using var command = connection.CreateCommand();
            command.CommandText = "UPDATE runs SET started = started - 400 * 86400000";
            await command.ExecuteNonQueryAsync();
        }

        await using var daemon = tenant.Start("daemon");
        await daemon.Log.LineAsync("audit run ended: Complete, 50 hosts");
    }

    private static async Task<Uri> AddressAsync(ProgramRun daemon) => new(JsonElement.Parse(await daemon.Log.LineAsync("started; endpoints at")).GetProperty("address").GetString()!);

    private static async Task<string?> NextAsync(HttpClient http, Uri address) => JsonElement.Parse(await http.GetStringAsync(new Uri(address, "/ready"))).GetProperty("next_scheduled_run").GetString();

    private static async Task<string?> NextOtherThanAsync(string? known, HttpClient http, Uri address)
    {
        using var patience = new CancellationTokenSource(Estate.Patience);
        string? next;
        while ((next = await NextAsync(http, address)) == known)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), patience.Token);
        }

        return next;
    }

    private static bool IsOpen(Uri address)
    {
        try
        {
            using var client = new System.Net.Sockets.TcpClient(address.Host, address.Port);
            return true;
        }
        catch (System.Net.Sockets.SocketException)
        {
            return false;
        }
    }
}
