using System.Security.Cryptography;
using Comptroller.Archive.Backups;
using Comptroller.Archive.Evidence;
using Comptroller.Archive.Objects;
using Comptroller.Archive.Tests.Testing;
using Comptroller.Kubernetes.Tests.Testing;

namespace Comptroller.Archive.Tests.Backups;

/// <summary>Some logs, a directory that is a store, a key, a clock, and what is done with them.</summary>
public abstract class BackupScene : IDisposable
{
    private protected static readonly CancellationToken None = CancellationToken.None;

    private protected BackupScene()
    {
        Store = new FileStore(Folder["store"]);
        Directory.CreateDirectory(Folder["logs/old"]);
        WriteLog("logs/audit.log", 20_000, seed: 1);
        WriteLog("logs/old/audit-1.log", 10_000, seed: 2);
        File.WriteAllBytes(Folder["logs/empty"], []);
        File.WriteAllBytes(Folder["logs/blob"], RandomNumberGenerator.GetBytes(300_000));
    }

    private protected TemporaryDirectory Folder { get; } = new();

    private protected ManualTimeProvider Time { get; } = new();

    private protected SigningKey Key { get; } = SigningKey.Create();

    private protected FileStore Store { get; }

    public void Dispose()
    {
        Key.Dispose();
        Folder.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected static string Line(int seed, int i) =>
        $$$"""{"kind":"Event","level":"Metadata","auditID":"{{{seed}}}-{{{i * 7919}}}","stage":"ResponseComplete","user":{"username":"person-{{{i % 50}}}@example.com"},"verb":"get","objectRef":{"resource":"pods","name":"p-{{{i}}}"},"stageTimestamp":"{{{new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddSeconds(i):yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'}}}"}""" + "\n";

    private protected void WriteLog(string name, int lines, int seed) => File.WriteAllText(Folder[name], string.Concat(Enumerable.Range(0, lines).Select(i => Line(seed, i))));

    private protected BackupOptions Options(bool reread = false) => new() { Stream = "node", Reread = reread };

    private protected Task<BackupOutcome> BackupAsync(bool reread = false) => BackupAsync(Options(reread));

    private protected Task<BackupOutcome> BackupAsync(BackupOptions options) => new BackupRun(Store, Key, options, Time).RunAsync([new BackupSource("logs", Folder["logs"])], None);

    private protected Task<BackupVerdict> VerifyAsync(bool all = false, KeyWrap? recipient = null) => new BackupVerification(Store, Key.Public, recipient, Time).VerifyAsync("node", all, None);

    private protected async Task<IReadOnlyList<RestoreStep>> RestoreAsync(string target, DateTimeOffset? at = null, bool force = false, KeyWrap? recipient = null)
    {
        var restore = new BackupRestore(Store, Key.Public, recipient);
        var steps = BackupRestore.Plan((await restore.ChooseAsync("node", at, None)).Manifest, Folder[target], force);
        await restore.RunAsync(steps, None);
        return steps;
    }
}
