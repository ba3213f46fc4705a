using System.Collections.Immutable;
using System.Globalization;

namespace Comptroller.Drift.State.Backends;

/// <summary>A state in a file, plain or compressed, or in several that follow each other.</summary>
/// <param name="path">The file.</param>
/// <param name="parts">Those that it goes on in, as far as they are there; default for none.</param>
public sealed class FileStateSource(string path, ImmutableArray<string> parts = default) : StateSource
{
    private readonly ImmutableArray<string> _parts = parts.IsDefault ? [] : parts;

    public override async Task<OpenedState> OpenAsync(string? known, CancellationToken cancellationToken)
    {
        var file = new FileInfo(path);
        if (!file.Exists)
        {
            throw new StateException($"{path}: no such state file");
        }

        var files = _parts.Select(part => new FileInfo(part)).TakeWhile(part => part.Exists).Prepend(file).ToList();
        var version = string.Join(',', files.Select(each => string.Create(CultureInfo.InvariantCulture, $"{each.LastWriteTimeUtc.Ticks}-{each.Length}")));
        if (version == known)
        {
            return new OpenedState(null, version);
        }

        try
        {
            return new OpenedState(await PlainAsync(files.Count == 1 ? Open(path) : await TogetherAsync(files, cancellationToken), cancellationToken), version);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StateException($"{path}: {e.Message}", e);
        }
    }

    // A part is a Secret, and so at most 1 MiB.
    private static async Task<MemoryStream> TogetherAsync(List<FileInfo> files, CancellationToken cancellationToken)
    {
        var together = new MemoryStream();
        foreach (var file in files)
        {
            await using var part = Open(file.FullName);
            await part.CopyToAsync(together, cancellationToken);
        }

        together.Position = 0;
        return together;
    }

    private static FileStream Open(string path) => new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1, FileOptions.SequentialScan | FileOptions.Asynchronous);
}
