using System.Collections.Immutable;

namespace Comptroller.AuditPolicies.Replay;

/// <summary>Counts problems and remembers the first few.</summary>
internal sealed class ProblemLog
{
    private const int Remembered = 10;

    private readonly long[] _counts = new long[Enum.GetValues<ProblemKind>().Length];
    private readonly List<LogProblem> _first = [];

    public ImmutableSortedDictionary<ProblemKind, long> Counts =>
        Enum.GetValues<ProblemKind>().Where(kind => _counts[(int)kind] > 0).ToImmutableSortedDictionary(kind => kind, kind => _counts[(int)kind]);

    public ImmutableArray<LogProblem> First => [.. _first];

    public void Add(string source, long line, ProblemKind kind, string message)
    {
        _counts[(int)kind]++;
        if (_first.Count < Remembered)
        {
            _first.Add(new LogProblem(source, line, kind, message));
        }
    }
}
