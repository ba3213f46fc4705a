using Comptroller.Archive.Files;

namespace Comptroller.Archive.Backups;

/// <summary>
/// The files of all sources at one moment. They are opened before the first is read: a log that is rotated meanwhile is still read to where it was,
/// and one that grows is not read beyond.
/// </summary>
internal sealed class SourceCut : IDisposable
{
    /// <summary>Further files are opened when it is their turn; a process may hold a thousand.</summary>
    private const int MostOpen = 500;

    private readonly List<CutFile> _files = [];

    public IReadOnlyList<CutFile> Files => _files;

    /// <summary>Of what is known beforehand.</summary>
    public long Bytes => _files.Sum(file => file.Bytes ?? 0);

    /// <exception cref="IOException">A source is missing or cannot be read.</exception>
    /// <exception cref="FormatException">Two sources have one name.</exception>
    public static SourceCut Take(IReadOnlyList<BackupSource> sources, DateTimeOffset takenAt)
    {
        if (sources.GroupBy(source => source.Text is null ? source.Name : $"{source.Name}/{source.Path}", StringComparer.Ordinal).FirstOrDefault(same => same.Count() > 1) is { } twice)
        {
            throw new FormatException($"two sources are called {twice.Key}: give one of them another name, as NAME=PATH");
        }

        var cut = new SourceCut();
        try
        {
            foreach (var source in sources)
            {
                cut.Add(source, takenAt);
            }

            return cut;
        }
        catch
        {
            cut.Dispose();
            throw;
        }
    }

    public void Dispose() => _files.ForEach(file => file.Opened?.Dispose());

    private void Add(BackupSource source, DateTimeOffset takenAt)
    {
        if (source.Text is { } text)
        {
            _files.Add(new CutFile($"{source.Name}/{source.Path}", source.Path, null, takenAt, null) { Text = text });
            return;
        }

        if (File.Exists(source.Path))
        {
            Add($"{source.Name}/{Path.GetFileName(source.Path)}", new FileInfo(source.Path));
            return;
        }

        var directory = new DirectoryInfo(source.Path);
        if (!directory.Exists)
        {
            throw new DirectoryNotFoundException($"{source.Path}: no such file or directory");
        }

        // Links are not followed: one in a log directory could name any file of the node.
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = false };
        foreach (var file in directory.EnumerateFiles("*", options).Where(IsEvidence).OrderBy(file => file.FullName, StringComparer.Ordinal))
        {
            Add($"{source.Name}/{Path.GetRelativePath(directory.FullName, file.FullName).Replace('\\', '/')}", file);
        }
    }

    private void Add(string name, FileInfo file)
    {
        try
        {
            var opened = _files.Count < MostOpen ? CutFile.Open(file.FullName) : null;
            _files.Add(new CutFile(name, file.FullName, opened?.Length ?? file.Length, new DateTimeOffset(file.LastWriteTimeUtc), opened));
        }
        catch (FileNotFoundException)
        {
            // Rotated away or deleted between listing and opening; its new name is in the list as well, or it is gone.
        }
    }

    // A log store's own lock and state, and what is half written.
    private static bool IsEvidence(FileInfo file) =>
        !file.Name.EndsWith(DurableFile.Unfinished, StringComparison.Ordinal) && !file.Name.EndsWith(".lock", StringComparison.Ordinal) && !file.Name.EndsWith(".state.json", StringComparison.Ordinal);
}

/// <summary>A file as it is to be backed up.</summary>
/// <param name="Name">Its path in the backup.</param>
/// <param name="Path">Its path on the disk.</param>
/// <param name="Bytes">What counts of it; what was appended later does not. Null for text that ends when it ends.</param>
/// <param name="Modified">When it was last written to.</param>
/// <param name="Opened">Open since the cut, or null.</param>
internal sealed record CutFile(string Name, string Path, long? Bytes, DateTimeOffset Modified, FileStream? Opened)
{
    public TextStream? Text { get; init; }

    public static FileStream Open(string path) => new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, FileOptions.SequentialScan);
}
