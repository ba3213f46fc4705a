using System.Runtime.InteropServices;

namespace Comptroller.Archive.Files;

/// <summary>
/// What compressors allocate outside of the collected heap. glibc takes the first large block that is freed for a sign that there will be more, and from then
/// on keeps such blocks in one heap a thread: a backup, whose pieces are compressed on whichever thread is free, held 25 MiB of them after 1 GB.
/// </summary>
internal static partial class NativeHeap
{
    private const int MapThreshold = -3; // M_MMAP_THRESHOLD
    private const int LeastMapped = 128 << 10;

    /// <summary>From now on every block of 128 KiB or more goes back to the system when it is freed. Said once, glibc does not change its mind. Other C libraries have nothing to be told.</summary>
    public static void ReturnLargeBlocks()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        try
        {
            _ = SetOption(MapThreshold, LeastMapped);
        }
        catch (EntryPointNotFoundException)
        {
            // musl: it always gives them back.
        }
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int SetOption(int option, int value);
}
