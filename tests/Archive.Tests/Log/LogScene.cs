using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.Archive.Log;
using Comptroller.Archive.Tests.Testing;
using Comptroller.Kubernetes.Tests.Testing;

namespace Comptroller.Archive.Tests.Log;

/// <summary>A directory for a log, a clock, and what is done with them.</summary>
public abstract class LogScene : IDisposable
{
    private protected static readonly CancellationToken None = CancellationToken.None;
    private protected static readonly LogOptions Small = LogOptions.Default with { SegmentBytes = 40_000, Retention = null };

    private protected TemporaryDirectory Folder { get; } = new();

    private protected ManualTimeProvider Time { get; } = new();

    private protected string Live => Folder["audit.log"];

    public void Dispose()
    {
        Folder.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected LogState State() => JsonSerializer.Deserialize(File.ReadAllBytes(Folder["audit.state.json"]), LogStateJson.Default.LogState)!;

    private protected Task<AuditLog> OpenAsync(LogOptions? options = null) => AuditLog.OpenAsync(Live, options ?? LogOptions.Default, Time, None);

    private protected static AuditEvent Event(int i, string actor) => new() { EventType = $"type-{i % 10}", Actor = actor, Resource = $"thing/{i}", Details = new JsonObject { ["i"] = i } };

    /// <summary>Appends so many events, one after the other, and closes the log.</summary>
    private protected async Task WriteAsync(int events, LogOptions? options = null)
    {
        await using var log = await OpenAsync(options);
        for (var i = 0; i < events; i++)
        {
            await log.AppendAsync(Event(i, "a"), None);
        }
    }
}
