using System.Security.Cryptography;
using System.Text.Json;
using Comptroller.Archive.Evidence;

namespace Comptroller.Archive.Backups;

/// <summary>What a manifest says of a file's text, taken while it passes by: its hash, the tree over its lines, its lines' first and last time.</summary>
internal sealed class FileDigest : IDisposable
{
    // The time of an event stands in its first kilobytes, or is not looked for.
    private const int Looked = 64 << 10;

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly MerkleFrontier _tree = new();
    private byte[] _last = [];
    private bool _inLine;
    private bool _isBinary;

    public long Bytes { get; private set; }

    public long Lines => _tree.Size;

    public DateTimeOffset? Oldest { get; private set; }

    public DateTimeOffset? Newest { get; private set; }

    public void Add(ReadOnlySpan<byte> text)
    {
        if (Bytes == 0)
        {
            _isBinary = text[..Math.Min(Looked, text.Length)].Contains((byte)0);
            Oldest = _isBinary ? null : TimeOf(text[..Math.Max(0, text.IndexOf((byte)'\n'))]);
        }

        Bytes += text.Length;
        _hash.AppendData(text);
        while (!text.IsEmpty)
        {
            var end = text.IndexOf((byte)'\n');
            var line = end < 0 ? text : text[..end];
            _tree.AddPart(line);
            _inLine = end < 0;
            if (end < 0)
            {
                return;
            }

            _tree.EndLeaf();
            KeepLast(line, text[(end + 1)..]);
            text = text[(end + 1)..];
        }
    }

    public (string Sha256, string MerkleRoot) End()
    {
        if (_inLine)
        {
            _tree.EndLeaf();
        }

        Newest = _isBinary || _last.Length == 0 ? null : TimeOf(_last);
        return (Convert.ToHexStringLower(_hash.GetHashAndReset()), Convert.ToHexStringLower(_tree.Root()));
    }

    public void Dispose()
    {
        _hash.Dispose();
        _tree.Dispose();
    }

    // Only of the last line of each stretch: the others are not the last.
    private void KeepLast(ReadOnlySpan<byte> line, ReadOnlySpan<byte> rest)
    {
        if (!_isBinary && line.Length <= Looked && !rest.Contains((byte)'\n'))
        {
            _last = line.ToArray();
        }
    }

    private static DateTimeOffset? TimeOf(ReadOnlySpan<byte> line)
    {
        try
        {
            var reader = new Utf8JsonReader(line);
            DateTimeOffset? time = null;
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return null;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                // Of an API server's event, the time at which it was recorded; of ours, its only one.
                var isTime = reader.ValueTextEquals("stageTimestamp"u8) || reader.ValueTextEquals("timestamp"u8);
                reader.Read();
                if (isTime && reader.TokenType == JsonTokenType.String && reader.TryGetDateTimeOffset(out var found))
                {
                    time = found;
                }

                reader.Skip();
            }

            return time;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
