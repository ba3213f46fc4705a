using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Comptroller.Archive.Files;

namespace Comptroller.Archive.Log;

/// <summary>
/// The <c>signature</c> of lines of the system before: HMAC-SHA256 over the event without it, as Python's <c>json.dumps</c> writes it with sorted keys. It
/// is of single lines: what was removed or moved it does not show.
/// </summary>
/// <param name="key">The text of the key file, 64 hex digits that are taken as text.</param>
public sealed class SeedSignature(string key)
{
    private readonly byte[] _key = Encoding.ASCII.GetBytes(key.Trim());

    /// <summary>Whether a line carries the right one; null for a line that is not signed.</summary>
    public bool? Check(ReadOnlyMemory<byte> line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("signature", out var signature) || signature.ValueKind != JsonValueKind.String)
            {
                return null;
            }

            var text = new StringBuilder(line.Length + 64);
            Write(text, document.RootElement, isTop: true);
            var expected = Convert.ToHexStringLower(HMACSHA256.HashData(_key, Encoding.ASCII.GetBytes(text.ToString())));
            return CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(expected), Encoding.UTF8.GetBytes(signature.GetString()!));
        }
        catch (JsonException)
        {
            return null;
        }
    }

    // Numbers as they stand there: the same program wrote the line.
    private static void Write(StringBuilder text, JsonElement value, bool isTop = false)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                WriteAll(text, '{', '}', value.EnumerateObject().Where(member => !isTop || member.Name != "signature").OrderBy(member => Encoding.UTF8.GetBytes(member.Name), Comparer<byte[]>.Create((left, right) => left.AsSpan().SequenceCompareTo(right))), member =>
                {
                    WriteText(text, member.Name);
                    text.Append(": ");
                    Write(text, member.Value);
                });
                break;
            case JsonValueKind.Array:
                WriteAll(text, '[', ']', value.EnumerateArray(), item => Write(text, item));
                break;
            case JsonValueKind.String:
                WriteText(text, value.GetString()!);
                break;
            default:
                text.Append(value.GetRawText());
                break;
        }
    }

    private static void WriteAll<T>(StringBuilder text, char open, char close, IEnumerable<T> items, Action<T> write)
    {
        text.Append(open);
        var before = "";
        foreach (var item in items)
        {
            text.Append(before);
            before = ", ";
            write(item);
        }

        text.Append(close);
    }

    private static void WriteText(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (var character in value)
        {
            _ = character switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                '\b' => text.Append("\\b"),
                '\f' => text.Append("\\f"),
                < ' ' or > '~' => text.Append("\\u").Append(((int)character).ToString("x4", System.Globalization.CultureInfo.InvariantCulture)),
                _ => text.Append(character),
            };
        }

        text.Append('"');
    }
}

/// <summary>What the signatures of a log say.</summary>
/// <param name="Right">Lines whose signature is right.</param>
/// <param name="Unsigned">Lines without one: they prove nothing.</param>
/// <param name="Wrong">Lines whose signature is another one.</param>
/// <param name="First">Where the first of those are.</param>
public sealed record SignatureVerdict(long Right, long Unsigned, long Wrong, IReadOnlyList<string> First)
{
    private const int Named = 20;

    /// <summary>Checks every line of a log, its sealed segments and what the system before rotated away.</summary>
    /// <exception cref="InvalidDataException">A compressed file is damaged.</exception>
    public static SignatureVerdict Of(string liveFile, string key, CancellationToken cancellationToken)
    {
        var paths = new LogPaths(liveFile);
        var (signature, right, unsigned, wrong, first) = (new SeedSignature(key), 0L, 0L, 0L, new List<string>());
        foreach (var path in paths.Segments().Select(segment => segment.Path).Append(paths.Live).Where(File.Exists))
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 16, FileOptions.SequentialScan);
            using var text = path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionMode.Decompress) : (Stream)file;
            var (reader, number) = (new LineReader(text), 0L);
            while (reader.TryRead(out var line))
            {
                cancellationToken.ThrowIfCancellationRequested();
                number++;
                switch (signature.Check(line.ToArray()))
                {
                    case true:
                        right++;
                        break;
                    case null:
                        unsigned++;
                        break;
                    default:
                        wrong++;
                        if (first.Count < Named)
                        {
                            first.Add($"{Path.GetFileName(path)}:{number}: its signature is not of this text and this key");
                        }

                        break;
                }
            }
        }

        return new SignatureVerdict(right, unsigned, wrong, first);
    }
}
