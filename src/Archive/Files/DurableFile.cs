using System.Runtime.InteropServices;

namespace Comptroller.Archive.Files;

/// <summary>Files that are whole or absent, also after a power cut: written under another name, synced, renamed, and the directory synced.</summary>
public static partial class DurableFile
{
    /// <summary>How the names of files end that are not complete, or never will be.</summary>
    public const string Unfinished = ".partial";

    private const int ReadOnlyDirectory = 0x10000; // O_RDONLY | O_DIRECTORY

    /// <summary>How files with evidence are made where nobody has said who reads them: their owner and group read them, and no other user of the machine.</summary>
    public static FileStreamOptions ClosedToOthers(FileMode mode, FileAccess access, FileShare share)
    {
        var options = new FileStreamOptions { Mode = mode, Access = access, Share = share, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
        }

        return options;
    }

    /// <summary>Gives a file the rights of another one that holds the same kind of things, where the file system keeps any.</summary>
    public static void TakeModeOf(string other, string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        try
        {
            File.SetUnixFileMode(path, File.GetUnixFileMode(other));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Shares of Windows refuse it; a log must not end for that.
        }
    }

    /// <summary>Writes or replaces a file.</summary>
    /// <exception cref="IOException">The disk did not take it; what stood there before stands there still.</exception>
    public static async Task WriteAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken, UnixFileMode? mode = null)
    {
        var temporary = Temporary(path);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 0 };
        if (mode is not null && !OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = mode;
        }

        try
        {
            await using (var file = new FileStream(temporary, options))
            {
                await file.WriteAsync(content, cancellationToken);
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }

        SyncDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>A name beside <paramref name="path"/> that nobody else uses.</summary>
    public static string Temporary(string path) => $"{path}.{Guid.NewGuid():N}{Unfinished}";

    /// <summary>Gives a file that is written its name, unless another has it: of many that try at once, one succeeds.</summary>
    /// <returns>False when another file has the name.</returns>
    public static bool TryPublish(string temporary, string path)
    {
        const int Exists = 17; // EEXIST
        // File.Move looks first and renames then; between the two, another process' file would be replaced. link(2) does both at once.
        var error = !OperatingSystem.IsLinux() ? -1 : Link(temporary, path) == 0 ? 0 : Marshal.GetLastPInvokeError();
        if (error is not (0 or Exists))
        {
            // A file system without hard links: nothing better is to be had there.
            return TryMove(temporary, path);
        }

        File.Delete(temporary);
        return error == 0;
    }

    /// <summary>Makes names that were added, changed or removed in a directory durable. A file system that cannot is let be.</summary>
    public static void SyncDirectory(string directory)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        var handle = Open(directory, ReadOnlyDirectory);
        if (handle < 0)
        {
            throw new IOException($"{directory}: cannot be opened to be synced (errno {Marshal.GetLastPInvokeError()})");
        }

        try
        {
            const int InvalidArgument = 22; // EINVAL: a file system without directories to sync, such as some FUSE mounts
            if (Sync(handle) != 0 && Marshal.GetLastPInvokeError() is not InvalidArgument and var error)
            {
                throw new IOException($"{directory}: cannot be synced (errno {error})");
            }
        }
        finally
        {
            _ = Close(handle);
        }
    }

    private static bool TryMove(string temporary, string path)
    {
        try
        {
            File.Move(temporary, path, overwrite: false);
            return true;
        }
        catch (IOException) when (File.Exists(path))
        {
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string from, string to);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int handle);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int handle);
}
