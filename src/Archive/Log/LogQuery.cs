namespace Comptroller.Archive.Log;

/// <summary>What is looked for; what is null does not matter. Events come oldest first.</summary>
public sealed record LogQuery
{
    public string? EventType { get; init; }

    public string? Actor { get; init; }

    public string? Resource { get; init; }

    public string? LeadId { get; init; }

    public string? Workflow { get; init; }

    /// <summary>At or after.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Before.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Behind the event of this number, as of the last one of the page before; 0 for from the beginning. Events of files that were never numbered are no part of later pages.</summary>
    public long After { get; init; }

    /// <summary>At most that many.</summary>
    public int Limit { get; init; } = 100;

    /// <summary>Events before this one do not matter; 0 when all do.</summary>
    internal long FirstSeq => After > 0 ? After + 1 : 0;

    internal bool MayBeIn(SegmentBlock block) =>
        MayBeIn(block.Oldest, block.Newest)
        && MayHold(block, 'e', EventType) && MayHold(block, 'a', Actor) && MayHold(block, 'r', Resource) && MayHold(block, 'l', LeadId) && MayHold(block, 'w', Workflow);

    /// <summary>By time; a stretch without any event that can be read holds nothing.</summary>
    internal bool MayBeIn(DateTimeOffset? oldest, DateTimeOffset? newest) => oldest is not null && !(newest < Since) && !(oldest >= Until);

    /// <summary>A text that stands in every line that matches, unless the line has escapes; null for none. Lines without it need not be read as JSON.</summary>
    internal byte[]? Needle() =>
        new[] { Resource, LeadId, Workflow, Actor, EventType }.FirstOrDefault(text => !string.IsNullOrEmpty(text)) is { } rarest ? System.Text.Encoding.UTF8.GetBytes(rarest) : null;

    internal bool Matches(ReadOnlySpan<byte> line, ReadOnlySpan<byte> needle) =>
        (line.IndexOf(needle) >= 0 || line.Contains((byte)'\\')) && Matches(line);

    private bool Matches(ReadOnlySpan<byte> line) =>
        EventLine.TryRead(line, out var fields)
        && !(fields.Time < Since) && !(fields.Time >= Until)
        && Same(fields.EventType, EventType) && Same(fields.Actor, Actor) && Same(fields.Resource, Resource) && Same(fields.LeadId, LeadId) && Same(fields.Workflow, Workflow);

    private static bool MayHold(SegmentBlock block, char field, string? text) => text is null || TermFilter.MayHold(block.Terms, field, text);

    private static bool Same(ReadOnlySpan<byte> text, string? wanted)
    {
        if (wanted is null)
        {
            return true;
        }

        Span<byte> bytes = stackalloc byte[System.Text.Encoding.UTF8.GetMaxByteCount(Math.Min(wanted.Length, 600))];
        return wanted.Length <= 600 && text.SequenceEqual(bytes[..System.Text.Encoding.UTF8.GetBytes(wanted, bytes)]);
    }
}

/// <summary>An event as it stands in the log.</summary>
/// <param name="Seq">Its number; for events that were never numbered, its line in the file.</param>
/// <param name="Json">The line, without line feed.</param>
public readonly record struct FoundEvent(long Seq, ReadOnlyMemory<byte> Json);

/// <summary>The answer to a query.</summary>
/// <param name="Events">Oldest first.</param>
/// <param name="BlocksRead">Blocks that had to be read.</param>
/// <param name="BlocksSkipped">Blocks that the index excluded.</param>
public sealed record QueryAnswer(IReadOnlyList<FoundEvent> Events, int BlocksRead, int BlocksSkipped)
{
    /// <summary>Whether it was all known already.</summary>
    public bool FromCache { get; init; }
}
