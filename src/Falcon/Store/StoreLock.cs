namespace Comptroller.Falcon.Store;

/// <summary>Held by the one process that writes to a store: a second daemon on the same volume refuses to start.</summary>
public sealed class StoreLock : IDisposable
{
    private readonly FileStream _file;

    private StoreLock(FileStream file) => _file = file;

    /// <summary>Takes the lock of a directory. The kernel gives it back when the process ends, however it ends.</summary>
    /// <exception cref="IOException">Another process has it.</exception>
    public static StoreLock Take(string directory)
    {
        Directory.CreateDirectory(directory);
        var path = Path.Combine(directory, ".comptroller-falcon.lock");
        try
        {
            return new StoreLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException e)
        {
            throw new IOException($"{directory}: another audit is writing here; wait for it, or give this one a store of its own", e);
        }
    }

    public void Dispose() => _file.Dispose();
}
