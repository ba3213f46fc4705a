using System.Diagnostics;
using System.Text;
using Comptroller.Operator.Tests.Estates;

namespace Comptroller.Operator.Tests.Verbs;

/// <summary>The bar over long logs, on a terminal of its own and in a pipe.</summary>
public sealed class ProgressBarTests : IDisposable
{
    private const string Terminal = "/usr/bin/script";

    // Shorter ones are read in the blink of an eye, and a bar would only flicker.
    private const int Megabytes = 40;

    private readonly CommandLine _shell = new();
    private readonly string[] _replay;

    public ProgressBarTests()
    {
        var policy = _shell.Write("policy.yaml", "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: Metadata\n");
        var line = """{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Request","auditID":"1","stage":"ResponseComplete","requestURI":"/x","verb":"get","user":{"username":"alice"},"stageTimestamp":"2026-11-21T10:00:00.000000Z","requestObject":"BODY"}"""
            .Replace("BODY", new string('x', 1 << 20), StringComparison.Ordinal);
        var log = _shell.Write("audit.jsonl", string.Join('\n', Enumerable.Repeat(line, Megabytes)) + "\n");
        _replay = ["audit-policy", "replay", "--policy", policy, "--log", log];
    }

    public void Dispose() => _shell.Dispose();

    [SkippableOnTerminalFact]
    public async Task A_person_at_a_terminal_sees_how_far_it_is_and_a_clean_report()
    {
        var report = _shell.Write("report.txt", "");

        var screen = await OnTerminalAsync($"dotnet {Path.Combine(AppContext.BaseDirectory, "comptroller.dll")} {string.Join(' ', _replay)} > {report}");

        screen.ShouldContain("audit log");
        screen.ShouldContain("100%");
        (await File.ReadAllTextAsync(report)).ShouldStartWith($"read {Megabytes} events, ");
        (await File.ReadAllTextAsync(report)).ShouldNotContain("\u001b");
    }

    [Fact]
    public async Task A_program_that_reads_both_streams_sees_no_bar()
    {
        var (exit, output, error) = await CommandLine.RunProcessAsync([], _replay);

        exit.ShouldBe(0);
        output.ShouldStartWith($"read {Megabytes} events, ");
        error.ShouldBeEmpty();
    }

    /// <summary>What appears on a terminal of 100 columns while the command runs.</summary>
    private static async Task<string> OnTerminalAsync(string command)
    {
        var start = new ProcessStartInfo(Terminal, ["--quiet", "--return", "--command", $"stty cols 100; {command}", "/dev/null"])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        start.Environment["TERM"] = "xterm";
        using var process = Process.Start(start)!;
        var screen = process.StandardOutput.ReadToEndAsync();
        process.StandardInput.Close();
        await process.WaitForExitAsync().WaitAsync(Estate.Patience);
        process.ExitCode.ShouldBe(0, await screen);
        return await screen;
    }

    private sealed class SkippableOnTerminalFactAttribute : FactAttribute
    {
        public SkippableOnTerminalFactAttribute()
        {
            if (!File.Exists(Terminal))
            {
                Skip = $"{Terminal} (bsdutils) makes the terminal and is not here";
            }
        }
    }
}
