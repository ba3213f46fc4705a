namespace Comptroller.AuditPolicies.Replay;

/// <summary>
/// Cuts a stream into lines inside one buffer, which grows only for a line that does not fit and never beyond the longest line allowed.
/// </summary>
/// <remarks>Fill, then take lines until there is none, and again until the stream has ended; then the rest is the last line.</remarks>
internal sealed class LineReader(Stream stream, int longestLine = LineReader.LongestLine, int bufferLength = LineReader.BufferLength)
{
    /// <summary>A list response of ten thousand objects is about 15 MB; what is longer than this is not an event of any API server.</summary>
    public const int LongestLine = 64 << 20;

    /// <summary>Small enough to stay in the processor's second-level cache between reading and parsing.</summary>
    public const int BufferLength = 256 << 10;

    private byte[] _buffer = new byte[bufferLength];
    private int _start;
    private int _searched;
    private int _end;

    /// <summary>Set while the rest of a line that is too long is passed over.</summary>
    private bool _skipping;

    /// <summary>Bytes read so far, of whatever kind of line.</summary>
    public long BytesRead { get; private set; }

    /// <summary>Reads more; false at the end of the stream.</summary>
    public bool Fill()
    {
        MakeRoom();
        var read = stream.Read(_buffer.AsSpan(_end));
        _end += read;
        BytesRead += read;
        return read > 0;
    }

    /// <summary>The next whole line without its line feed; false when there is none in the buffer. Valid until the next fill.</summary>
    /// <param name="line">Empty when the line was longer than allowed, which <paramref name="tooLong"/> tells.</param>
    public bool TryTake(out ReadOnlySpan<byte> line, out bool tooLong)
    {
        var length = _buffer.AsSpan(_searched, _end - _searched).IndexOf((byte)'\n');
        if (length < 0)
        {
            _searched = _end;
            line = default;
            tooLong = false;
            return false;
        }

        Take(_searched + length, out line, out tooLong);
        _start = _searched = _searched + length + 1;
        return true;
    }

    /// <summary>What stands after the last line feed; false when there is nothing.</summary>
    public bool TryTakeRest(out ReadOnlySpan<byte> line, out bool tooLong)
    {
        var any = _skipping || _end > _start;
        Take(_end, out line, out tooLong);
        _start = _searched = _end;
        return any;
    }

    private void Take(int end, out ReadOnlySpan<byte> line, out bool tooLong)
    {
        tooLong = _skipping || end - _start > longestLine;
        line = tooLong ? default : _buffer.AsSpan(_start, end - _start);
        _skipping = false;
    }

    private void MakeRoom()
    {
        if (_skipping || _end - _start > longestLine)
        {
            _skipping = true;
            _start = _end;
        }

        if (_start == _end)
        {
            _start = _searched = _end = 0;
            return;
        }

        var rest = _buffer.AsSpan(_start, _end - _start);
        if (_start > 0)
        {
            rest.CopyTo(_buffer);
        }
        else if (_end == _buffer.Length)
        {
            Array.Resize(ref _buffer, (int)Math.Min(longestLine + 1L, _buffer.Length * 2L));
        }

        _searched -= _start;
        _end -= _start;
        _start = 0;
    }
}
