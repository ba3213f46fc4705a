using System.Net;
using System.Text.Json;

namespace Comptroller.Falcon.Api;

/// <summary>A collection of custom objects of a Foundry app: JSON under keys. Foundry has no transactions; what belongs together is kept together by its user.</summary>
/// <param name="client">For the scope Custom storage: read and write.</param>
/// <param name="appId">The app that the collection belongs to, 32 hexadecimal digits.</param>
/// <param name="name">Of the collection.</param>
public sealed class FoundryCollection(FalconClient client, string appId, string name)
{
    private readonly string _path = $"{FalconOperation.DescribeCollection.Path}/{Uri.EscapeDataString(name)}";

    public string Name => name;

    /// <summary>Asks whether the collection is there: an audit of an hour that nothing can take is an hour lost.</summary>
    /// <exception cref="FalconApiException">It is not, or cannot be asked.</exception>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        try
        {
            await client.SendAsync(new FalconRequest(FalconOperation.DescribeCollection, _path) { AppId = appId }, cancellationToken);
        }
        catch (FalconApiException e) when (e.Status == HttpStatusCode.NotFound)
        {
            throw new FalconApiException(FalconOperation.DescribeCollection, FalconFailure.Refused,
                $"the Foundry app {appId} has no collection \"{name}\": create it in the app, or correct foundry_collections.app_id and foundry_collections.collection", e.Status, e);
        }
    }

    /// <summary>Puts an object, in the place of one with the same key.</summary>
    public Task PutAsync(string key, ReadOnlyMemory<byte> json, CancellationToken cancellationToken) => client.SendAsync(
        new FalconRequest(FalconOperation.PutObject, PathOf(key)) { Method = HttpMethod.Put, Body = json, ContentType = "application/octet-stream", AppId = appId }, cancellationToken);

    /// <summary>Gets an object.</summary>
    /// <exception cref="FalconApiException">There is none, it is no JSON, or it cannot be had.</exception>
    public async Task<JsonElement> GetAsync(string key, CancellationToken cancellationToken)
    {
        byte[] found = [];
        try
        {
            await client.SendAsync(
                new FalconRequest(FalconOperation.GetObject, PathOf(key)) { AppId = appId, IsBare = true, Result = bytes => found = bytes.ToArray() }, cancellationToken);
        }
        catch (FalconApiException e) when (e.Status == HttpStatusCode.NotFound)
        {
            throw new FalconApiException(FalconOperation.GetObject, FalconFailure.Partial, $"the collection \"{name}\" has no object \"{key}\"", e.Status, e);
        }

        try
        {
            return JsonElement.Parse(found);
        }
        catch (JsonException e)
        {
            // The answer was whole, so asking again would not help.
            throw Damaged(key, $"it is not JSON: {e.Message}", e);
        }
    }

    /// <summary>Deletes an object; one that is gone already is fine.</summary>
    /// <exception cref="FalconApiException">It may still be there.</exception>
    public async Task DeleteAsync(string key, CancellationToken cancellationToken)
    {
        try
        {
            await client.SendAsync(new FalconRequest(FalconOperation.DeleteObject, PathOf(key)) { Method = HttpMethod.Delete, AppId = appId }, cancellationToken);
        }
        catch (FalconApiException e) when (e.Status == HttpStatusCode.NotFound)
        {
            // Another writer was faster, or an answer was cut and the request came twice.
        }
    }

    /// <summary>What is said of an object that holds something else than it should.</summary>
    internal FalconApiException Damaged(string key, string problem, Exception? inner = null) =>
        new(FalconOperation.GetObject, FalconFailure.Partial, $"the object \"{key}\" of the collection \"{name}\" is damaged: {problem}", inner: inner);

    /// <summary>The keys that begin so. Keys come in order: each page starts at the last key of the one before.</summary>
    public async Task<IReadOnlySet<string>> KeysAsync(string prefix, CancellationToken cancellationToken)
    {
        var keys = new SortedSet<string>(StringComparer.Ordinal);
        for (var start = prefix; ;)
        {
            var page = new List<string>();
            var query = FalconClient.Parameters([KeyValuePair.Create("start", (string?)start), KeyValuePair.Create("limit", (string?)"1000")]);
            await client.SendAsync(new FalconRequest(FalconOperation.ListObjects, $"{_path}/objects{query}")
            {
                AppId = appId,
                Result = bytes =>
                {
                    if (JsonElement.Parse(bytes.Span) is { ValueKind: JsonValueKind.String } key)
                    {
                        page.Add(key.GetString()!);
                    }
                },
            }, cancellationToken);
            var known = keys.Count;
            keys.UnionWith(page.Where(key => key.StartsWith(prefix, StringComparison.Ordinal)));
            // The page that starts at the last key ends the list when it brings nothing but that key, whatever the server caps pages to.
            if (keys.Count == known || page.Exists(key => !key.StartsWith(prefix, StringComparison.Ordinal)))
            {
                return keys;
            }

            start = keys.Max!;
        }
    }

    private string PathOf(string key) => $"{_path}/objects/{Uri.EscapeDataString(key)}";
}
