using System.Text.Json;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Replay;

/// <summary>
/// Streams recorded audit logs through a policy. Memory does not depend on the length of the logs: lines are taken apart where they lie,
/// and everything that is counted by name is bounded. Not for concurrent use.
/// </summary>
public sealed class LogReplay
{
    /// <summary>Lengths of the lists of users, resources and verbs when nothing else is asked for.</summary>
    public const int DefaultTop = 10;

    private readonly Policy _policy;
    private readonly RequestMemo _memo;
    private readonly ComparisonCounter? _comparison;
    private readonly EventCounter[] _rules;
    private readonly EventCounter[] _recorded = Counters(Enum.GetValues<Level>().Length);
    private readonly KeptCounter[] _keptByLevel = [.. Enum.GetValues<Level>().Select(_ => new KeptCounter())];
    private readonly long[] _droppedByStage = new long[1 << 4];
    private readonly KeptCounter _kept = new();
    private readonly FrequentItems _users = new();
    private readonly FrequentItems _resources = new();
    private readonly FrequentItems _verbs = new();
    private readonly LogPeriod _period = new();
    private readonly ProblemLog _problems = new();
    private long _lines;
    private long _bytes;
    private long _emptyLines;
    private long _events;
    private long _eventBytes;
    private long _droppedByLevel;

    /// <param name="policy">What is tried.</param>
    /// <param name="against">What it is compared with; null for no comparison.</param>
    public LogReplay(Policy policy, Policy? against = null)
    {
        _policy = policy;
        _comparison = against is null ? null : new ComparisonCounter();
        _memo = new RequestMemo(policy, against, CountNames);
        // The last one is for requests that no rule matches.
        _rules = Counters(policy.Rules.Length + 1);
    }

    /// <summary>
    /// Reads one log to its end: JSON lines as kube-apiserver writes them, plain or gzip. Whatever is wrong in it is counted, not thrown.
    /// Not asynchronous: a system reads files on the calling thread anyway, and handing every block to another one costs a tenth of the time.
    /// </summary>
    /// <param name="source">Its name for messages.</param>
    /// <param name="log">Need not be seekable.</param>
    /// <param name="progress">Told after every block.</param>
    /// <param name="cancellationToken">Stops between two blocks.</param>
    /// <exception cref="IOException">The stream itself cannot be read.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public void Read(string source, Stream log, Action? progress = null, CancellationToken cancellationToken = default)
    {
        using var lines = LogStream.Open(log);
        Read(source, new LineReader(lines), progress, cancellationToken);
    }

    /// <summary>What was counted so far, over all logs.</summary>
    /// <param name="top">How many users, resources and verbs are listed.</param>
    public ReplayReport Report(int top = DefaultTop)
    {
        _memo.Clear();
        return new ReplayReport
        {
            Log = new LogSummary
            {
                Lines = _lines,
                Bytes = _bytes,
                EmptyLines = _emptyLines,
                Events = _events,
                EventBytes = _eventBytes,
                First = _period.First,
                Last = _period.Last,
                Problems = _problems.Counts,
                FirstProblems = _problems.First,
            },
            Levels = [.. _recorded.Select((count, level) => new LevelCount((Level)level, count.Events, count.Bytes, _keptByLevel[level].Report()))],
            Kept = _kept.Report(),
            DroppedByLevel = _droppedByLevel,
            DroppedByStage =
            [
                .. Enum.GetValues<Stages>().Where(stage => (int)stage < _droppedByStage.Length && _droppedByStage[(int)stage] > 0)
                    .Select(stage => new StageCount(stage, _droppedByStage[(int)stage])),
            ],
            Rules = [.. _rules.Select((rule, index) => index < _policy.Rules.Length
                ? new RuleCount(index, _policy.Rules[index].Level, rule.Events, rule.Bytes, rule.Kept.Report())
                : new RuleCount(-1, Level.None, rule.Events, rule.Bytes, rule.Kept.Report()))],
            Users = TopOf(_users, top),
            Resources = TopOf(_resources, top),
            Verbs = TopOf(_verbs, top),
            Against = _comparison?.Report(),
        };
    }

    internal void Read(string source, LineReader reader, Action? progress = null, CancellationToken cancellationToken = default)
    {
        var line = 0L;
        try
        {
            while (reader.Fill())
            {
                cancellationToken.ThrowIfCancellationRequested();
                while (reader.TryTake(out var text, out var tooLong))
                {
                    Take(text, tooLong, source, ++line, isEnded: true);
                }

                progress?.Invoke();
            }
        }
        catch (InvalidDataException e)
        {
            _problems.Add(source, line + 1, ProblemKind.DamagedCompression, $"gzip data is damaged or ends early: {e.Message}");
        }

        if (reader.TryTakeRest(out var rest, out var restTooLong))
        {
            Take(rest, restTooLong, source, ++line, isEnded: false);
        }

        _bytes += reader.BytesRead;
        progress?.Invoke();
    }

    private void Take(ReadOnlySpan<byte> line, bool tooLong, string source, long number, bool isEnded)
    {
        _lines++;
        if (number == 1 && line.StartsWith("\uFEFF"u8))
        {
            line = line[3..];
        }

        if (tooLong)
        {
            _problems.Add(source, number, ProblemKind.LineTooLong, $"longer than {LineReader.LongestLine >> 20} MiB");
            return;
        }

        if (!line.ContainsAnyExcept(" \t\r"u8))
        {
            _emptyLines++;
            return;
        }

        var fault = TakeLine(line.TrimEnd("\r"u8));
        if (fault != LineFault.None)
        {
            var kind = fault == LineFault.NotAnEvent ? ProblemKind.NotAnEvent
                : fault == LineFault.EndsEarly && !isEnded ? ProblemKind.TruncatedLastLine
                : ProblemKind.BrokenLine;
            _problems.Add(source, number, kind, Describe(fault));
        }
    }

    private LineFault TakeLine(ReadOnlySpan<byte> line)
    {
        var fault = EventFields.Read(line, out var fields);
        return fault != LineFault.None ? fault
            : fields.Kind.SequenceEqual("Event"u8) ? TakeEvent(line, fields)
            : fields.Kind.SequenceEqual("EventList"u8) ? TakeList(fields.Items)
            : LineFault.NotAnEvent;
    }

    // What a webhook receives. Its events carry no kind of their own; the first bad one decides what is said of the line.
    private LineFault TakeList(ReadOnlySpan<byte> items)
    {
        var worst = LineFault.None;
        var reader = new ArrayReader(items);
        while (reader.Next())
        {
            var fault = EventFields.Read(reader.Value, out var fields);
            fault = fault != LineFault.None ? fault : TakeEvent(reader.Value, fields);
            worst = worst == LineFault.None ? fault : worst;
        }

        return worst != LineFault.None ? worst : reader.Fault;
    }

    private LineFault TakeEvent(ReadOnlySpan<byte> json, in EventFields fields)
    {
        if (LevelOf(fields.Level) is not { } level || StageOf(fields.Stage) is not { } stage)
        {
            return LineFault.NoSuchLevelOrStage;
        }

        RequestKind kind;
        try
        {
            kind = _memo.Find(fields);
        }
        catch (JsonException)
        {
            return LineFault.NotJson;
        }

        var length = json.Length + 1L;
        var size = RecordedSize.Of(kind.Decision, level, stage, fields, length);
        _events++;
        _eventBytes += length;
        _period.Add(fields.StageTimestamp);
        _recorded[(int)level].Add(length, size);
        _keptByLevel[(int)kind.Decision.Level].Add(size);
        _kept.Add(size);
        var rule = kind.Decision.MatchedRule;
        _rules[rule < 0 ? ^1 : rule].Add(length, size);
        if (size.Kept)
        {
            kind.KeptEvents++;
            kind.KeptBytes += size.Bytes;
        }
        else if (kind.Decision.Level == Level.None)
        {
            _droppedByLevel++;
        }
        else
        {
            _droppedByStage[(int)stage]++;
        }

        if (_comparison is not null)
        {
            var against = RecordedSize.Of(kind.Against, level, stage, fields, length);
            _comparison.Add(kind, size, against, fields);
        }

        return LineFault.None;
    }

    private void CountNames(RequestKind kind)
    {
        if (kind.KeptEvents > 0)
        {
            _users.Add(kind.Request.User ?? ReplayNames.NoUser, kind.KeptEvents, kind.KeptBytes);
            _resources.Add(kind.Target, kind.KeptEvents, kind.KeptBytes);
            _verbs.Add(kind.Request.Verb.Length == 0 ? ReplayNames.NoVerb : kind.Request.Verb, kind.KeptEvents, kind.KeptBytes);
        }
    }

    private static EventCounter[] Counters(int count) => [.. Enumerable.Range(0, count).Select(_ => new EventCounter())];

    private static TopList TopOf(FrequentItems items, int count) => new([.. items.Top(count)], items.IsExact);

    private static Level? LevelOf(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("Metadata"u8) ? Level.Metadata
        : name.SequenceEqual("Request"u8) ? Level.Request
        : name.SequenceEqual("RequestResponse"u8) ? Level.RequestResponse
        : null;

    private static Stages? StageOf(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("ResponseComplete"u8) ? Stages.ResponseComplete
        : name.SequenceEqual("RequestReceived"u8) ? Stages.RequestReceived
        : name.SequenceEqual("ResponseStarted"u8) ? Stages.ResponseStarted
        : name.SequenceEqual("Panic"u8) ? Stages.Panic
        : null;

    private static string Describe(LineFault fault) => fault switch
    {
        LineFault.EndsEarly => "the line ends in the middle of an event",
        LineFault.WrongType => "a field has another type than audit.k8s.io/v1 Event gives it",
        LineFault.NoSuchLevelOrStage => "level must be Metadata, Request or RequestResponse, and stage one that the API server has",
        LineFault.NotAnEvent => "JSON without kind: Event",
        _ => "not one JSON object",
    };
}
