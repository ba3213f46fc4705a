namespace Comptroller.Archive.Files;

/// <summary>
/// Cuts a stream into lines inside one buffer, which grows for a line that does not fit and never beyond <see cref="LongestLine"/>: what is
/// longer comes in several pieces, of which only the last <see cref="Ended"/>.
/// </summary>
internal sealed class LineReader(Stream stream, int bufferLength = 256 << 10)
{
    /// <summary>A list response of ten thousand objects is about 15 MB; no event of any API server is longer than this.</summary>
    public const int LongestLine = 64 << 20;

    private byte[] _buffer = new byte[bufferLength];
    private int _start;
    private int _end;
    private bool _streamEnded;

    /// <summary>Position behind what <see cref="TryRead"/> handed out last, line feed included.</summary>
    public long Position { get; private set; }

    /// <summary>Whether a line feed stood behind what was handed out last.</summary>
    public bool Ended { get; private set; }

    /// <summary>The next line without its line feed, valid until the next call; false at the end of the stream.</summary>
    public bool TryRead(out ReadOnlySpan<byte> line)
    {
        var searched = _start;
        while (true)
        {
            var length = _buffer.AsSpan(searched, _end - searched).IndexOf((byte)'\n');
            if (length >= 0)
            {
                return Take(searched + length, 1, out line);
            }

            searched = _end;
            if (_streamEnded || _end - _start >= LongestLine)
            {
                return Take(_end, 0, out line) && (!line.IsEmpty || !_streamEnded);
            }

            searched -= Fill();
        }
    }

    private bool Take(int end, int feed, out ReadOnlySpan<byte> line)
    {
        line = _buffer.AsSpan(_start, end - _start);
        Position += line.Length + feed;
        _start = end + feed;
        Ended = feed > 0;
        return true;
    }

    // How far the rest was moved to the front.
    private int Fill()
    {
        var moved = _start;
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }
        else if (_end == _buffer.Length)
        {
            Array.Resize(ref _buffer, (int)Math.Min(LongestLine, _buffer.Length * 2L));
        }

        var read = stream.Read(_buffer, _end, _buffer.Length - _end);
        _streamEnded = read == 0;
        _end += read;
        return moved;
    }
}
