using System.Text.Json.Nodes;

namespace Comptroller.Kubernetes.Client;

/// <summary>
/// The verbs of the Kubernetes API. Every failure is a <see cref="KubeApiException"/>, except cancellation. Writes are
/// server-side apply; <see cref="ReplaceAsync"/> exists for Leases, whose protocol is a guarded PUT (rules W1, W11, E3).
/// </summary>
public interface IKubeClient
{
    Task<T> GetAsync<T>(ResourceType<T> type, string? @namespace, string name, CancellationToken cancellationToken)
        where T : class;

    /// <summary>One page. Callers that want everything use <see cref="KubeClientExtensions.ListAllAsync"/>.</summary>
    Task<ObjectPage<T>> ListAsync<T>(ResourceType<T> type, string? @namespace, ListOptions options, CancellationToken cancellationToken)
        where T : class;

    /// <summary>
    /// The events of one watch, until the server closes it. Throws <see cref="KubeApiException"/> when the server answers with an
    /// error or sends an <c>ERROR</c> event; a stream cut inside a frame ends like a closed one (rule R7).
    /// </summary>
    IAsyncEnumerable<WatchEvent<T>> WatchAsync<T>(ResourceType<T> type, string? @namespace, WatchOptions options, CancellationToken cancellationToken)
        where T : class;

    Task<T> CreateAsync<T>(ResourceType<T> type, string? @namespace, JsonObject body, string fieldManager, CancellationToken cancellationToken)
        where T : class;

    Task<T> ReplaceAsync<T>(ResourceType<T> type, string? @namespace, string name, JsonObject body, string fieldManager, CancellationToken cancellationToken)
        where T : class;

    /// <summary>Server-side apply of the whole intent (rule W2).</summary>
    Task<T> ApplyAsync<T>(ResourceType<T> type, string? @namespace, string name, JsonObject body, ApplyOptions options, CancellationToken cancellationToken)
        where T : class;

    /// <summary>JSON patch (RFC 6902), for guarded removals only.</summary>
    Task<T> JsonPatchAsync<T>(ResourceType<T> type, string? @namespace, string name, JsonArray operations, string fieldManager, CancellationToken cancellationToken)
        where T : class;

    /// <summary>JSON merge patch (RFC 7386).</summary>
    Task<T> MergePatchAsync<T>(ResourceType<T> type, string? @namespace, string name, JsonObject patch, string fieldManager, CancellationToken cancellationToken)
        where T : class;

    /// <summary>Deletes one object; an object that is already gone is not an error.</summary>
    Task DeleteAsync(ResourceType type, string? @namespace, string name, DeleteOptions options, CancellationToken cancellationToken);
}
