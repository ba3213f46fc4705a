using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Comptroller.Archive.Objects;

/// <summary>
/// Objects in a bucket of Google Cloud Storage, over its JSON interface. Short ones go in one request with what is known of them; long ones through a
/// session that says after a broken connection how much it has. Either way <c>ifGenerationMatch=0</c> makes them only if they do not exist.
/// </summary>
public sealed class GoogleStore : IObjectStore
{
    private const string Fields = "name,size,timeCreated,md5Hash,metadata,retention,retentionExpirationTime,temporaryHold,generation";

    private readonly GoogleOptions _options;
    private readonly StoreCaller _caller;
    private readonly string _root;
    private readonly GoogleSessions _sessions;
    private bool? _versioned;

    /// <param name="options">Where it is.</param>
    /// <param name="time">For waiting between tries.</param>
    /// <exception cref="FormatException">The key file of the environment cannot be read.</exception>
    public GoogleStore(GoogleOptions options, TimeProvider time)
    {
        _options = options;
        _sessions = new GoogleSessions(options.Sessions);
        _root = (options.Endpoint?.ToString() ?? "https://storage.googleapis.com").TrimEnd('/');
        var file = options.Environment("GOOGLE_APPLICATION_CREDENTIALS");
        var fetch = string.IsNullOrEmpty(file) ? TokenEndpoints.GoogleMetadata(options.Environment) : TokenEndpoints.GoogleServiceAccount(File.ReadAllText(file), options.AllowLocal, time);
        _caller = new StoreCaller(Location, EndpointGuard.Handler(options.AllowLocal), new TokenCredentials(fetch, time), time);
    }

    public string Location => $"gs://{_options.Bucket}/{_options.Prefix}";

    /// <summary>Bytes of one request of a session, a multiple of 256 KiB; what is longer goes in several.</summary>
    internal int ChunkLength { get; init; } = 8 << 20;

    /// <inheritdoc/>
    public async Task<bool> PutAsync(string key, ReadOnlyMemory<byte> content, PutOptions options, CancellationToken cancellationToken)
    {
        var write = $"{Guid.NewGuid():N}";
        var resource = Resource(key, content.Span, options, write);
        var isNew = content.Length > ChunkLength
            ? await SendInSessionAsync(key, content, resource, cancellationToken)
            : await _caller.CallAsync($"write {key}", () => Multipart(resource, content), answer => IsMade(answer, resource), cancellationToken);
        if (isNew)
        {
            return true;
        }

        // After a broken connection nobody knows whether the try before arrived; the object itself does.
        return await _caller.CallAsync($"look at {key}", () => new HttpRequestMessage(HttpMethod.Get, UrlOf(key)), answer => (string?)Json(answer.Expect(HttpStatusCode.OK), "name")["metadata"]?["write"] == write, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<Stream?> OpenAsync(string key, CancellationToken cancellationToken) => OpenAsync(key, "", cancellationToken);

    /// <inheritdoc/>
    public async Task<Stream?> OpenFirstAsync(string key, CancellationToken cancellationToken)
    {
        var generations = await GenerationsAsync(key, cancellationToken);
        return generations.Count == 0 ? null : await OpenAsync(key, string.Create(CultureInfo.InvariantCulture, $"&generation={generations.Min()}"), cancellationToken);
    }

    private Task<Stream?> OpenAsync(string key, string generation, CancellationToken cancellationToken) => _caller.CallAsync<Stream?>(
        $"read {key}",
        () => new HttpRequestMessage(HttpMethod.Get, $"{UrlOf(key)}?alt=media{generation}"),
        answer => IsMissing(answer) ? null : answer.Expect(HttpStatusCode.OK).Object(),
        cancellationToken);

    /// <inheritdoc/>
    public Task<ObjectInfo?> HeadAsync(string key, CancellationToken cancellationToken) => _caller.CallAsync(
        $"look at {key}",
        () => new HttpRequestMessage(HttpMethod.Get, $"{UrlOf(key)}?fields={Fields}"),
        answer => IsMissing(answer) ? null : Info(Json(answer.Expect(HttpStatusCode.OK), "name")),
        cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var found in PagesAsync(prefix, versions: false, cancellationToken))
        {
            yield return Info(found);
        }
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(string key, CancellationToken cancellationToken)
    {
        _versioned ??= (await ProbeAsync(cancellationToken)).Versioned;
        if (!_versioned.Value)
        {
            await DeleteAsync(key, UrlOf(key), cancellationToken);
            return;
        }

        // A plain delete would only make it an old generation, and free nothing.
        foreach (var generation in await GenerationsAsync(key, cancellationToken))
        {
            await DeleteAsync(key, string.Create(CultureInfo.InvariantCulture, $"{UrlOf(key)}?generation={generation}"), cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async Task LockAsync(string key, PutOptions options, CancellationToken cancellationToken)
    {
        var found = await HeadAsync(key, cancellationToken) ?? throw new ObjectStoreException($"{Location}: {key} is gone and cannot be locked");
        var change = new JsonObject();
        AddLock(change, options with { RetainUntil = found.RetainUntil >= options.RetainUntil?.AddSeconds(-1) ? null : options.RetainUntil, LegalHold = options.LegalHold && !found.LegalHold });
        if (change.Count > 0)
        {
            await _caller.CallAsync(
                $"lock {key}",
                () => new HttpRequestMessage(HttpMethod.Patch, UrlOf(key)) { Content = JsonContent(change) },
                answer => Json(answer.Expect(HttpStatusCode.OK), "name"),
                cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async Task<StoreProbe> ProbeAsync(CancellationToken cancellationToken)
    {
        var bucket = await _caller.CallAsync(
            "ask about the bucket",
            () => new HttpRequestMessage(HttpMethod.Get, $"{_root}/storage/v1/b/{Uri.EscapeDataString(_options.Bucket)}?fields=name,versioning,objectRetention"),
            answer => answer.Status == HttpStatusCode.NotFound ? throw new ObjectStoreException($"{Location}: there is no such bucket; make it first") : Json(answer.Expect(HttpStatusCode.OK), "name"),
            cancellationToken);
        _versioned = (bool?)bucket["versioning"]?["enabled"] == true;
        return new StoreProbe(_versioned.Value, (string?)bucket["objectRetention"]?["mode"] == "Enabled");
    }

    public ValueTask DisposeAsync()
    {
        _caller.Dispose();
        _sessions.Dispose();
        return ValueTask.CompletedTask;
    }

    private JsonObject Resource(string key, ReadOnlySpan<byte> content, PutOptions options, string write)
    {
        ObjectKey.Check(key);
        var resource = new JsonObject
        {
            ["name"] = _options.Prefix + key,
            ["contentType"] = "application/octet-stream",
#pragma warning disable CA5351 // Not a matter of security: it is what the service compares a body with. The SHA-256 beside it is ours.
            ["md5Hash"] = Convert.ToBase64String(MD5.HashData(content)),
#pragma warning restore CA5351
            ["metadata"] = new JsonObject { ["sha256"] = Convert.ToHexStringLower(SHA256.HashData(content)), ["write"] = write },
        };
        AddLock(resource, options);
        return resource;
    }

    private static void AddLock(JsonObject resource, PutOptions options)
    {
        if (options.RetainUntil is { } until)
        {
            resource["retention"] = new JsonObject { ["mode"] = options.Compliance ? "Locked" : "Unlocked", ["retainUntilTime"] = until.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture) };
        }

        if (options.LegalHold)
        {
            resource["temporaryHold"] = true;
        }
    }

    private HttpRequestMessage Multipart(JsonObject resource, ReadOnlyMemory<byte> content)
    {
        var body = new MultipartContent("related", $"part-{Guid.NewGuid():N}") { JsonContent(resource) };
        var bytes = new ReadOnlyMemoryContent(content);
        bytes.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        body.Add(bytes);
        return new HttpRequestMessage(HttpMethod.Post, UploadUrl("multipart", resource)) { Content = body };
    }

    private async Task<bool> SendInSessionAsync(string key, ReadOnlyMemory<byte> content, JsonObject resource, CancellationToken cancellationToken)
    {
        var (name, md5) = ((string)resource["name"]!, (string)resource["md5Hash"]!);
        var known = _sessions.Find(name, md5) is { } noted && IsOurs(noted) ? noted : null;
        bool isMade;
        try
        {
            isMade = known is not null && await SendInSessionAsync(key, known, isAsked: true, content, resource, cancellationToken) is { } isNew ? isNew
                : await BeginAsync(key, resource, cancellationToken) is not { } session ? false
                : await SendInSessionAsync(key, session, isAsked: false, content, resource, cancellationToken) ?? throw new ObjectStoreException($"{Location}: cannot write {key}: the session to write in has ended; try again") { IsPassing = true };
        }
        catch (ObjectStoreException e) when (!e.IsPassing)
        {
            // What does not pass would meet the next run again in this session.
            await _sessions.ForgetAsync(name, cancellationToken);
            throw;
        }

        await _sessions.ForgetAsync(name, cancellationToken);
        return isMade;
    }

    private async Task<Uri?> BeginAsync(string key, JsonObject resource, CancellationToken cancellationToken)
    {
        var session = await _caller.CallAsync(
            $"begin to write {key}",
            () => new HttpRequestMessage(HttpMethod.Post, UploadUrl("resumable", resource)) { Content = JsonContent(resource) },
            answer => answer.Status == HttpStatusCode.PreconditionFailed ? null : SessionOf(answer.Expect(HttpStatusCode.OK)),
            cancellationToken);
        if (session is not null)
        {
            await _sessions.NoteAsync((string)resource["name"]!, (string)resource["md5Hash"]!, session, cancellationToken);
        }

        return session;
    }

    /// <returns>Whether the object was made; null when the session is no more.</returns>
    private async Task<bool?> SendInSessionAsync(string key, Uri session, bool isAsked, ReadOnlyMemory<byte> content, JsonObject resource, CancellationToken cancellationToken)
    {
        var sent = 0L;
        while (true)
        {
            // Before each try the session is asked how much it has: a try whose answer was lost may have arrived, wholly or in part.
            var (isMade, isGone, range) = await _caller.CallAsync<(bool? IsMade, bool IsGone, string? Range)>(
                $"write {key}",
                () =>
                {
                    var (from, ask) = (sent, isAsked);
                    isAsked = true;
                    return ask ? Chunk(session, content, from, 0) : Chunk(session, content, from, (int)Math.Min(ChunkLength, content.Length - from));
                },
                answer => answer.Status is HttpStatusCode.NotFound or HttpStatusCode.Gone ? (null, true, null)
                    : answer.Status == HttpStatusCode.PermanentRedirect ? (null, false, answer["Range"])
                    : (IsMade(answer, resource), false, null),
                cancellationToken);
            if (isMade is not null || isGone)
            {
                return isMade;
            }

            isAsked = false;
            sent = range is null ? 0 : long.Parse(range.AsSpan(range.IndexOf('-', StringComparison.Ordinal) + 1), CultureInfo.InvariantCulture) + 1;
        }
    }

    /// <summary>A stretch of the object, or with none the question how much there is.</summary>
    private static HttpRequestMessage Chunk(Uri session, ReadOnlyMemory<byte> content, long from, int length)
    {
        var request = new HttpRequestMessage(HttpMethod.Put, session) { Content = new ReadOnlyMemoryContent(content.Slice((int)from, length)) };
        request.Content.Headers.ContentRange = length == 0 ? new ContentRangeHeaderValue(content.Length) : new ContentRangeHeaderValue(from, from + length - 1, content.Length);
        return request;
    }

    private bool IsOurs(Uri session) => session.GetLeftPart(UriPartial.Authority) == new Uri(_root).GetLeftPart(UriPartial.Authority);

    // Where the session is, the service says; elsewhere our token does not go.
    private Uri SessionOf(StoreAnswer answer) =>
        Uri.TryCreate(answer["Location"], UriKind.Absolute, out var session) && IsOurs(session) ? session : throw new IOException("the session to write in is nowhere, or on another host");

    private static bool IsMade(StoreAnswer answer, JsonObject resource)
    {
        if (answer.Status == HttpStatusCode.PreconditionFailed)
        {
            return false;
        }

        var made = Json(answer.Expect(HttpStatusCode.OK, HttpStatusCode.Created), "name");
        return (string?)made["md5Hash"] == (string?)resource["md5Hash"] ? true : throw new IOException("what was stored has another MD5 than what was sent");
    }

    // All of them before any is touched: a list that is deleted from while it is read may leave some out.
    private async Task<IReadOnlyList<long>> GenerationsAsync(string key, CancellationToken cancellationToken)
    {
        var generations = new List<long>();
        await foreach (var found in PagesAsync(key, versions: true, cancellationToken))
        {
            if ((string?)found["name"] == _options.Prefix + key)
            {
                generations.Add(long.Parse((string)found["generation"]!, CultureInfo.InvariantCulture));
            }
        }

        return generations;
    }

    private async IAsyncEnumerable<JsonObject> PagesAsync(string prefix, bool versions, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? next = null;
        do
        {
            var url = $"{_root}/storage/v1/b/{Uri.EscapeDataString(_options.Bucket)}/o?prefix={Uri.EscapeDataString(_options.Prefix + prefix)}&fields=kind,nextPageToken,items({Fields}){(versions ? "&versions=true" : "")}{(next is null ? "" : $"&pageToken={Uri.EscapeDataString(next)}")}";
            var page = await _caller.CallAsync($"list {prefix}", () => new HttpRequestMessage(HttpMethod.Get, url), answer => Json(answer.Expect(HttpStatusCode.OK), "kind"), cancellationToken);
            foreach (var item in page["items"]?.AsArray() ?? [])
            {
                yield return item!.AsObject();
            }

            next = (string?)page["nextPageToken"];
        }
        while (next is not null);
    }

    private Task<bool> DeleteAsync(string key, string url, CancellationToken cancellationToken) => _caller.CallAsync(
        $"delete {key}", () => new HttpRequestMessage(HttpMethod.Delete, url), answer => IsMissing(answer) || answer.Expect(HttpStatusCode.NoContent).Status == HttpStatusCode.NoContent, cancellationToken);

    // For a missing bucket the service answers 404 as well, with words about the bucket.
    private static bool IsMissing(StoreAnswer answer) => answer.Status == HttpStatusCode.NotFound && !Encoding.UTF8.GetString(answer.Body).Contains("bucket does not exist", StringComparison.OrdinalIgnoreCase);

    private ObjectInfo Info(JsonObject found) => new(
        ((string)found["name"]!)[_options.Prefix.Length..],
        long.Parse((string)found["size"]!, CultureInfo.InvariantCulture),
        (DateTimeOffset?)found["timeCreated"] ?? DateTimeOffset.MinValue,
        (string?)found["metadata"]?["sha256"],
        (DateTimeOffset?)found["retention"]?["retainUntilTime"] ?? (DateTimeOffset?)found["retentionExpirationTime"],
        (bool?)found["temporaryHold"] == true);

    private static JsonObject Json(StoreAnswer answer, string member)
    {
        try
        {
            return JsonNode.Parse(answer.Body) is JsonObject found && found.ContainsKey(member) ? found : throw new IOException("an error instead of what was asked for, though it said 200");
        }
        catch (JsonException e)
        {
            throw new IOException($"the answer is no JSON: {e.Message}", e);
        }
    }

    private static ByteArrayContent JsonContent(JsonObject document) => new(Encoding.UTF8.GetBytes(document.ToJsonString())) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };

    private string UploadUrl(string type, JsonObject resource) =>
        $"{_root}/upload/storage/v1/b/{Uri.EscapeDataString(_options.Bucket)}/o?uploadType={type}&ifGenerationMatch=0&name={Uri.EscapeDataString((string)resource["name"]!)}";

    private string UrlOf(string key)
    {
        ObjectKey.Check(key);
        return $"{_root}/storage/v1/b/{Uri.EscapeDataString(_options.Bucket)}/o/{Uri.EscapeDataString(_options.Prefix + key)}";
    }
}
