using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace Comptroller.Archive.Objects;

/// <summary>
/// Blobs in a container of Azure. Short ones are put whole; long ones in blocks whose names are their hashes, so that after a kill the blocks that the
/// service holds are not sent again. A blob exists when its block list does.
/// </summary>
public sealed class AzureStore : IObjectStore
{
    private const string Version = "2021-12-02";

    private readonly AzureOptions _options;
    private readonly StoreCaller _caller;
    private readonly string _container;

    /// <param name="options">Where it is.</param>
    /// <param name="time">For waiting between tries.</param>
    /// <exception cref="FormatException">The environment has no credentials, or none that can be read.</exception>
    public AzureStore(AzureOptions options, TimeProvider time)
    {
        _options = options;
        _container = $"{(options.Endpoint?.ToString() ?? $"https://{options.Account}.blob.core.windows.net").TrimEnd('/')}/{options.Container}";
        _caller = new StoreCaller(Location, EndpointGuard.Handler(options.AllowLocal), Credentials(options, time), time);
    }

    public string Location => $"azure://{_options.Account}/{_options.Container}/{_options.Prefix}";

    /// <summary>Bytes of a block; what is longer than one goes in several.</summary>
    internal int BlockLength { get; init; } = 8 << 20;

    /// <inheritdoc/>
    public async Task<bool> PutAsync(string key, ReadOnlyMemory<byte> content, PutOptions options, CancellationToken cancellationToken)
    {
        var write = $"{Guid.NewGuid():N}";
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(content.Span));
        var blocks = content.Length > BlockLength ? await SendBlocksAsync(key, content, cancellationToken) : null;
        var isNew = await _caller.CallAsync(
            $"write {key}",
            () =>
            {
                var request = blocks is null ? Request(HttpMethod.Put, UrlOf(key), content) : Request(HttpMethod.Put, $"{UrlOf(key)}?comp=blocklist", BlockList(blocks));
                if (blocks is null)
                {
                    request.Headers.Add("x-ms-blob-type", "BlockBlob");
                }

                request.Headers.Add("If-None-Match", "*");
                request.Headers.Add("x-ms-meta-sha256", sha256);
                request.Headers.Add("x-ms-meta-write", write);
                AddLock(request, options);
                return request;
            },
            answer => answer.Status is HttpStatusCode.Conflict or HttpStatusCode.PreconditionFailed && answer.Code is "BlobAlreadyExists" or "ConditionNotMet" or "BlobImmutableDueToPolicy"
                ? false : Made(answer),
            cancellationToken);
        if (isNew)
        {
            return true;
        }

        // After a broken connection nobody knows whether the try before arrived; the blob itself does.
        return await _caller.CallAsync($"look at {key}", () => Request(HttpMethod.Head, UrlOf(key)), answer => answer.Expect(HttpStatusCode.OK)["x-ms-meta-write"] == write, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<Stream?> OpenAsync(string key, CancellationToken cancellationToken) => OpenAsync(key, UrlOf(key), cancellationToken);

    /// <inheritdoc/>
    public async Task<Stream?> OpenFirstAsync(string key, CancellationToken cancellationToken)
    {
        // A version is named by when it was written.
        return (await VersionsAsync(key, cancellationToken)).Min(StringComparer.Ordinal) is { } first ? await OpenAsync(key, UrlOf(key, first), cancellationToken) : null;
    }

    /// <inheritdoc/>
    public Task<ObjectInfo?> HeadAsync(string key, CancellationToken cancellationToken) => _caller.CallAsync(
        $"look at {key}",
        () => Request(HttpMethod.Head, UrlOf(key)),
        answer => IsMissing(answer) ? null : Info(key, answer.Expect(HttpStatusCode.OK)),
        cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var blob in BlobsAsync(prefix, "", cancellationToken))
        {
            var properties = blob.Element("Properties")!;
            yield return new ObjectInfo(
                blob.Element("Name")!.Value[_options.Prefix.Length..],
                long.Parse(properties.Element("Content-Length")!.Value, CultureInfo.InvariantCulture),
                DateTimeOffset.Parse(properties.Element("Last-Modified")!.Value, CultureInfo.InvariantCulture));
        }
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(string key, CancellationToken cancellationToken)
    {
        await DeleteAsync(key, UrlOf(key), cancellationToken);
        // Where versions are kept, that only made the blob one of them, and freed nothing.
        foreach (var version in await VersionsAsync(key, cancellationToken))
        {
            await DeleteAsync(key, UrlOf(key, version), cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async Task LockAsync(string key, PutOptions options, CancellationToken cancellationToken)
    {
        var found = await HeadAsync(key, cancellationToken) ?? throw new ObjectStoreException($"{Location}: {key} is gone and cannot be locked");
        if (options.RetainUntil is { } until && !(found.RetainUntil >= until.AddSeconds(-1)))
        {
            await LockAsync(key, "comp=immutabilityPolicies", request => AddLock(request, options with { LegalHold = false }), cancellationToken);
        }

        if (options.LegalHold && !found.LegalHold)
        {
            await LockAsync(key, "comp=legalhold", request => request.Headers.Add("x-ms-legal-hold", "true"), cancellationToken);
        }
    }

    /// <inheritdoc/>
    public Task<StoreProbe> ProbeAsync(CancellationToken cancellationToken) => _caller.CallAsync(
        "ask about the container",
        () => Request(HttpMethod.Head, $"{_container}?restype=container"),
        answer =>
        {
            var isLockable = answer.Status == HttpStatusCode.NotFound ? throw new ObjectStoreException($"{Location}: there is no such container; make it first")
                : string.Equals(answer.Expect(HttpStatusCode.OK)["x-ms-immutable-storage-with-versioning-enabled"], "true", StringComparison.OrdinalIgnoreCase);
            // Immutability of versions needs versions; an account may keep them without it, and does not say so here.
            return new StoreProbe(Versioned: isLockable, Lockable: isLockable);
        },
        cancellationToken);

    public ValueTask DisposeAsync()
    {
        _caller.Dispose();
        return ValueTask.CompletedTask;
    }

    private static StoreCredentials Credentials(AzureOptions options, TimeProvider time) =>
        options.Environment("AZURE_STORAGE_KEY") is { Length: > 0 } key ? new AzureSharedKey(options.Account, key)
        : options.Environment("AZURE_STORAGE_SAS_TOKEN") is { Length: > 0 } sas ? new AzureSas(sas)
        : new TokenCredentials(options.Environment("AZURE_FEDERATED_TOKEN_FILE") is null ? TokenEndpoints.AzureManagedIdentity() : TokenEndpoints.AzureWorkloadIdentity(options.Environment), time);

    private async Task<IReadOnlyList<string>> SendBlocksAsync(string key, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        // What a try before it was killed has sent already; the service keeps it for a week.
        var held = await _caller.CallAsync(
            $"ask about blocks of {key}",
            () => Request(HttpMethod.Get, $"{UrlOf(key)}?comp=blocklist&blocklisttype=uncommitted"),
            answer => IsMissing(answer) ? [] : Xml(answer.Expect(HttpStatusCode.OK), "BlockList").Descendants("Name").Select(name => name.Value).ToHashSet(StringComparer.Ordinal),
            cancellationToken);
        var names = new string[(content.Length + BlockLength - 1) / BlockLength];
        await Parallel.ForAsync(0, names.Length, new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = cancellationToken }, async (i, stop) =>
        {
            var block = content.Slice(i * BlockLength, Math.Min(BlockLength, content.Length - (i * BlockLength)));
            names[i] = Convert.ToBase64String(Encoding.ASCII.GetBytes($"{i:D5}-{Convert.ToHexStringLower(SHA256.HashData(block.Span).AsSpan(0, 20))}"));
            if (!held.Contains(names[i]))
            {
                await _caller.CallAsync($"write block {i} of {key}", () => Request(HttpMethod.Put, $"{UrlOf(key)}?comp=block&blockid={Uri.EscapeDataString(names[i])}", block), Made, stop);
            }
        });
        return names;
    }

    private static byte[] BlockList(IReadOnlyList<string> blocks) =>
        Encoding.UTF8.GetBytes($"<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>{string.Concat(blocks.Select(block => $"<Latest>{block}</Latest>"))}</BlockList>");

    private Task<Stream?> OpenAsync(string key, string url, CancellationToken cancellationToken) => _caller.CallAsync<Stream?>(
        $"read {key}",
        () => Request(HttpMethod.Get, url),
        answer => IsMissing(answer) ? null : answer.Expect(HttpStatusCode.OK).Object(),
        cancellationToken);

    // All of them before any is touched: a list that is deleted from while it is read may leave some out.
    private async Task<IReadOnlyList<string>> VersionsAsync(string key, CancellationToken cancellationToken)
    {
        var versions = new List<string>();
        await foreach (var blob in BlobsAsync(key, "&include=versions", cancellationToken))
        {
            if (blob.Element("Name")!.Value == _options.Prefix + key && blob.Element("VersionId")?.Value is { } version)
            {
                versions.Add(version);
            }
        }

        return versions;
    }

    private async IAsyncEnumerable<XElement> BlobsAsync(string prefix, string options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var marker = "";
        do
        {
            var url = $"{_container}?restype=container&comp=list{options}&prefix={Uri.EscapeDataString(_options.Prefix + prefix)}{(marker.Length == 0 ? "" : $"&marker={Uri.EscapeDataString(marker)}")}";
            var page = await _caller.CallAsync($"list {prefix}", () => Request(HttpMethod.Get, url), answer => Xml(answer.Expect(HttpStatusCode.OK), "EnumerationResults"), cancellationToken);
            foreach (var blob in page.Descendants("Blob"))
            {
                yield return blob;
            }

            marker = page.Element("NextMarker")?.Value ?? "";
        }
        while (marker.Length > 0);
    }

    private Task<bool> DeleteAsync(string key, string url, CancellationToken cancellationToken) => _caller.CallAsync(
        $"delete {key}",
        () => Request(HttpMethod.Delete, url),
        answer => IsMissing(answer) || answer.Expect(HttpStatusCode.Accepted).Status == HttpStatusCode.Accepted,
        cancellationToken);

    private Task<HttpStatusCode> LockAsync(string key, string query, Action<HttpRequestMessage> add, CancellationToken cancellationToken) => _caller.CallAsync(
        $"lock {key}",
        () =>
        {
            var request = Request(HttpMethod.Put, $"{UrlOf(key)}?{query}", Array.Empty<byte>());
            add(request);
            return request;
        },
        answer => answer.Expect(HttpStatusCode.OK).Status,
        cancellationToken);

    private static void AddLock(HttpRequestMessage request, PutOptions options)
    {
        if (options.RetainUntil is { } until)
        {
            request.Headers.Add("x-ms-immutability-policy-until-date", until.UtcDateTime.ToString("R", CultureInfo.InvariantCulture));
            request.Headers.Add("x-ms-immutability-policy-mode", options.Compliance ? "Locked" : "Unlocked");
        }

        if (options.LegalHold)
        {
            request.Headers.Add("x-ms-legal-hold", "true");
        }
    }

    // A proxy's 200 is not the service's 201.
    private static bool Made(StoreAnswer answer) =>
        answer.Status == HttpStatusCode.OK ? throw new IOException("a success that is not one: 200 for what is answered with 201") : answer.Expect(HttpStatusCode.Created).Status == HttpStatusCode.Created;

    private static bool IsMissing(StoreAnswer answer) => answer.Status == HttpStatusCode.NotFound && answer.Code is not ("ContainerNotFound" or "ResourceNotFound" or "AccountNotFound");

    private static ObjectInfo Info(string key, StoreAnswer answer) => new(
        key,
        answer.ContentHeaders.ContentLength ?? 0,
        answer.ContentHeaders.LastModified ?? DateTimeOffset.MinValue,
        answer["x-ms-meta-sha256"],
        DateTimeOffset.TryParse(answer["x-ms-immutability-policy-until-date"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var until) ? until : null,
        answer["x-ms-legal-hold"] == "true");

    private static XElement Xml(StoreAnswer answer, string root)
    {
        try
        {
            using var reader = XmlReader.Create(new MemoryStream(answer.Body), new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null });
            var element = XElement.Load(reader);
            return element.Name.LocalName == root ? element : throw new IOException($"<{element.Name.LocalName}> instead of <{root}>, though it said 200");
        }
        catch (XmlException e)
        {
            throw new IOException($"the answer is no XML: {e.Message}", e);
        }
    }

    private static HttpRequestMessage Request(HttpMethod method, string url, ReadOnlyMemory<byte>? body = null)
    {
        var request = new HttpRequestMessage(method, new Uri(url)) { Headers = { { "x-ms-version", Version } } };
        if (body is { } content)
        {
            request.Content = new ReadOnlyMemoryContent(content);
#pragma warning disable CA5351 // Not a matter of security: it is what the service compares a body with. The SHA-256 beside it is ours.
            request.Content.Headers.ContentMD5 = content.Length == 0 ? null : MD5.HashData(content.Span);
#pragma warning restore CA5351
        }

        return request;
    }

    private string UrlOf(string key, string version) => $"{UrlOf(key)}?versionid={Uri.EscapeDataString(version)}";

    private string UrlOf(string key)
    {
        ObjectKey.Check(key);
        return $"{_container}/{string.Join('/', (_options.Prefix + key).Split('/').Select(Uri.EscapeDataString))}";
    }
}
