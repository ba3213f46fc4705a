using System.Diagnostics;
using System.Globalization;

namespace Comptroller.Operator.Tests.Verbs.Falcon;

/// <summary>A file system of its own whose size can be changed: what is written beyond it fails as on any full disk. Only root may mount one.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private SmallDisk(string path) => Path = path;

    public string Path { get; }

    public static async Task<SmallDisk> MountAsync(string path, int kibibytes)
    {
        Directory.CreateDirectory(path);
        await RunAsync("mount", "-t", "tmpfs", "-o", Size(kibibytes), "tmpfs", path);
        return new SmallDisk(path);
    }

    /// <summary>Whether this machine lets a test mount.</summary>
    public static bool IsPossible()
    {
        var path = Directory.CreateTempSubdirectory("comptroller-disk-").FullName;
        try
        {
            using var mount = Start("mount", "-t", "tmpfs", "-o", Size(64), "tmpfs", path);
            if (!mount.WaitForExit(TimeSpan.FromSeconds(20)) || mount.ExitCode != 0)
            {
                return false;
            }

            using var unmount = Start("umount", "-l", path);
            return unmount.WaitForExit(TimeSpan.FromSeconds(20)) && unmount.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
        finally
        {
            Directory.Delete(path);
        }
    }

    /// <summary>Makes it as large as what it holds and so much more.</summary>
    public async Task LeaveAsync(int kibibytes)
    {
        var disk = new DriveInfo(Path);
        await RunAsync("mount", "-o", $"remount,{Size((int)((disk.TotalSize - disk.AvailableFreeSpace) / 1024) + kibibytes)}", Path);
    }

    public async ValueTask DisposeAsync()
    {
        await RunAsync("umount", "-l", Path);
        Directory.Delete(Path);
    }

    private static string Size(int kibibytes) => string.Create(CultureInfo.InvariantCulture, $"size={kibibytes}k");

    private static Process Start(string program, params string[] arguments) =>
        Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true })!;

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Start(program, arguments);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await process.WaitForExitAsync(patience.Token);
        process.ExitCode.ShouldBe(0, await process.StandardError.ReadToEndAsync(patience.Token));
    }
}

/// <summary>Runs where a disk can be mounted, and says why not elsewhere.</summary>
internal sealed class SmallDiskTheoryAttribute : TheoryAttribute
{
    private static readonly bool Possible = SmallDisk.IsPossible();

    public SmallDiskTheoryAttribute()
    {
        if (!Possible)
        {
            Skip = "mounting a tmpfs takes root with CAP_SYS_ADMIN; the limit of the size of files is tested instead";
        }
    }
}
