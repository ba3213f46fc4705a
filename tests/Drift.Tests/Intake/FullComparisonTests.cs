using Comptroller.Drift.Configuration;
using Comptroller.Drift.Intake;
using Comptroller.Drift.Rules;
using Comptroller.Drift.State;

namespace Comptroller.Drift.Tests.Intake;

/// <summary>A plan that a command prints: every way in which Terraform ends, and some in which it does not.</summary>
public sealed class FullComparisonTests : IDisposable
{
    private const string Version = """{"type":"version","terraform":"1.9.0"}""";
    private const string Summary = """{"type":"change_summary","changes":{"add":0,"change":1,"remove":0,"operation":"plan"}}""";
    private const string Drifted = """{"type":"resource_drift","change":{"resource":{"addr":"aws_instance.web","resource_type":"aws_instance"},"action":"update"}}""";

    private const string Diagnostic = """{"type":"diagnostic","diagnostic":{"severity":"error","summary":"No valid credential sources found","detail":"Please see the documentation."}}""";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("terraform-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_file_is_looked_at_again_when_it_is_another_one_and_has_been_written_to_its_end()
    {
        var now = new DateTimeOffset(2026, 7, 23, 10, 0, 0, TimeSpan.Zero);
        var file = Path.Combine(_folder, "plan.json");
        var comparison = new FullComparison(new ComparisonConfig(file, [], null, TimeSpan.FromHours(1), Patience), RuleBook.Default);
        comparison.IsRenewed(now).ShouldBeFalse("there is none");
        Write(Version, now);
        comparison.IsRenewed(now.AddSeconds(59)).ShouldBeFalse("whoever writes it may go on");
        comparison.IsRenewed(now.AddSeconds(60)).ShouldBeTrue();
        (await Should.ThrowAsync<FormatException>(() => comparison.RunAsync(StateIndex.Empty, now, CancellationToken.None))).Message.ShouldContain("breaks off");
        comparison.IsRenewed(now.AddHours(1)).ShouldBeFalse("it was tried");
        Write($"{Version}\n{Summary}", now.AddMinutes(2));
        comparison.IsRenewed(now.AddMinutes(3)).ShouldBeTrue();
        (await comparison.RunAsync(StateIndex.Empty, now, CancellationToken.None)).ShouldNotBeNull().Began.ShouldBe(now.AddMinutes(2), "the messages say no time");
        comparison.IsRenewed(now.AddHours(1)).ShouldBeFalse();
        (await comparison.RunAsync(StateIndex.Empty, now, CancellationToken.None)).ShouldBeNull("it is the same one");
        Write($"{Version.Replace("{", """{"@timestamp":"2026-07-23T11:58:00.5+02:00",""", StringComparison.Ordinal)}\n{Summary}", now.AddMinutes(9));
        (await comparison.RunAsync(StateIndex.Empty, now, CancellationToken.None)).ShouldNotBeNull().Began.ShouldBe(now.AddSeconds(-119.5), "Terraform says when it began");

        void Write(string text, DateTimeOffset at)
        {
            File.WriteAllText(file, text);
            File.SetLastWriteTimeUtc(file, at.UtcDateTime);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task A_plan_is_read_whether_the_exit_code_tells_of_differences_or_not(int code)
    {
        var report = await RunAsync($"cat <<'E'\n{Version}\n{Drifted}\n{Summary}\nE\nexit {code}");
        report.Findings.ShouldHaveSingleItem().Address.ShouldBe("aws_instance.web");
    }

    [Fact]
    public async Task Arguments_reach_the_command_as_they_are_in_the_directory_that_is_configured()
    {
        var report = await RunAsync(
            $"[ \"$1\" = plan ] && [ \"$2\" = -refresh-only ] && [ \"$3\" = '-var=a b;$(exit 9)' ] && [ -f here ] || {{ echo \"got $*\" >&2; exit 3; }}\ncat <<'E'\n{Version}\n{Summary}\nE", "plan", "-refresh-only", "-var=a b;$(exit 9)");
        report.Findings.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_failure_is_told_by_the_diagnostic_that_Terraform_prints() =>
        (await FailureAsync($"cat <<'E'\n{Version}\n{Diagnostic}\nE\nexit 1"))
            .ShouldContain("ended with 1: No valid credential sources found: Please see the documentation.");

    [Fact]
    public async Task A_failure_without_a_diagnostic_is_told_by_the_beginning_of_what_went_to_standard_error()
    {
        var failure = await FailureAsync("echo 'state lock held by alice' >&2\nhead -c 3000000 /dev/zero | tr '\\0' x >&2\nexit 1");
        failure.ShouldContain("ended with 1: state lock held by alice");
        failure.Length.ShouldBeLessThan(700);
    }

    [Theory]
    [InlineData("exit 0", "the plan is empty")]
    [InlineData("echo 'Terraform used the selected providers'", "this is not JSON")]
    [InlineData("echo '{\"a\":1}'", "this is no plan")]
    [InlineData("echo '" + Version + "'", "the plan breaks off")]
    [InlineData("printf '" + Version + "\\n{\"type\":'", "this is not JSON")]
    public async Task Output_that_is_no_whole_plan_is_never_clean(string script, string message) => (await FailureAsync(script)).ShouldContain(message);

    [Fact]
    public async Task A_command_without_an_end_is_ended_with_all_that_it_started()
    {
        var failure = await FailureAsync("sleep 300 &\necho $! > child\nwait", TimeSpan.FromSeconds(1));
        failure.ShouldContain("no end within 00:00:01");
        var child = int.Parse(await File.ReadAllTextAsync(Path.Combine(_folder, "child")), System.Globalization.CultureInfo.InvariantCulture);
        using var limit = new CancellationTokenSource(Patience);
        while (IsAlive(child))
        {
            await Task.Delay(50, limit.Token);
        }
    }

    [Fact]
    public async Task Output_without_an_end_is_cut_off() => (await FailureAsync("exec cat /dev/zero", most: 1 << 20)).ShouldContain("the output is longer than 1048576 bytes");

    [Fact]
    public async Task A_command_that_is_not_there_is_named()
    {
        var comparison = new FullComparison(Config(["/no/such/terraform"], Patience), RuleBook.Default);
        (await Should.ThrowAsync<FormatException>(() => comparison.RunAsync(StateIndex.Empty, Given.Now, CancellationToken.None))).Message.ShouldContain("/no/such/terraform");
    }

    [Fact]
    public async Task Who_stops_the_watch_stops_the_command()
    {
        using var stop = new CancellationTokenSource();
        var running = Comparison("touch started; sleep 300", Patience).RunAsync(StateIndex.Empty, Given.Now, stop.Token);
        using var limit = new CancellationTokenSource(Patience);
        while (!File.Exists(Path.Combine(_folder, "started")))
        {
            await Task.Delay(20, limit.Token);
        }

        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => running.WaitAsync(Patience));
    }

    private static bool IsAlive(int process)
    {
        // A child that was ended and that nobody waited for is still listed, as a zombie.
        var status = $"/proc/{process}/stat";
        try
        {
            return File.Exists(status) && !File.ReadAllText(status).Contains(") Z", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }

    private async Task<Comptroller.Drift.Scanning.ScanReport> RunAsync(string script, params string[] arguments)
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "here"), "");
        return (await Comparison(script, Patience, arguments: arguments).RunAsync(await Given.State(Given.Resource("aws_instance", "web", """{"id":"i-1"}""")), Given.Now, CancellationToken.None).WaitAsync(Patience)).ShouldNotBeNull();
    }

    private async Task<string> FailureAsync(string script, TimeSpan? timeout = null, long most = 256 << 20) =>
        (await Should.ThrowAsync<FormatException>(() => Comparison(script, timeout ?? Patience, most).RunAsync(StateIndex.Empty, Given.Now, CancellationToken.None).WaitAsync(Patience))).Message;

    private FullComparison Comparison(string script, TimeSpan timeout, long most = 256 << 20, params string[] arguments)
    {
        var path = Path.Combine(_folder, "terraform");
        File.WriteAllText(path, script + "\n");
        // Run by the shell: a file that was just written cannot always be executed while other tests start processes.
        return new FullComparison(Config(["/bin/sh", path, .. arguments], timeout), RuleBook.Default) { MostBytes = most };
    }

    private ComparisonConfig Config(string[] command, TimeSpan timeout) => new(null, [.. command], _folder, TimeSpan.FromHours(1), timeout);
}
