using Comptroller.Conformance.Score;
using Comptroller.Conformance.Targets;
using Comptroller.Conformance.Transcripts;

namespace Comptroller.Conformance;

/// <summary>
/// <c>dotnet run --project tests/Conformance -- [DIR...]</c> replays the transcripts of the directories, or without any those of the suite and of
/// <c>COMPTROLLER_TRANSCRIPTS</c>. Prints each difference and last <c>N passed, N failed</c>. Exits 0 when every step matched.
/// </summary>
internal static class Program
{
    public static async Task<int> Main(string[] directories)
    {
        IReadOnlyList<Transcript> transcripts = directories.Length > 0
            ? [.. directories.SelectMany(TranscriptLibrary.Read)]
            : [.. TranscriptLibrary.Own(), .. TranscriptLibrary.Further()];
        await using var targets = await ReplayTargets.FromEnvironmentAsync(CancellationToken.None);
        var results = await ReplayRun.RunAsync(transcripts, targets, CancellationToken.None);
        foreach (var result in results)
        {
            await Console.Out.WriteLineAsync($"{result.Matching,4} of {result.Steps.Count,4}  {result.Id}  {result.Title}");
        }

        foreach (var text in results.Select(result => result.Describe()).Where(text => text.Length > 0))
        {
            await Console.Out.WriteLineAsync(text);
        }

        await Console.Out.WriteLineAsync(Scorecard.Summary(results));
        return results.All(result => !result.Failed.Any()) ? 0 : 1;
    }
}
