using System.Diagnostics;

namespace Comptroller.Archive.Tests.Testing;

/// <summary>A directory that is mounted over itself, read-only, as a pod sees a volume; where this machine lets nobody mount, it stays as it is.</summary>
internal sealed class ReadOnlyMount : IAsyncDisposable
{
    private readonly string? _path;

    private ReadOnlyMount(string? path) => _path = path;

    public static async Task<ReadOnlyMount> TryAsync(string path) =>
        new(await RunAsync("mount", "--bind", path, path) && await RunAsync("mount", "-o", "remount,ro,bind", path) ? path : null);

    public async ValueTask DisposeAsync()
    {
        if (_path is not null)
        {
            await RunAsync("umount", "-l", _path);
        }
    }

    private static async Task<bool> RunAsync(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true })!;
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            await process.WaitForExitAsync(patience.Token);
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
