using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.Archive.Files;

namespace Comptroller.Archive.Backups;

/// <summary>
/// A backup of the system before: <c>audit_backup_….log.gz</c> or <c>.log</c>, or <c>.gz</c>, with what is known of it in <c>.meta</c> or <c>.json</c> beside it. Its checksum is of
/// the file as it lies there and never proved what was in it; so it is read to the end as well.
/// </summary>
public sealed record SeedBackup(string Path, DateTimeOffset? CreatedAt, long Bytes, string? Checksum)
{
    // Nothing beside it says how long its text is. Audit logs pack to a tenth, one line over and over to a hundredth.
    private const long LeastBomb = 1L << 30;
    private const long MostRatio = 200;

    /// <summary>Whether its text is compressed.</summary>
    public bool IsCompressed => Path.EndsWith(".gz", StringComparison.Ordinal);

    /// <summary>Where the backups of a directory lie, oldest first.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static IReadOnlyList<string> PathsIn(string directory) =>
    [
        .. Directory.EnumerateFiles(directory, "audit_backup_*")
            .Where(path => path.EndsWith(".gz", StringComparison.Ordinal) || path.EndsWith(".log", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal),
    ];

    /// <exception cref="InvalidDataException">What stands beside it cannot be read.</exception>
    public static SeedBackup Open(string path)
    {
        string[] beside = [$"{path}.meta", System.IO.Path.ChangeExtension(path, ".json"), $"{path}.json"];
        if (beside.FirstOrDefault(File.Exists) is not { } file)
        {
            return new SeedBackup(path, null, new FileInfo(path).Length, null);
        }

        try
        {
            var known = JsonNode.Parse(File.ReadAllText(file)) as JsonObject ?? throw new InvalidDataException($"{file}: not a JSON object");
            return new SeedBackup(
                path,
                DateTimeOffset.TryParse((string?)known["created_at"], null, System.Globalization.DateTimeStyles.AssumeLocal, out var at) ? at : null,
                new FileInfo(path).Length,
                (string?)known["checksum"]);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new InvalidDataException($"{file}: {e.Message}", e);
        }
    }

    /// <summary>Reads all of it. Null when it is whole, else why not.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public string? Verify(CancellationToken cancellationToken)
    {
        try
        {
            Read(Stream.Null, cancellationToken);
            return null;
        }
        catch (InvalidDataException e)
        {
            return e.Message;
        }
    }

    /// <summary>Writes what is in it; the file appears when all of it was read and proved.</summary>
    /// <exception cref="InvalidDataException">It is damaged; nothing was written.</exception>
    /// <exception cref="IOException">A file is there already and was not to be overwritten.</exception>
    public void Restore(string target, bool overwrite, CancellationToken cancellationToken)
    {
        if (System.IO.Path.Exists(target) && (!overwrite || Directory.Exists(target)))
        {
            throw new IOException($"{target}: exists; restore to a new place, or say --force to overwrite a file");
        }

        var directory = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(target))!;
        Directory.CreateDirectory(directory);
        var temporary = DurableFile.Temporary(target);
        try
        {
            using (var output = new FileStream(temporary, DurableFile.ClosedToOthers(FileMode.CreateNew, FileAccess.Write, FileShare.None)))
            {
                Read(output, cancellationToken);
                output.Flush(flushToDisk: true);
            }

            File.Move(temporary, target, overwrite);
            DurableFile.SyncDirectory(directory);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private void Read(Stream output, CancellationToken cancellationToken)
    {
        using var file = new FileStream(Path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
        if (Checksum is { } expected && !Convert.ToHexStringLower(SHA256.HashData(file)).Equals(expected, StringComparison.OrdinalIgnoreCase))
        {
            throw new InvalidDataException($"{Path}: its checksum is not the one that was noted when it was made");
        }

        file.Position = 0;
        try
        {
            using var text = IsCompressed ? new GZipStream(file, CompressionMode.Decompress) : (Stream)file;
            var (buffer, most) = (new byte[64 << 10], IsCompressed ? Math.Max(LeastBomb, file.Length * MostRatio) : long.MaxValue);
            while (text.Read(buffer) is > 0 and var read)
            {
                cancellationToken.ThrowIfCancellationRequested();
                most -= read;
                if (most < 0)
                {
                    throw new InvalidDataException($"{file.Length} bytes that unpack to more than {MostRatio} times as many are no backup of a log");
                }

                output.Write(buffer, 0, read);
            }
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"{Path}: {e.Message}", e);
        }
    }
}
