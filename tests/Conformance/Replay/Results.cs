namespace Comptroller.Conformance.Replay;

/// <param name="Differences">Empty when the step matches.</param>
internal sealed record StepResult(int Index, string Note, IReadOnlyList<string> Differences)
{
    public bool Matches => Differences.Count == 0;
}

internal sealed record TranscriptResult(string Id, string Title, IReadOnlyList<StepResult> Steps)
{
    public int Matching => Steps.Count(step => step.Matches);

    public IEnumerable<StepResult> Failed => Steps.Where(step => !step.Matches);

    public string Describe() => string.Join('\n', Failed.Select(step =>
        $"{Id} step {step.Index} ({step.Note}):\n  {string.Join("\n  ", step.Differences)}"));
}
