using Comptroller.Kubernetes.Model;

namespace Comptroller.Kubernetes.Client;

/// <summary>What is built from the verbs alone.</summary>
public static class KubeClientExtensions
{
    /// <summary>Between two looks at something that nothing announces.</summary>
    private static readonly TimeSpan ServedPause = TimeSpan.FromMilliseconds(20);

    /// <summary>After so many expired tokens the server is beyond what starting over mends; the caller backs off.</summary>
    private const int MostRestarts = 3;

    /// <summary>
    /// Every object, page by page, with the resource version of the last page. When a page token expires midway the list
    /// starts over without it (rule Q4), a few times.
    /// </summary>
    public static async Task<ObjectPage<T>> ListAllAsync<T>(
        this IKubeClient client, ResourceType<T> type, string? @namespace, ListOptions options, CancellationToken cancellationToken)
        where T : class
    {
        var restarts = 0;
        var items = new List<T>();
        var undecoded = new List<UndecodedObject>();
        var next = options with { Continue = null };
        while (true)
        {
            ObjectPage<T> page;
            try
            {
                page = await client.ListAsync(type, @namespace, next, cancellationToken);
            }
            catch (KubeApiException e) when (e.IsGone && next.Continue is not null && restarts++ < MostRestarts)
            {
                items.Clear();
                undecoded.Clear();
                next = options with { Continue = null, ResourceVersion = null, ResourceVersionMatch = null };
                continue;
            }

            items.AddRange(page.Items);
            undecoded.AddRange(page.Undecoded);
            if (string.IsNullOrEmpty(page.Continue))
            {
                return new ObjectPage<T>(items, page.ResourceVersion, null) { Undecoded = undecoded };
            }

            next = options with { Continue = page.Continue, ResourceVersion = null, ResourceVersionMatch = null };
        }
    }

    /// <summary>
    /// Waits until the server serves a kind: it says <c>Established</c> of the definition a moment earlier. Who may not list the kind
    /// cannot see more than that, and waits no longer.
    /// </summary>
    public static async Task UntilServedAsync(this IKubeClient client, ResourceType type, TimeProvider time, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await client.ListAsync(KubernetesTypes.MetadataOf(type), null, new ListOptions { Limit = 1 }, cancellationToken);
                return;
            }
            catch (KubeApiException e) when (e.IsForbidden)
            {
                return;
            }
            catch (KubeApiException e) when (e.IsNotFound)
            {
                await Task.Delay(ServedPause, time, cancellationToken);
            }
        }
    }
}
