using System.Text.Json;

namespace Comptroller.Bench;

/// <summary>The least that reading JSON lines with the platform takes: find each line, walk over its tokens, keep nothing.</summary>
internal static class LineBaseline
{
    public static int Run(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
        var buffer = new byte[1 << 20];
        var (lines, held) = (0L, 0);
        while (file.Read(buffer.AsSpan(held)) is > 0 and var read)
        {
            var rest = buffer.AsSpan(0, held + read);
            for (var end = rest.IndexOf((byte)'\n'); end >= 0; end = rest.IndexOf((byte)'\n'))
            {
                var reader = new Utf8JsonReader(rest[..end]);
                reader.Read();
                reader.Skip();
                rest = rest[(end + 1)..];
                lines++;
            }

            rest.CopyTo(buffer);
            held = rest.Length;
        }

        Console.WriteLine(lines);
        return 0;
    }
}
