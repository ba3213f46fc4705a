using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using Comptroller.Operator.Tests.DriftWatches;
using Comptroller.Sandbox.Tests.Kubectl;

namespace Comptroller.Operator.Tests.EndToEnd;

/// <summary>
/// Runs commands of docs/runbook-drift.md as they are written there, by bash and kubectl, and keeps what they print in the runbook:
/// commands that nobody runs stop working, and examples that nobody prints were never true.
/// </summary>
internal sealed partial class RunbookShell : IDisposable
{
    private const string UpdateVariable = "COMPTROLLER_UPDATE_GOLDENS";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly string Runbook = Repository.PathOf("docs", "runbook-drift.md");

    // As much of curl as the runbook uses, for machines without it; port 8080 of this host is where the runbook forwards a port of the pod to.
    private const string Curl = """
        method=GET; show=; data=; headers=()
        while [ $# -gt 0 ]; do
          case $1 in
            -s) ;;
            -si) show=1 ;;
            -X) method=$2; shift ;;
            -H) headers+=("$2"); shift ;;
            -d) data=$2; [ "$method" = GET ] && method=POST; shift ;;
            -*) echo "curl: option $1: is unknown to this test" >&2; exit 2 ;;
            *) url=$1 ;;
          esac
          shift
        done
        path=${url#localhost:8080}
        [ "$path" != "$url" ] || { echo "curl: $url: only localhost:8080 is known to this test" >&2; exit 6; }
        [ -z "$data" ] || [[ " ${headers[*],,}" == *" content-type:"* ]] || headers+=("Content-Type: application/x-www-form-urlencoded")
        exec 3<> "/dev/tcp/127.0.0.1/$DRIFT_PORT" || exit 7
        LC_ALL=C
        { printf '%s %s HTTP/1.1\r\nHost: localhost:8080\r\nConnection: close\r\n' "$method" "$path"
          for header in "${headers[@]}"; do printf '%s\r\n' "$header"; done
          [ -z "$data" ] || printf 'Content-Length: %s\r\n' "${#data}"
          printf '\r\n%s' "$data"; } >&3
        if [ -n "$show" ]; then tr -d '\r' <&3; else sed '1,/^\r*$/d' <&3; fi
        """;

    private readonly string _directory = Directory.CreateTempSubdirectory("comptroller-runbook-").FullName;
    private readonly string _section;
    private readonly int _port;
    private readonly StringBuilder _transcript = new();

    /// <param name="drift">Has the watch <c>cloud</c> in <c>default</c>.</param>
    /// <param name="section">The playbook.</param>
    public RunbookShell(DriftEstate drift, string section)
    {
        (_section, _port) = (section, drift.Port);
        drift.Estate.Server.WriteKubeconfig(Path.Combine(_directory, "kubeconfig"));
        File.CreateSymbolicLink(Path.Combine(_directory, "kubectl"), KubectlBinary.Path);
        File.WriteAllText(Path.Combine(_directory, "curl.sh"), Curl);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    /// <summary>What happened meanwhile, for readers.</summary>
    public void Note(string what) => _transcript.Append("# ").AppendLine(what);

    /// <summary>Runs a command of the runbook.</summary>
    /// <param name="command">As it stands in one of the steps of this playbook.</param>
    /// <param name="isShown">Whether the transcript has it.</param>
    public async Task<string> RunAsync(string command, bool isShown = true)
    {
        Steps().ShouldContain(command, Case.Sensitive, $"{_section} is to have this command");
        var start = new ProcessStartInfo("bash", ["-c", $"set -o pipefail; curl() {{ bash {_directory}/curl.sh \"$@\"; }}\n{command}"]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.Environment["PATH"] = $"{_directory}:{Environment.GetEnvironmentVariable("PATH")}";
        start.Environment["KUBECONFIG"] = Path.Combine(_directory, "kubeconfig");
        start.Environment["DRIFT_PORT"] = _port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        (start.Environment["ns"], start.Environment["dw"]) = ("default", "cloud");
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException e)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{command} did not end within {Patience.TotalSeconds} s", e);
        }

        process.ExitCode.ShouldBe(0, $"{command}: {await output}{await error}");
        if (isShown)
        {
            _transcript.Append("$ ").AppendLine(command.ReplaceLineEndings("\n> ")).Append(Settled(await output)).AppendLine();
        }

        return await output;
    }

    /// <summary>What was printed is what the runbook shows below this playbook.</summary>
    public async Task ShouldBeInTheRunbookAsync()
    {
        var printed = $"```console\n{_transcript.ToString().ReplaceLineEndings("\n").TrimEnd()}\n```\n";
        var (text, section) = (await File.ReadAllTextAsync(Runbook), Section());
        var shown = Shown().Match(section);
        if (Environment.GetEnvironmentVariable(UpdateVariable) == "1")
        {
            var updated = shown.Success ? section.Replace(shown.Value, printed, StringComparison.Ordinal) : $"{section.TrimEnd()}\n\nTried:\n\n{printed}\n";
            await File.WriteAllTextAsync(Runbook, text.Replace(section, updated, StringComparison.Ordinal));
            return;
        }

        shown.Value.ShouldBe(printed, $"{UpdateVariable}=1 writes what is printed into the runbook");
    }

    private string Section()
    {
        var text = File.ReadAllText(Runbook);
        var start = text.IndexOf($"## {_section}:", StringComparison.Ordinal);
        start.ShouldBeGreaterThanOrEqualTo(0, $"the runbook has {_section}");
        var end = text.IndexOf("\n## ", start, StringComparison.Ordinal);
        return text[start..(end < 0 ? text.Length : end + 1)];
    }

    private string Steps() => Shown().Replace(Section(), "");

    // What differs from run to run; every line of it is there all the same.
    private string Settled(string output)
    {
        var text = output.ReplaceLineEndings("\n").TrimEnd('\n').Replace($":{_port}", ":8080", StringComparison.Ordinal);
        text = Times().Replace(text, "2026-03-01T10:00:00Z");
        text = Varying().Replace(text, match => $"{match.Groups["name"].Value} {(match.Groups["name"].Value.EndsWith("bytes", StringComparison.Ordinal) ? "98435072" : "0")}");
        text = Headers().Replace(text, match => $"{match.Groups["name"].Value}: {(match.Groups["name"].Value switch { "Date" => "Sun, 01 Mar 2026 10:00:00 GMT", "X-Request-ID" => "0HNF3P2Q1R4S5:00000001", _ => "60" })}");
        text = Ports().Replace(text, "127.0.0.1:8443");
        return text.Length == 0 ? "" : $"{text}\n";
    }

    [GeneratedRegex(@"^```console\n.*?^```\n", RegexOptions.Multiline | RegexOptions.Singleline, 1000)]
    private static partial Regex Shown();

    [GeneratedRegex(@"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z", RegexOptions.None, 1000)]
    private static partial Regex Times();

    [GeneratedRegex(@"^(?<name>process_resident_memory_bytes|driftwatch_queue_depth) [\d.e+]+", RegexOptions.Multiline, 1000)]
    private static partial Regex Varying();

    [GeneratedRegex(@"^(?<name>Date|X-Request-ID|Retry-After|X-RateLimit-Reset): .*$", RegexOptions.Multiline, 1000)]
    private static partial Regex Headers();

    [GeneratedRegex(@"127\.0\.0\.1:\d+", RegexOptions.None, 1000)]
    private static partial Regex Ports();
}
