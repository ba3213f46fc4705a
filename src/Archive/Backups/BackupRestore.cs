using System.Security.Cryptography;
using Comptroller.Archive.Evidence;
using Comptroller.Archive.Files;
using Comptroller.Archive.Objects;

namespace Comptroller.Archive.Backups;

/// <summary>Brings files back. A file gets its name when its last byte was verified; what does not verify never does.</summary>
public sealed class BackupRestore
{
    private readonly BackupCatalog _catalog;
    private readonly PieceReader _pieces;
    private readonly IObjectStore _store;

    public BackupRestore(IObjectStore store, VerificationKey key, KeyWrap? recipient)
        : this(new BackupCatalog(store, key, takesFirst: true), new PieceReader(store, recipient, takesFirst: true), store)
    {
    }

    internal BackupRestore(BackupCatalog catalog, PieceReader pieces, IObjectStore store) => (_catalog, _pieces, _store) = (catalog, pieces, store);

    public Action<string>? Progress { get; init; }

    /// <summary>The newest backup made at or before a time.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="at">Null for the newest of all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="InvalidDataException">There is none that the key has signed.</exception>
    public async Task<SignedManifest> ChooseAsync(string stream, DateTimeOffset? at, CancellationToken cancellationToken)
    {
        foreach (var number in (await _catalog.NumbersAsync(stream, cancellationToken)).Reverse())
        {
            if (await _catalog.ReadAsync(stream, number, cancellationToken) is { } manifest && !(manifest.Manifest.CreatedAt > at))
            {
                return manifest;
            }
        }

        throw new InvalidDataException($"{_store.Location}: no backup of {stream}{(at is null ? "" : $" from {at:u} or before")}");
    }

    /// <summary>What a restore would do with each file, in the order of the backup.</summary>
    /// <exception cref="InvalidDataException">A path of the manifest leads out of the directory, or through a link in it.</exception>
    public static IReadOnlyList<RestoreStep> Plan(BackupManifest manifest, string directory, bool overwrite)
    {
        var steps = manifest.Files.Select(file => Step(file, directory, overwrite)).ToList();
        return steps.GroupBy(step => step.Target, StringComparer.Ordinal).FirstOrDefault(same => same.Count() > 1) is { } twice
            ? throw new InvalidDataException($"{twice.Key}: two files of the backup have this path")
            : steps;
    }

    /// <summary>Does it. What an earlier try brought back already is not fetched again.</summary>
    /// <exception cref="InvalidDataException">A file is not what was backed up; those before it are restored.</exception>
    /// <exception cref="IOException">A file is in the way and was not to be overwritten, or the disk did not take it.</exception>
    public async Task RunAsync(IReadOnlyList<RestoreStep> steps, CancellationToken cancellationToken)
    {
        if (steps.FirstOrDefault(step => step.Action == RestoreAction.InTheWay) is { } way)
        {
            throw new IOException($"{way.Target}: exists and is another file; restore to a new place, or say --force");
        }

        foreach (var step in steps.Where(step => step.Action != RestoreAction.AlreadyThere))
        {
            Progress?.Invoke(step.File.Path);
            await RestoreAsync(step, cancellationToken);
        }
    }

    internal async Task RestoreAsync(RestoreStep step, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(step.Target)!);
        var temporary = DurableFile.Temporary(step.Target);
        try
        {
            using var digest = new FileDigest();
            await using (var output = new FileStream(temporary, DurableFile.ClosedToOthers(FileMode.CreateNew, FileAccess.Write, FileShare.None)))
            {
                await using var disk = new DiskWriter(output);
                await foreach (var text in _pieces.TextsAsync(step.File.Pieces, cancellationToken))
                {
                    if (digest.Bytes + text.Length > step.File.Bytes)
                    {
                        throw new InvalidDataException($"{step.File.Path}: its pieces hold more than the {step.File.Bytes} bytes of the file");
                    }

                    var writing = disk.WriteAsync(text, cancellationToken);
                    digest.Add(text.Span);
                    await writing;
                }

                await disk.EndAsync();
            }

            BackupVerification.CheckDigest(step.File, digest);
            File.SetLastWriteTimeUtc(temporary, step.File.Modified.UtcDateTime);
            File.Move(temporary, step.Target, overwrite: step.Action == RestoreAction.Overwrite);
            DurableFile.SyncDirectory(Path.GetDirectoryName(step.Target)!);
        }
        catch (ArgumentOutOfRangeException e)
        {
            // What the runtime makes of EFBIG.
            throw new IOException($"{step.Target}: the file system, or a limit of this process, allows no file of {step.File.Bytes} bytes", e);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    internal static RestoreStep Step(ManifestFile file, string directory, bool overwrite)
    {
        var target = TargetOf(file.Path, directory);
        return new RestoreStep(file, target, !File.Exists(target) ? RestoreAction.Create
            : IsThere(file, target) ? RestoreAction.AlreadyThere
            : overwrite ? RestoreAction.Overwrite
            : RestoreAction.InTheWay);
    }

    // The manifest is signed, but whoever signs it may have read names from a disk that somebody else could write to.
    private static string TargetOf(string path, string directory)
    {
        var parts = path.Split('/');
        if (parts.Any(part => part is "" or "." or ".." || part.Any(character => character is '\\' or ':' or '\0')))
        {
            throw new InvalidDataException($"\"{path}\" leads out of the directory; nothing of this backup is restored");
        }

        var target = Path.GetFullPath(directory);
        if (File.Exists(target))
        {
            throw new IOException($"{target}: a file; name a directory to restore into");
        }

        foreach (var part in parts)
        {
            target = Path.Combine(target, part);
            if (new FileInfo(target).LinkTarget is not null)
            {
                throw new InvalidDataException($"{target}: a link is in the way; what is restored through it would land elsewhere");
            }
        }

        return target;
    }

    internal static bool IsThere(ManifestFile file, string target)
    {
        using var there = new FileStream(target, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
        return there.Length == file.Bytes && Convert.ToHexStringLower(SHA256.HashData(there)) == file.Sha256;
    }
}

/// <summary>What happens to a file.</summary>
public enum RestoreAction
{
    Create,
    AlreadyThere,
    Overwrite,
    InTheWay,
}

/// <summary>A file to be restored.</summary>
public sealed record RestoreStep(ManifestFile File, string Target, RestoreAction Action);
