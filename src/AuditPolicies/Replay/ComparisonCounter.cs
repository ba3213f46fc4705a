using Comptroller.AuditPolicies.Evaluation;

namespace Comptroller.AuditPolicies.Replay;

/// <summary>Counts what changes from one policy to another, by the pair of rules that decided.</summary>
internal sealed class ComparisonCounter
{
    private const int ExamplesPerPair = 3;

    private readonly Dictionary<(int Rule, int Against), Pair> _pairs = [];
    private readonly KeptCounter _kept = new();

    /// <param name="kind">The request and both decisions.</param>
    /// <param name="size">Under this policy.</param>
    /// <param name="against">Under the other.</param>
    /// <param name="fields">For an example of what changed.</param>
    public void Add(RequestKind kind, in RecordedSize size, in RecordedSize against, in EventFields fields)
    {
        _kept.Add(against);
        var pair = PairOf(kind);
        pair.Bytes += size.Bytes - against.Bytes;
        ref var count = ref pair.CountOf(size.Kept, against.Kept, kind.Decision.Level.CompareTo(kind.Against.Level), out var isLoss);
        count++;
        if (isLoss is { } loss)
        {
            AddExample(loss ? pair.LossExamples : pair.GainExamples, kind, fields);
        }
    }

    public Comparison Report()
    {
        var pairs = _pairs.Values.ToList();
        return new Comparison
        {
            Kept = _kept.Report(),
            Same = pairs.Sum(pair => pair.Same),
            Lost = pairs.Sum(pair => pair.Lost),
            Reduced = pairs.Sum(pair => pair.Reduced),
            Raised = pairs.Sum(pair => pair.Raised),
            Gained = pairs.Sum(pair => pair.Gained),
            Pairs =
            [
                .. pairs
                    .Where(pair => pair.Lost + pair.Reduced + pair.Raised + pair.Gained > 0)
                    .OrderByDescending(pair => pair.Lost + pair.Reduced)
                    .ThenByDescending(pair => pair.Raised + pair.Gained)
                    .ThenBy(pair => (pair.Decision.MatchedRule, pair.Against.MatchedRule))
                    .Select(pair => pair.Report()),
            ],
        };
    }

    private Pair PairOf(RequestKind kind)
    {
        var key = (kind.Decision.MatchedRule, kind.Against.MatchedRule);
        if (!_pairs.TryGetValue(key, out var pair))
        {
            _pairs.Add(key, pair = new Pair(kind.Decision, kind.Against));
        }

        return pair;
    }

    // Few and different: the same kind of request by the same user again tells nothing new.
    private static void AddExample(List<(string Text, RequestKind Kind)> examples, RequestKind kind, in EventFields fields)
    {
        if (examples.Count >= ExamplesPerPair || examples.Exists(example => ReferenceEquals(example.Kind, kind)))
        {
            return;
        }

        var request = kind.Request;
        var where = fields.Namespace.IsEmpty ? "" : $" in {RawText.Decode(fields.Namespace)}";
        var text = $"{request.Verb} {kind.Target}{where} by {request.User ?? ReplayNames.NoUser}";
        if (!examples.Exists(example => example.Text == text))
        {
            examples.Add((text, kind));
        }
    }

    private sealed class Pair(Decision decision, Decision against)
    {
        public Decision Decision { get; } = decision;

        public Decision Against { get; } = against;

        public long Same;
        public long Lost;
        public long Reduced;
        public long Raised;
        public long Gained;
        public long Bytes;

        public List<(string Text, RequestKind Kind)> LossExamples { get; } = [];

        public List<(string Text, RequestKind Kind)> GainExamples { get; } = [];

        /// <summary>Where one event is counted, and whether it is a loss, a gain or (null) neither.</summary>
        public ref long CountOf(bool kept, bool againstKept, int levels, out bool? isLoss)
        {
            isLoss = (kept, againstKept) switch
            {
                (false, true) => true,
                (true, false) => false,
                (true, true) when levels != 0 => levels < 0,
                _ => null,
            };
            switch (isLoss)
            {
                case true when kept:
                    return ref Reduced;
                case true:
                    return ref Lost;
                case false when againstKept:
                    return ref Raised;
                case false:
                    return ref Gained;
                default:
                    return ref Same;
            }
        }

        public RulePair Report() => new(
            Decision.MatchedRule, Decision.Level, Against.MatchedRule, Against.Level, Same, Lost, Reduced, Raised, Gained, Bytes,
            [.. (LossExamples.Count > 0 ? LossExamples : GainExamples).Select(example => example.Text)]);
    }
}
