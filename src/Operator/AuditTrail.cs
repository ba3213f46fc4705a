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

    private readonly ILogger _logger;

    private AuditTrail(AuditLog? log, IKubeClient? client, ILogger logger) => (_log, _client, _logger) = (log, client, logger);

    /// <summary>Keeps nothing.</summary>
    public static AuditTrail None { get; } = new(null, null, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);

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

        return new AuditTrail(log, client, logger);
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
            var (writer, at) = await WriterAsync(type, metadata, found => WriterOf(found, annotation), cancellationToken);
            await _log.AppendAsync(
                new AuditEvent
                {
                    EventType = what,
                    Actor = writer,
                    Resource = $"{type.Kind}/{metadata.Namespace}/{metadata.Name}",
                    Outcome = outcome,
                    Details = new JsonObject
                    {
                        ["annotation"] = annotation,
                        ["value"] = metadata.Annotations?.GetValueOrDefault(annotation),
                        ["uid"] = metadata.Uid,
                        ["resourceVersion"] = metadata.ResourceVersion,
                        ["writtenAt"] = at,
                    },
                },
                cancellationToken);
        }
    }

    /// <summary>What the operator did to the objects of a resource. It is done by then: a disk that does not take the event is told in the log and stops nothing.</summary>
    /// <param name="type">Kind of the resource.</param>
    /// <param name="metadata">Of the resource.</param>
    /// <param name="changes">What was created, changed and deleted, for people.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task ChangedAsync(ResourceType type, ObjectMeta metadata, string changes, CancellationToken cancellationToken)
    {
        if (_log is null)
        {
            return;
        }

        var (writer, at) = await WriterAsync(type, metadata, WriterOfSpec, cancellationToken);
        try
        {
            await _log.AppendAsync(
                new AuditEvent
                {
                    EventType = "objects_changed",
                    Actor = OperatorHost.Product,
                    Resource = $"{type.Kind}/{metadata.Namespace}/{metadata.Name}",
                    Outcome = "success",
                    Details = new JsonObject { ["changes"] = changes, ["generation"] = metadata.Generation, ["uid"] = metadata.Uid, ["specWrittenBy"] = writer, ["specWrittenAt"] = at },
                },
                cancellationToken);
        }
        catch (IOException e)
        {
            LogLost(_logger, metadata.Name, e.Message);
        }
    }

    public ValueTask DisposeAsync() => _log?.DisposeAsync() ?? ValueTask.CompletedTask;

    // What is read of resources leaves out who manages which field, so the object is asked for again; requests are few.
    private async Task<(string Manager, string? Time)> WriterAsync(ResourceType type, ObjectMeta metadata, Func<JsonObject, (string Manager, string? Time)> writer, CancellationToken cancellationToken)
    {
        try
        {
            return writer(await _client!.GetAsync(KubernetesTypes.UntypedOf(type), metadata.Namespace, metadata.Name, cancellationToken));
        }
        catch (KubeApiException)
        {
            // Gone, or the server is away: the request itself is known, and is not to be lost for that.
            return (Unknown, null);
        }
    }

    /// <summary>
    /// Who wrote an annotation, and when, as far as the object says: the name of the program that manages it. No object says which user that was; the audit log
    /// of the API server does, under the same resource and second.
    /// </summary>
    internal static (string Manager, string? Time) WriterOf(JsonObject found, string annotation) =>
        Writer(found, entry => entry["fieldsV1"]?["f:metadata"]?["f:annotations"]?[$"f:{annotation}"] is not null);

    /// <summary>Likewise of the spec.</summary>
    internal static (string Manager, string? Time) WriterOfSpec(JsonObject found) => Writer(found, entry => entry["fieldsV1"]?["f:spec"] is not null);

    private static (string Manager, string? Time) Writer(JsonObject found, Func<JsonObject, bool> manages) => (found["metadata"]?["managedFields"] as JsonArray ?? [])
        .OfType<JsonObject>()
        .Where(manages)
        .OrderByDescending(entry => (string?)entry["time"], StringComparer.Ordinal)
        .Select(entry => ((string?)entry["manager"] ?? "", (string?)entry["time"]))
        .FirstOrDefault(writer => writer.Item1.Length > 0, (Unknown, null));

    [LoggerMessage(EventId = 410, Level = LogLevel.Warning, Message = "The audit trail in {File} ended in the middle of an event that was never acknowledged; what stood there is kept beside it")]
    private static partial void LogRepaired(ILogger logger, string file);

    [LoggerMessage(EventId = 411, Level = LogLevel.Error, Message = "The audit trail does not hold what was changed for {Resource}: {Reason}")]
    private static partial void LogLost(ILogger logger, string resource, string reason);
}
