using System.Text.Json;

namespace Comptroller.Archive.Backups;

/// <summary>What a backup has sent so far, on the local disk: a backup that was killed finds it and sends only the rest.</summary>
internal sealed class BackupJournal : IDisposable
{
    private readonly FileStream? _file;
    private readonly string? _path;
    private readonly Lock _lock = new();

    private BackupJournal(string? path, FileStream? file) => (_path, _file) = (path, file);

    /// <param name="path">Null for none.</param>
    /// <param name="found">Gets what an earlier run noted.</param>
    public static BackupJournal Open(string? path, IDictionary<string, ManifestPiece> found)
    {
        if (path is null)
        {
            return new BackupJournal(null, null);
        }

        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        foreach (var line in File.Exists(path) ? File.ReadLines(path) : [])
        {
            if (Parse(line) is { } piece)
            {
                found[piece.Sha256] = piece;
            }
        }

        return new BackupJournal(path, new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0));
    }

    /// <summary>Notes a piece that the store has confirmed. Not synced: after a power cut it is asked for again.</summary>
    public void Add(ManifestPiece piece)
    {
        lock (_lock)
        {
            _file?.Write([.. JsonSerializer.SerializeToUtf8Bytes(piece, BackupJson.Default.ManifestPiece), (byte)'\n']);
        }
    }

    /// <summary>The backup is complete: its manifest says all of this.</summary>
    public void Forget()
    {
        _file?.Dispose();
        if (_path is not null)
        {
            File.Delete(_path);
        }
    }

    public void Dispose() => _file?.Dispose();

    private static ManifestPiece? Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, BackupJson.Default.ManifestPiece);
        }
        catch (JsonException)
        {
            // The last line, torn by the kill.
            return null;
        }
    }
}
