using System.Text.Json.Nodes;
using Comptroller.Archive.Log;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Model;
using Microsoft.Extensions.Logging;

namespace Comptroller.Operator;

/// <summary>
/// The operator's own audit trail: what somebody asked of it through annotations, and what it did. Kept in an audit log when there is a directory for one. A
/// request is acted on when its event is on the disk; when the disk does not take it, the request waits.
/// </summary>
internal sealed partial class AuditTrail : IAsyncDisposable
{
    private const string Unknown = "unknown";

    private readonly AuditLog? _log;
    private readonly IKubeClient? _client;

    private AuditTrail(AuditLog? log, IKubeClient? client) => (_log, _client) = (log, client);

    /// <summary>Keeps nothing.</summary>
    public static AuditTrail None { get; } = new(null, null);

    /// <param name="file">The log's file; null for none.</param>
    /// <param name="client">Is asked who wrote an annotation.</param>
    /// <param name="logger">Is told what had to be repaired.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">Another process writes to it, or the disk is not usable.</exception>
    public static async Task<AuditTrail> OpenAsync(string? file, IKubeClient client, ILogger logger, TimeProvider time, CancellationToken cancellationToken)
    {
        if (file is null)
        {
            return None;
        }

        var log = await AuditLog.OpenAsync(file, LogOptions.Default with { Tuning = Tuning.Profiles["production"] }, time, cancellationToken);
        if (!log.Recovery.IsClean)
        {
            LogRepaired(logger, file);
        }

        return new AuditTrail(log, client);
    }

    /// <summary>Something that an annotation asked for.</summary>
    /// <param name="what">Such as <c>audit_requested</c>.</param>
    /// <param name="type">Kind of the resource.</param>
    /// <param name="metadata">Of the resource that carries it.</param>
    /// <param name="annotation">Its name.</param>
    /// <param name="outcome">What came of it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">It was not written.</exception>
    public async Task RequestedAsync(string what, ResourceType type, ObjectMeta metadata, string annotation, string outcome, CancellationToken cancellationToken)
    {
        if (_log is not null)
        {
            await _log.AppendAsync(
                new AuditEvent
                {
                    EventType = what,
                    Actor = await WriterAsync(type, metadata, annotation, cancellationToken),
                    Resource = $"{type.Kind}/{metadata.Namespace}/{metadata.Name}",
                    Outcome = outcome,
                    Details = new JsonObject { ["annotation"] = annotation, ["value"] = metadata.Annotations?.GetValueOrDefault(annotation), ["uid"] = metadata.Uid, ["resourceVersion"] = metadata.ResourceVersion },
                },
                cancellationToken);
        }
    }

    public ValueTask DisposeAsync() => _log?.DisposeAsync() ?? ValueTask.CompletedTask;

    // What is read of resources leaves out who manages which field, so the object is asked for again; requests are few.
    private async Task<string> WriterAsync(ResourceType type, ObjectMeta metadata, string annotation, CancellationToken cancellationToken)
    {
        try
        {
            return WriterOf(await _client!.GetAsync(KubernetesTypes.UntypedOf(type), metadata.Namespace, metadata.Name, cancellationToken), annotation);
        }
        catch (KubeApiException)
        {
            // Gone, or the server is away: the request itself is known, and is not to be lost for that.
            return Unknown;
        }
    }

    /// <summary>
    /// Who wrote an annotation, as far as the object says: the name of the program that manages it, and not the user, who stands in the audit log of
    /// the API server.
    /// </summary>
    internal static string WriterOf(JsonObject found, string annotation) => (found["metadata"]?["managedFields"] as JsonArray ?? [])
        .OfType<JsonObject>()
        .Where(entry => entry["fieldsV1"]?["f:metadata"]?["f:annotations"]?[$"f:{annotation}"] is not null)
        .OrderByDescending(entry => (string?)entry["time"], StringComparer.Ordinal)
        .Select(entry => (string?)entry["manager"])
        .FirstOrDefault(manager => !string.IsNullOrEmpty(manager)) ?? Unknown;

    [LoggerMessage(EventId = 410, Level = LogLevel.Warning, Message = "The audit trail in {File} ended in the middle of an event that was never acknowledged; what stood there is kept beside it")]
    private static partial void LogRepaired(ILogger logger, string file);
}
