using System.Runtime.CompilerServices;
using Comptroller.Archive.Files;

namespace Comptroller.Archive.Objects;

/// <summary>Objects as files below a directory: a local disk or a mounted volume. It locks nothing; a file that is written is made read-only.</summary>
public sealed class FileStore : IObjectStore
{
    private readonly string _root;

    /// <param name="directory">Made when missing.</param>
    public FileStore(string directory) => _root = Path.GetFullPath(directory);

    public string Location => $"file://{_root}";

    /// <inheritdoc/>
    public async Task<bool> PutAsync(string key, ReadOnlyMemory<byte> content, PutOptions options, CancellationToken cancellationToken)
    {
        if (options.RetainUntil is not null || options.LegalHold)
        {
            throw NoLocks();
        }

        var path = PathOf(key);
        if (File.Exists(path))
        {
            return false;
        }

        var temporary = DurableFile.Temporary(path);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0))
            {
                await file.WriteAsync(content, cancellationToken);
                file.Flush(flushToDisk: true);
            }

            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(temporary, UnixFileMode.UserRead | UnixFileMode.GroupRead);
            }

            if (!DurableFile.TryPublish(temporary, path))
            {
                return false;
            }

            DurableFile.SyncDirectory(Path.GetDirectoryName(path)!);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException)
        {
            // The last one is what the runtime makes of EFBIG: the file system, or a limit of the process, allows no file that long.
            throw Failure(key, "write", e);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <inheritdoc/>
    public Task<Stream?> OpenAsync(string key, CancellationToken cancellationToken)
    {
        try
        {
            return Task.FromResult<Stream?>(new FileStream(PathOf(key), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1 << 16, FileOptions.Asynchronous | FileOptions.SequentialScan));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return Task.FromResult<Stream?>(null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Failure(key, "read", e);
        }
    }

    /// <inheritdoc/>
    public Task<ObjectInfo?> HeadAsync(string key, CancellationToken cancellationToken)
    {
        var file = new FileInfo(PathOf(key));
        return Task.FromResult(file.Exists ? new ObjectInfo(key, file.Length, new DateTimeOffset(file.LastWriteTimeUtc)) : null);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        // The directory that the prefix names or begins in; below it, names decide.
        var directory = new DirectoryInfo(Path.Combine(_root, prefix[..(prefix.LastIndexOf('/') + 1)]));
        if (!directory.Exists)
        {
            yield break;
        }

        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };
        foreach (var found in directory.EnumerateFiles("*", options)
            .Where(file => !file.Name.EndsWith(DurableFile.Unfinished, StringComparison.Ordinal))
            .Select(Info).OfType<ObjectInfo>()
            .Where(found => found.Key.StartsWith(prefix, StringComparison.Ordinal))
            .OrderBy(found => found.Key, StringComparer.Ordinal))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return found;
        }
    }

    /// <inheritdoc/>
    public Task DeleteAsync(string key, CancellationToken cancellationToken)
    {
        try
        {
            File.Delete(PathOf(key));
            return Task.CompletedTask;
        }
        catch (DirectoryNotFoundException)
        {
            return Task.CompletedTask;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Failure(key, "delete", e);
        }
    }

    /// <inheritdoc/>
    public Task SweepAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        try
        {
            var (root, options) = (new DirectoryInfo(_root), new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint });
            foreach (var file in (root.Exists ? root.EnumerateFiles($"*{DurableFile.Unfinished}", options) : []).Where(file => file.LastWriteTimeUtc < before.UtcDateTime))
            {
                cancellationToken.ThrowIfCancellationRequested();
                file.Delete();
            }

            return Task.CompletedTask;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Failure("", "delete what is half written in", e);
        }
    }

    /// <inheritdoc/>
    public Task LockAsync(string key, PutOptions options, CancellationToken cancellationToken) => throw NoLocks();

    /// <inheritdoc/>
    public Task<StoreProbe> ProbeAsync(CancellationToken cancellationToken)
    {
        try
        {
            Directory.CreateDirectory(_root);
            _ = Directory.EnumerateFileSystemEntries(_root).Any();
            return Task.FromResult(new StoreProbe(Versioned: false, Lockable: false));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ObjectStoreException($"{Location}: {e.Message}", e) { IsDenied = e is UnauthorizedAccessException };
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private ObjectStoreException NoLocks() => new($"{Location}: a file system cannot lock objects; back up to a store with object lock, or ask for none") { IsDenied = true, IsLockMissing = true };

    // Null for one that somebody deleted since it was listed: what another backup had half written, or what is pruned.
    private ObjectInfo? Info(FileInfo file)
    {
        try
        {
            return new ObjectInfo(Path.GetRelativePath(_root, file.FullName).Replace('\\', '/'), file.Length, new DateTimeOffset(file.LastWriteTimeUtc));
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    private string PathOf(string key)
    {
        ObjectKey.Check(key);
        return Path.Combine(_root, key);
    }

    private ObjectStoreException Failure(string key, string what, Exception e) =>
        new($"{Location}: cannot {what} {key}: {e.Message}", e) { IsDenied = e is UnauthorizedAccessException };
}
