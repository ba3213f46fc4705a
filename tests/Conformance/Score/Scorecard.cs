using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Comptroller.Conformance.Replay;

namespace Comptroller.Conformance.Score;

/// <summary>Writes and reads <c>docs/sandbox.md</c>, the table of what matches the real server.</summary>
internal static partial class Scorecard
{
    /// <summary>Set to 1, the suite rewrites the table instead of holding the results against it.</summary>
    public const string UpdateVariable = "COMPTROLLER_UPDATE_DOCS";

    public static string Path => System.IO.Path.Combine(RepositoryRoot(), "docs", "sandbox.md");

    /// <summary>What the page says by hand, after the tables.</summary>
    public static string NotesPath => System.IO.Path.Combine(AppContext.BaseDirectory, "testdata", "sandbox-notes.md");

    public static string Summary(IReadOnlyCollection<TranscriptResult> results) => string.Create(
        CultureInfo.InvariantCulture, $"{results.Sum(result => result.Matching)} passed, {results.Sum(result => result.Steps.Count - result.Matching)} failed");

    /// <exception cref="InvalidOperationException">A step does not match and nobody has said why, or one matches that is said not to.</exception>
    public static string Render(IReadOnlyCollection<TranscriptResult> results, Differences differences, string notes)
    {
        Explained(results, differences);
        var steps = results.Sum(result => result.Steps.Count);
        var matching = results.Sum(result => result.Matching);
        var page = new StringBuilder($"""
            # The Sandbox and the real API server

            The Sandbox is an in-process Kubernetes API server for tests and for trying Comptroller out. Its measure is a real one:
            kube-apiserver 1.36 was asked {steps} questions in {results.Count} scenarios, and each question is put to the Sandbox again by
            `dotnet test tests/Conformance`. Status, headers, every field of every body and every watch event are compared; what differs from
            run to run (uids, versions, times) must be consistent within a scenario and in the right order.

            **{matching} of {steps} answers match ({100m * matching / steps:0.0} %).**

            This page is written by `{UpdateVariable}=1 dotnet test tests/Conformance`; without the variable the suite fails when the page and
            the Sandbox disagree. Scenarios in bold must match entirely.

            | Scenario | About | Steps | Match |
            |---|---|---:|---:|

            """.Replace("\r", "", StringComparison.Ordinal));
        foreach (var result in results)
        {
            var id = RequiredScenarios.Contains(result.Id) ? $"**{result.Id}**" : result.Id;
            page.Append(CultureInfo.InvariantCulture, $"| {id} | {Cell(result.Title)} | {result.Steps.Count} | {result.Matching} |\n");
        }

        page.Append("\n## What does not match, and why\n\n| Scenario | Step | The step | Why |\n|---|---:|---|---|\n");
        foreach (var (result, step) in results.SelectMany(result => result.Failed.Select(step => (result, step))))
        {
            page.Append(CultureInfo.InvariantCulture, $"| {result.Id} | {step.Index} | {Cell(step.Note)} | {Cell(differences.Why(result.Id, step.Index)!)} |\n");
        }

        return page.Append('\n').Append(notes).ToString();
    }

    /// <summary>The number of matching steps per scenario in the page as it stands; empty when there is none yet.</summary>
    public static IReadOnlyDictionary<string, int> Floors() => !File.Exists(Path) ? new Dictionary<string, int>() : Row().Matches(File.ReadAllText(Path))
        .ToDictionary(row => row.Groups["id"].Value, row => int.Parse(row.Groups["match"].Value, CultureInfo.InvariantCulture));

    private static void Explained(IReadOnlyCollection<TranscriptResult> results, Differences differences)
    {
        var unexplained = results.SelectMany(result => result.Failed.Where(step => differences.Why(result.Id, step.Index) is null)
            .Select(step => $"{result.Id} step {step.Index} does not match: say why in testdata/differences.json"));
        var stale = results.SelectMany(result => differences.StepsOf(result.Id).Where(index => result.Steps[index].Matches)
            .Select(index => $"{result.Id} step {index} matches: remove it from testdata/differences.json"));
        if (unexplained.Concat(stale).ToList() is { Count: > 0 } complaints)
        {
            throw new InvalidOperationException(string.Join('\n', complaints));
        }
    }

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal);

    private static string RepositoryRoot()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(directory.FullName, "Operator.sln")))
            {
                return directory.FullName;
            }
        }

        throw new InvalidOperationException($"Operator.sln was not found above {AppContext.BaseDirectory}: the suite runs from a checkout");
    }

    [GeneratedRegex(@"^\| \*{0,2}(?<id>[0-9]{3}-[a-z0-9-]+)\*{0,2} \|.*\| (?<match>[0-9]+) \|$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Row();
}
