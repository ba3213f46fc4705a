using Comptroller.Conformance.Replay;
using Comptroller.Conformance.Score;
using Comptroller.Conformance.Targets;
using Comptroller.Conformance.Transcripts;
using Xunit.Abstractions;

namespace Comptroller.Conformance;

/// <summary>Every recorded scenario, played against the Sandbox (or the cluster that <c>COMPTROLLER_TEST_KUBECONFIG</c> names).</summary>
public class TranscriptTests(TranscriptTests.Run run, ITestOutputHelper output) : IClassFixture<TranscriptTests.Run>
{
    public static TheoryData<string> Own => [.. TranscriptLibrary.Own().Select(transcript => transcript.Id)];

    [Theory]
    [MemberData(nameof(Own))]
    public async Task The_answers_match_those_of_a_real_server(string id)
    {
        var result = (await run.OwnAsync()).Single(result => result.Id == id);
        output.WriteLine($"{result.Matching} of {result.Steps.Count} steps match\n{result.Describe()}");

        if (ReplayTargets.IsCluster)
        {
            // Whose cluster it is decides what else goes on there; how many steps match is for people to judge.
            result.Matching.ShouldBePositive(result.Describe());
            return;
        }

        if (RequiredScenarios.Contains(id))
        {
            result.Describe().ShouldBeEmpty();
        }

        result.Matching.ShouldBeGreaterThanOrEqualTo(Scorecard.Floors().GetValueOrDefault(id), result.Describe());
    }

    [Fact]
    public async Task The_transcripts_of_the_named_directories_match_too()
    {
        var results = await run.FurtherAsync();

        string.Join('\n', results.Select(result => result.Describe()).Where(text => text.Length > 0)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Docs_sandbox_md_says_what_matches_and_why_the_rest_does_not()
    {
        if (ReplayTargets.IsCluster)
        {
            return;
        }

        var page = Scorecard.Render(await run.OwnAsync(), Differences.Load(), await File.ReadAllTextAsync(Scorecard.NotesPath));
        if (Environment.GetEnvironmentVariable(Scorecard.UpdateVariable) == "1")
        {
            await File.WriteAllTextAsync(Scorecard.Path, page);
        }

        page.ShouldBe(await File.ReadAllTextAsync(Scorecard.Path), $"{Scorecard.UpdateVariable}=1 dotnet test tests/Conformance rewrites docs/sandbox.md");
    }

    [Fact]
    public void Every_required_scenario_is_there() =>
        RequiredScenarios.All.Except(TranscriptLibrary.Own().Select(transcript => transcript.Id)).ShouldBeEmpty();

    /// <summary>Replays once for all the tests of the class, and says how it went in the output of <c>dotnet test</c>.</summary>
    public sealed class Run(IMessageSink messages)
    {
        private readonly Lazy<Task<IReadOnlyList<TranscriptResult>>> own = new(() => ReplayAsync(TranscriptLibrary.Own(), messages));
        private readonly Lazy<Task<IReadOnlyList<TranscriptResult>>> further = new(() => ReplayAsync(TranscriptLibrary.Further(), messages));

        internal Task<IReadOnlyList<TranscriptResult>> OwnAsync() => own.Value;

        internal Task<IReadOnlyList<TranscriptResult>> FurtherAsync() => further.Value;

        private static async Task<IReadOnlyList<TranscriptResult>> ReplayAsync(IReadOnlyList<Transcript> transcripts, IMessageSink messages)
        {
            await using var targets = await ReplayTargets.FromEnvironmentAsync(CancellationToken.None);
            var results = await ReplayRun.RunAsync(transcripts, targets, CancellationToken.None);
            if (results.Count > 0)
            {
                // A diagnostic message is what `dotnet test` shows without being asked.
                messages.OnMessage(new Xunit.Sdk.DiagnosticMessage($"{results.Count} transcripts replayed, steps: {Scorecard.Summary(results)}"));
                await Console.Out.WriteLineAsync(Scorecard.Summary(results));
            }

            return results;
        }
    }
}
