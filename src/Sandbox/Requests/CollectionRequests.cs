using Comptroller.Sandbox.Storage;

namespace Comptroller.Sandbox.Requests;

/// <summary>GET and DELETE of a collection.</summary>
internal sealed class CollectionRequests(ObjectStore store, ObjectRequests objects, TimeProvider time)
{
    private static readonly TimeSpan FutureWait = TimeSpan.FromSeconds(3);

    private const string TokenTooOld =
        "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue "
        + "parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided "
        + "token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was "
        + "returned and now may show up in the list.";

    public async Task<Reply> ListAsync(ApiRequest request, CancellationToken cancellationToken)
    {
        var options = ListOptions.Parse(request.Query, request.Resource, isWatch: false);
        await WaitForRevisionAsync(options, cancellationToken).ConfigureAwait(false);
        return List(request, options);
    }

    /// <summary>Deletes what is selected and answers with it as it was before.</summary>
    public async Task<Reply> DeleteAsync(ApiRequest request, CancellationToken cancellationToken)
    {
        var deletion = DeleteOptions.Parse(request.Query, RequestBody.DecodeOptions(request));
        var options = ListOptions.Parse(request.Query, request.Resource, isWatch: false);
        await WaitForRevisionAsync(options, cancellationToken).ConfigureAwait(false);
        var listed = List(request, options);
        foreach (var item in listed.Objects)
        {
            var target = request.ForObject(Metadata.Text(item.Content, "name"));
            while (store.Get(request.Resource.Storage, request.Namespace, target.Name) is { } existing && objects.Delete(target, existing, deletion) is null)
            {
            }
        }
        return listed;
    }

    private Reply.Many List(ApiRequest request, ListOptions options)
    {
        var (snapshot, startKey) = Begin(request, options);
        // resourceVersion=0 means "whatever is in the cache", and the cache does not page.
        var limit = options.ResourceVersion == "0" || options.Limit <= 0 ? long.MaxValue : options.Limit;
        var items = new List<ServedObject>();
        StoredObject? lastListed = null;
        var isCut = false;
        foreach (var candidate in snapshot.Range(request.Namespace, startKey))
        {
            var view = candidate.As(request.Resource);
            if (!options.Selects(view))
            {
                continue;
            }
            if (items.Count == limit)
            {
                isCut = true;
                break;
            }
            items.Add(view);
            lastListed = candidate;
        }
        if (!isCut)
        {
            return new Reply.Many(items, snapshot.Revision);
        }
        var next = ContinueToken.After(Relative(request, lastListed!.Key));
        var remaining = options.HasSelector ? (long?)null : snapshot.Range(request.Namespace, ContinueToken.After(lastListed.Key)).LongCount();
        return new Reply.Many(items, snapshot.Revision, new ContinueToken(snapshot.Revision, next).ToString(), remaining);
    }

    /// <summary>The snapshot to read and the key to begin at.</summary>
    private (StoreSnapshot Snapshot, string StartKey) Begin(ApiRequest request, ListOptions options)
    {
        var place = request.Resource.Storage;
        if (options.Continue.Length > 0)
        {
            var token = ContinueToken.Parse(options.Continue);
            if (options.ResourceVersion is not ("" or "0"))
            {
                throw StatusResponses.BadRequest("specifying resource version is not allowed when using continue");
            }
            var start = request.Namespace.Length == 0 ? token.StartKey : $"{request.Namespace}/{token.StartKey}";
            return token.Revision < 0 ? (store.Snapshot(place), start)
                : (store.SnapshotAt(place, token.Revision) ?? throw StatusResponses.Expired(TokenTooOld, (token with { Revision = -1 }).ToString()), start);
        }
        var isExact = options.Match == "Exact" || (options.Match.Length == 0 && options.Limit > 0);
        return options.Revision is > 0 and { } revision && isExact
            ? (store.SnapshotAt(place, revision) ?? throw StatusResponses.Expired("The resourceVersion for the provided list is too old."), "")
            : (store.Snapshot(place), "");
    }

    private static string Relative(ApiRequest request, string key) => request.Namespace.Length == 0 ? key : key[(request.Namespace.Length + 1)..];

    /// <summary>A revision that is not there yet is waited for, and then refused.</summary>
    private async Task WaitForRevisionAsync(ListOptions options, CancellationToken cancellationToken)
    {
        if (options.Revision is { } wanted && wanted > store.Revision)
        {
            await Task.Delay(FutureWait, time, cancellationToken).ConfigureAwait(false);
            if (store.Revision is var current && wanted > current)
            {
                throw StatusResponses.FutureRevision(wanted, current);
            }
        }
    }
}
