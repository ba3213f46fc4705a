using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Comptroller.Archive.Log;
using Comptroller.Operator.Tests.Estates;
using Comptroller.Operator.Tests.Verbs.Falcon;

namespace Comptroller.Operator.Tests.Verbs.Archive;

public sealed class AppendVerbTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("comptroller-append-");

    private string Log => Path.Combine(_directory.FullName, "logs", "audit.log");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task An_event_is_appended_and_found_again()
    {
        var (exit, output, error) = await RunAsync("append", "--type", "policy_updated", "--actor", "alice", "--resource", "apol/audit/prod", "--details", "{\"generation\": 3}");
        error.ShouldBeEmpty();
        (exit, output).ShouldBe((0, "1\n"));
        await RunAsync("append", "--type", "policy_deleted", "--actor", "bob");

        (exit, output, error) = await RunAsync("query", "--actor", "alice", "--last", "1w");
        exit.ShouldBe(0);
        ((string)JsonNode.Parse(output)!["event_type"]!).ShouldBe("policy_updated");
        error.ShouldStartWith("1 events;");
        (await RunAsync("query", "--actor", "nobody")).Exit.ShouldBe(1);
    }

    [Theory]
    [InlineData("details", "append", "--type", "x", "--details", "[1]")]
    [InlineData("event_type", "append", "--type", "")]
    [InlineData("--last", "query", "--last", "soon")]
    [InlineData("--limit", "query", "--limit", "0")]
    public async Task What_cannot_be_is_refused_with_its_name(string name, params string[] arguments)
    {
        await RunAsync("append", "--type", "first");
        var (exit, output, error) = await RunAsync(arguments);
        exit.ShouldBe(2);
        (output + error).ShouldContain(name == "details" ? "JSON object" : name);
    }

    [Fact]
    public async Task Bad_lines_are_named_and_good_ones_are_kept()
    {
        var (exit, output, error) = await CommandLine.RunProcessAsync(
            "{\"event_type\":\"a\"}\nnot json\n{\"event_type\":\"b\",\"colour\":\"red\"}\n{\"event_type\":\"c\"}\n"u8.ToArray(), "archive", "append", "--log-file", Log);
        exit.ShouldBe(2);
        output.ShouldBe("1\n2\n");
        error.ShouldContain("-:2: not a JSON object");
        error.ShouldContain("-:3: colour: no such field");
    }

    [Fact]
    public async Task Killed_at_any_moment_it_has_lost_nothing_that_it_acknowledged()
    {
        for (var round = 0; round < 3; round++)
        {
            var acknowledged = await AppendUntilKilledAsync(atLeast: 400 + (round * 333));
            var (exit, _, error) = await CommandLine.RunProcessAsync([], "archive", "append", "--log-file", Log, "--type", "after", "--segment-bytes", "20000");
            exit.ShouldBe(0, error);
            error.ShouldNotContain("damage");
            var verdict = LogVerification.Verify(Log);
            verdict.Problems.ShouldBeEmpty();
            var found = new LogReader(Log).Find(new LogQuery { Limit = int.MaxValue }).Events;
            found.Count.ShouldBeGreaterThan((int)acknowledged);
            found.Select(each => each.Seq).ShouldBe(Enumerable.Range(1, found.Count).Select(seq => (long)seq));
        }
    }

    [SmallDiskTheory]
    [InlineData(256)]
    public async Task On_a_full_disk_each_event_that_is_not_written_is_named_and_none_that_was_acknowledged_is_lost(int kibibytes)
    {
        await using var disk = await SmallDisk.MountAsync(Path.Combine(_directory.FullName, "disk"), kibibytes);
        var log = Path.Combine(disk.Path, "audit.log");
        const int Lines = 400;
        var input = string.Concat(Enumerable.Range(0, Lines).Select(i => $$$"""{"event_type":"step","details":{"text":"{{{new string('x', 1500)}}}"}}""" + "\n"));
        // More than any pipe or channel in between holds: whoever stops taking them is found.
        var (exit, output, error) = await CommandLine.RunProcessAsync(Encoding.UTF8.GetBytes(input), "archive", "append", "--log-file", log);
        exit.ShouldBe(2);
        var (numbers, failures) = (output.Split('\n', StringSplitOptions.RemoveEmptyEntries), error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        (numbers.Length + failures.Length).ShouldBe(Lines);
        failures.ShouldAllBe(failure => failure.StartsWith("-:", StringComparison.Ordinal) && failure.Contains("the event was not written", StringComparison.Ordinal));
        await disk.LeaveAsync(1024);
        (await CommandLine.RunAsync("archive", "append", "--log-file", log, "--type", "after")).Output.ShouldBe($"{numbers.Length + 1}\n");
        LogVerification.Verify(log).Problems.ShouldBeEmpty();
    }

    private async Task<long> AppendUntilKilledAsync(int atLeast)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "comptroller.dll"), "archive", "append", "--log-file", Log, "--segment-bytes", "20000"])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var errors = process.StandardError.ReadToEndAsync();
        var feeding = Task.Run(async () =>
        {
            try
            {
                for (var i = 0; ; i++)
                {
                    await process.StandardInput.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $$"""{"event_type":"step","actor":"feeder","resource":"item/{{i}}"}"""));
                }
            }
            catch (IOException)
            {
                // Killed, as wanted.
            }
        });
        var (last, count) = (0L, 0);
        while (await process.StandardOutput.ReadLineAsync().WaitAsync(Estate.Patience) is { } line)
        {
            last = long.Parse(line, CultureInfo.InvariantCulture);
            if (++count == atLeast)
            {
                process.Kill(); // SIGKILL
            }
        }

        await process.WaitForExitAsync().WaitAsync(Estate.Patience);
        await feeding.WaitAsync(Estate.Patience);
        count.ShouldBeGreaterThanOrEqualTo(atLeast, await errors);
        return last;
    }

    private Task<(int Exit, string Output, string Error)> RunAsync(params string[] arguments) => CommandLine.RunAsync(["archive", .. arguments, "--log-file", Log]);
}
