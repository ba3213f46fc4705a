using System.Text.Json;
using Comptroller.Archive.Files;

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

    /// <summary>The signed manifest of a backup that was killed while it was written; null when there is none.</summary>
    public byte[]? Manifest() => _path is not null && File.Exists(ManifestPath) ? File.ReadAllBytes(ManifestPath) : null;

    /// <summary>Keeps a signed manifest before it is sent: sent again after a kill it is the same one, and a store that has half of it goes on.</summary>
    public Task KeepAsync(byte[] manifest, CancellationToken cancellationToken) => _path is null ? Task.CompletedTask : DurableFile.WriteAsync(ManifestPath, manifest, cancellationToken);

    /// <summary>The manifest has arrived, or is not wanted any more.</summary>
    public void ForgetManifest()
    {
        if (_path is not null)
        {
            File.Delete(ManifestPath);
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

    private string ManifestPath => $"{_path}.manifest";

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
