using System.Globalization;

namespace Comptroller.Drift.State.Backends;

/// <summary>A state in a file, plain or compressed.</summary>
public sealed class FileStateSource(string path) : StateSource
{
    public override async Task<OpenedState> OpenAsync(string? known, CancellationToken cancellationToken)
    {
        var file = new FileInfo(path);
        if (!file.Exists)
        {
            throw new StateException($"{path}: no such state file");
        }

        var version = string.Create(CultureInfo.InvariantCulture, $"{file.LastWriteTimeUtc.Ticks}-{file.Length}");
        if (version == known)
        {
            return new OpenedState(null, version);
        }

        try
        {
            return new OpenedState(await PlainAsync(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1, FileOptions.SequentialScan | FileOptions.Asynchronous), cancellationToken), version);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StateException($"{path}: {e.Message}", e);
        }
    }
}
