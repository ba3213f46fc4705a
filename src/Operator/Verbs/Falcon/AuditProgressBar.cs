using Comptroller.Falcon.Auditing;

namespace Comptroller.Operator.Verbs.Falcon;

/// <summary>One line that says how far a run is; nothing where nobody watches.</summary>
internal sealed class AuditProgressBar : IDisposable
{
    private const int Width = 30;
    private readonly TextWriter? _terminal;
    private bool _shown;

    /// <param name="terminal">Where to; null where nobody watches.</param>
    internal AuditProgressBar(TextWriter? terminal) => _terminal = terminal;

    public static AuditProgressBar Open(TextWriter error) => new(ReferenceEquals(error, Console.Error) && !Console.IsErrorRedirected ? error : null);

    public void Show(AuditProgress progress)
    {
        if (_terminal is null)
        {
            return;
        }

        var filled = progress.Total > 0 ? (int)(Math.Min(progress.Done, progress.Total) * Width / progress.Total) : 0;
        var count = progress.Total > 0 ? $" {progress.Done}/{progress.Total}" : "";
        _terminal.Write($"\r\u001b[K[{new string('#', filled)}{new string('.', Width - filled)}] {progress.Step}{count}");
        _shown = true;
    }

    public void Dispose()
    {
        if (_shown)
        {
            _terminal!.Write("\r\u001b[K");
        }
    }
}
