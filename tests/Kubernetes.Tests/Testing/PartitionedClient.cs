using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Client;

namespace Comptroller.Kubernetes.Tests.Testing;

/// <summary>One process's way to the server: it can be cut, so that requests hang, or lossy, so that writes happen and answers do not arrive.</summary>
internal sealed class PartitionedClient(IKubeClient server, Func<bool> isCut, Func<bool> isLossy) : IKubeClient
{
    public Task<T> GetAsync<T>(ResourceType<T> type, string? @namespace, string name, CancellationToken cancellationToken)
        where T : class => SendAsync(() => server.GetAsync(type, @namespace, name, cancellationToken), cancellationToken);

    public Task<T> CreateAsync<T>(ResourceType<T> type, string? @namespace, JsonObject body, string fieldManager, CancellationToken cancellationToken)
        where T : class => SendAsync(() => server.CreateAsync(type, @namespace, body, fieldManager, cancellationToken), cancellationToken);

    public Task<T> ReplaceAsync<T>(
        ResourceType<T> type, string? @namespace, string name, JsonObject body, string fieldManager, CancellationToken cancellationToken)
        where T : class => SendAsync(() => server.ReplaceAsync(type, @namespace, name, body, fieldManager, cancellationToken), cancellationToken);

    public Task<ObjectPage<T>> ListAsync<T>(ResourceType<T> type, string? @namespace, ListOptions options, CancellationToken cancellationToken)
        where T : class => throw new NotSupportedException();

    public IAsyncEnumerable<WatchEvent<T>> WatchAsync<T>(
        ResourceType<T> type, string? @namespace, WatchOptions options, CancellationToken cancellationToken)
        where T : class => throw new NotSupportedException();

    public Task<T> ApplyAsync<T>(
        ResourceType<T> type, string? @namespace, string name, JsonObject body, ApplyOptions options, CancellationToken cancellationToken)
        where T : class => throw new NotSupportedException();

    public Task<T> JsonPatchAsync<T>(
        ResourceType<T> type, string? @namespace, string name, JsonArray operations, string fieldManager, CancellationToken cancellationToken)
        where T : class => throw new NotSupportedException();

    public Task<T> MergePatchAsync<T>(
        ResourceType<T> type, string? @namespace, string name, JsonObject patch, string fieldManager, CancellationToken cancellationToken)
        where T : class => throw new NotSupportedException();

    public Task DeleteAsync(ResourceType type, string? @namespace, string name, DeleteOptions options, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    private async Task<T> SendAsync<T>(Func<Task<T>> send, CancellationToken cancellationToken)
    {
        if (isCut())
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        }

        var answer = await send();
        if (isLossy())
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        }

        return answer;
    }
}
