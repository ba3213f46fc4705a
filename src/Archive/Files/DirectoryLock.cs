namespace Comptroller.Archive.Files;

/// <summary>Held by the one process that writes to a directory. The kernel gives it back when the process ends, however it ends.</summary>
public sealed class DirectoryLock : IDisposable
{
    // What the system says of a file that another process has locked; a disk that fails says something else, and is not to be called busy.
    private const int LinuxWouldBlock = 11;
    private const int MacWouldBlock = 35;
    private const int WindowsSharingViolation = unchecked((int)0x80070020);

    private readonly FileStream _file;

    private DirectoryLock(FileStream file) => _file = file;

    /// <param name="path">The lock file.</param>
    /// <param name="busy">What to say to whom it is refused.</param>
    /// <exception cref="IOException">Another process has it.</exception>
    public static DirectoryLock Take(string path, string busy)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        try
        {
            return new DirectoryLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException e) when (e.HResult is LinuxWouldBlock or MacWouldBlock or WindowsSharingViolation)
        {
            throw new IOException(busy, e);
        }
    }

    public void Dispose() => _file.Dispose();
}
