using Comptroller.Archive.Backups;

namespace Comptroller.Operator.Verbs.Archive;

/// <summary>One line that says how far a backup or a verification is; nothing where nobody watches.</summary>
internal sealed class ArchiveProgress : IDisposable
{
    private const int Width = 30;
    private readonly TextWriter? _terminal;
    private bool _shown;

    private ArchiveProgress(TextWriter? terminal) => _terminal = terminal;

    public static ArchiveProgress Open(TextWriter error) => new(ReferenceEquals(error, Console.Error) && !Console.IsErrorRedirected ? error : null);

    public void Show(BackupProgress progress)
    {
        var filled = progress.Total > 0 ? (int)(progress.Done * Width / progress.Total) : Width;
        Show($"[{new string('#', filled)}{new string('.', Width - filled)}] {progress.File}");
    }

    public void Show(string text)
    {
        _terminal?.Write($"\r\u001b[K{text}");
        _shown = true;
    }

    public void Dispose()
    {
        if (_shown)
        {
            _terminal?.Write("\r\u001b[K");
        }
    }
}
