namespace Comptroller.Archive.Log;

/// <summary>Counts lines into blocks of at least <see cref="Compression.GzipMember.LeastText"/>, for the live segment and for sealed ones alike.</summary>
internal sealed class BlockBuilder(long firstSeq)
{
    private readonly TermFilter _terms = new();
    private long _firstSeq = firstSeq;
    private long _offset;
    private DateTimeOffset? _oldest;
    private DateTimeOffset? _newest;

    public long NextSeq { get; private set; } = firstSeq;

    public int TextLength { get; private set; }

    public DateTimeOffset? Oldest { get; private set; }

    public DateTimeOffset? Newest { get; private set; }

    public bool IsFull => TextLength >= Compression.GzipMember.LeastText;

    /// <summary>Counts a line; one that is no event is kept and found by no query.</summary>
    public void Add(ReadOnlySpan<byte> line)
    {
        TextLength += line.Length + 1;
        NextSeq++;
        if (EventLine.TryRead(line, out var fields))
        {
            Add(fields);
        }
    }

    /// <summary>The block so far; the next one begins behind it.</summary>
    /// <param name="storedLength">Its bytes in the file.</param>
    public SegmentBlock Take(int storedLength)
    {
        var block = new SegmentBlock
        {
            Offset = _offset,
            Length = storedLength,
            TextLength = TextLength,
            FirstSeq = _firstSeq,
            Events = (int)(NextSeq - _firstSeq),
            Oldest = _oldest,
            Newest = _newest,
            Terms = _terms.ToBytes(),
        };
        _terms.Clear();
        (_firstSeq, _offset, TextLength, _oldest, _newest) = (NextSeq, _offset + storedLength, 0, null, null);
        return block;
    }

    private void Add(EventLine fields)
    {
        _oldest = Least(_oldest, fields.Time);
        _newest = Most(_newest, fields.Time);
        Oldest = Least(Oldest, fields.Time);
        Newest = Most(Newest, fields.Time);
        _terms.Add('e', fields.EventType);
        _terms.Add('a', fields.Actor);
        _terms.Add('r', fields.Resource);
        _terms.Add('l', fields.LeadId);
        _terms.Add('w', fields.Workflow);
    }

    private static DateTimeOffset? Least(DateTimeOffset? one, DateTimeOffset? other) => one is null || other < one ? other : one;

    private static DateTimeOffset? Most(DateTimeOffset? one, DateTimeOffset? other) => one is null || other > one ? other : one;
}
