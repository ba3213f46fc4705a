using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Amazon;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;

namespace Comptroller.Archive.Objects;

/// <summary>
/// Objects in a bucket of S3 or of what speaks S3. Every body is sent with its length, its MD5 (which stores check) and a signed SHA-256; the checksums that
/// newer SDKs add as trailers are off, since most compatible stores refuse or ignore them.
/// </summary>
public sealed class S3Store : IObjectStore
{
    /// <summary>Pieces and manifests are far shorter; more is not ours.</summary>
    private const long LongestObject = 512L << 20;

    private const string Sha256Name = "x-amz-meta-sha256";

    /// <summary>Of the call that wrote an object: tells a writer whose answer was lost that the object is its own.</summary>
    private const string WriteName = "x-amz-meta-write";
    private static readonly TimeSpan CallTimeout = TimeSpan.FromMinutes(5);

    private readonly S3Client _client;
    private readonly S3Options _options;
    private readonly RetryPolicy _retry;
    private readonly AmbientCredentials? _ambient;
    private bool? _versioned;

    /// <param name="options">Where it is.</param>
    /// <param name="time">For waiting between tries.</param>
    public S3Store(S3Options options, TimeProvider time)
    {
        (_options, _retry) = (options, new RetryPolicy(time));
        var config = new AmazonS3Config
        {
            AuthenticationRegion = options.Region,
            ForcePathStyle = options.Endpoint is not null,
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
            MaxErrorRetry = 1, // For a clock that the store says is wrong; all else is retried here, with the classes of failure that are known.
            Timeout = CallTimeout,
            HttpClientFactory = new GuardedClients(options.AllowLocal),
        };
        if (options.Endpoint is { } endpoint)
        {
            config.ServiceURL = endpoint.ToString();
        }
        else
        {
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(options.Region);
        }

        _ambient = options.Credentials is null ? new AmbientCredentials() : null;
        AWSCredentials credentials = options.Credentials is not { } given ? _ambient!
            : given.SessionToken is { } token ? new SessionAWSCredentials(given.AccessKey, given.SecretKey, token)
            : new BasicAWSCredentials(given.AccessKey, given.SecretKey);
        _client = new S3Client(credentials, config, IsPassing);
    }

    public string Location => $"s3://{_options.Bucket}/{_options.Prefix}";

    /// <inheritdoc/>
    public async Task<bool> PutAsync(string key, ReadOnlyMemory<byte> content, PutOptions options, CancellationToken cancellationToken)
    {
        var (digest, sha256, write) = (Md5(content.Span), Convert.ToHexStringLower(SHA256.HashData(content.Span)), $"{Guid.NewGuid():N}");
        try
        {
            return await CallAsync(key, "write", async () =>
            {
                var request = new PutObjectRequest
                {
                    BucketName = _options.Bucket,
                    Key = NameOf(key),
                    InputStream = Stream(content),
                    MD5Digest = digest,
                    UseChunkEncoding = false,
                    IfNoneMatch = "*",
                };
                request.Metadata.Add("sha256", sha256);
                request.Metadata.Add("write", write);
                if (options.RetainUntil is { } until)
                {
                    request.ObjectLockMode = options.Compliance ? ObjectLockMode.Compliance : ObjectLockMode.Governance;
                    request.ObjectLockRetainUntilDate = until.UtcDateTime;
                }

                if (options.LegalHold)
                {
                    request.ObjectLockLegalHoldStatus = ObjectLockLegalHoldStatus.On;
                }

                // An error can come with 200; it has no ETag.
                return (await _client.PutObjectAsync(request, cancellationToken)).ETag is { Length: > 0 } ? true : throw new IOException("a success without an ETag is none");
            }, cancellationToken);
        }
        catch (ObjectStoreException e) when (e.InnerException is AmazonS3Exception { StatusCode: HttpStatusCode.PreconditionFailed })
        {
            // After a broken connection nobody knows whether the try before arrived; the object itself does.
            return await CallAsync(key, "look at", async () => (await _client.GetObjectMetadataAsync(_options.Bucket, NameOf(key), cancellationToken)).Metadata[WriteName] == write, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public Task<Stream?> OpenAsync(string key, CancellationToken cancellationToken) => OpenAsync(key, version: null, cancellationToken);

    /// <inheritdoc/>
    public async Task<Stream?> OpenFirstAsync(string key, CancellationToken cancellationToken)
    {
        string? first = null;
        var request = new ListVersionsRequest { BucketName = _options.Bucket, Prefix = NameOf(key) };
        ListVersionsResponse page;
        do
        {
            page = await CallAsync(key, "list the versions of", () => _client.ListVersionsAsync(request, cancellationToken), cancellationToken);
            // Of one key the newest comes first. What hides it is listed among them and holds nothing.
            first = (page.Versions ?? []).LastOrDefault(version => version.Key == NameOf(key) && version.IsDeleteMarker != true)?.VersionId ?? first;
            (request.KeyMarker, request.VersionIdMarker) = (page.NextKeyMarker, page.NextVersionIdMarker);
        }
        while (page.IsTruncated == true && page.NextKeyMarker == NameOf(key));
        return first is null ? null : await OpenAsync(key, first, cancellationToken);
    }

    private Task<Stream?> OpenAsync(string key, string? version, CancellationToken cancellationToken) => CallAsync<Stream?>(key, "read", async () =>
    {
        try
        {
            using var answer = await _client.GetObjectAsync(new GetObjectRequest { BucketName = _options.Bucket, Key = NameOf(key), VersionId = version }, cancellationToken);
            if (answer.ETag is not { Length: > 0 })
            {
                throw new IOException(StoreAnswer.NoObject);
            }

            if (answer.ContentLength > LongestObject)
            {
                throw new ObjectStoreException($"{Location}: {key} is {answer.ContentLength} bytes long; no object of ours is");
            }

            // At once, so that a connection that breaks in the middle is tried again here and not by every reader.
            return await ObjectContent.ReadAsync(answer.ResponseStream, (int)answer.ContentLength, cancellationToken);
        }
        catch (AmazonS3Exception e) when (IsMissing(e))
        {
            return null;
        }
    }, cancellationToken);

    /// <inheritdoc/>
    public Task<ObjectInfo?> HeadAsync(string key, CancellationToken cancellationToken) => CallAsync<ObjectInfo?>(key, "look at", async () =>
    {
        try
        {
            var found = await _client.GetObjectMetadataAsync(_options.Bucket, NameOf(key), cancellationToken);
            return new ObjectInfo(key, found.ContentLength, Utc(found.LastModified) ?? DateTimeOffset.MinValue, found.Metadata[Sha256Name], Utc(found.ObjectLockRetainUntilDate), found.ObjectLockLegalHoldStatus == ObjectLockLegalHoldStatus.On);
        }
        catch (AmazonS3Exception e) when (IsMissing(e))
        {
            return null;
        }
    }, cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var request = new ListObjectsV2Request { BucketName = _options.Bucket, Prefix = _options.Prefix + prefix };
        ListObjectsV2Response page;
        do
        {
            page = await CallAsync(prefix, "list", async () =>
            {
                // An error with 200 would read as an empty bucket, and a bucket without backups is something else.
                var answer = await _client.ListObjectsV2Async(request, cancellationToken);
                return answer.Name == _options.Bucket ? answer : throw new IOException("a list that is not one of this bucket");
            }, cancellationToken);
            foreach (var found in page.S3Objects ?? [])
            {
                yield return new ObjectInfo(found.Key[_options.Prefix.Length..], found.Size ?? 0, Utc(found.LastModified) ?? DateTimeOffset.MinValue);
            }

            request.ContinuationToken = page.NextContinuationToken;
        }
        while (page.IsTruncated == true);
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(string key, CancellationToken cancellationToken)
    {
        _versioned ??= (await ProbeAsync(cancellationToken)).Versioned;
        if (!_versioned.Value)
        {
            await CallAsync(key, "delete", () => _client.DeleteObjectAsync(_options.Bucket, NameOf(key), cancellationToken), cancellationToken);
            return;
        }

        // A plain delete would only hide it behind a marker, succeed although it is locked, and free nothing.
        var versions = await CallAsync(key, "list the versions of", () => _client.ListVersionsAsync(new ListVersionsRequest { BucketName = _options.Bucket, Prefix = NameOf(key) }, cancellationToken), cancellationToken);
        foreach (var version in (versions.Versions ?? []).Where(version => version.Key == NameOf(key)))
        {
            await CallAsync(key, "delete", () => _client.DeleteObjectAsync(_options.Bucket, version.Key, version.VersionId, cancellationToken), cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async Task LockAsync(string key, PutOptions options, CancellationToken cancellationToken)
    {
        var found = await HeadAsync(key, cancellationToken) ?? throw new ObjectStoreException($"{Location}: {key} is gone and cannot be locked");
        if (options.RetainUntil is { } until && !(found.RetainUntil >= until.AddSeconds(-1)))
        {
            var retention = new ObjectLockRetention { Mode = options.Compliance ? ObjectLockRetentionMode.Compliance : ObjectLockRetentionMode.Governance, RetainUntilDate = until.UtcDateTime };
            await CallAsync(key, "lock", () => _client.PutObjectRetentionAsync(new PutObjectRetentionRequest { BucketName = _options.Bucket, Key = NameOf(key), Retention = retention }, cancellationToken), cancellationToken);
        }

        if (options.LegalHold && !found.LegalHold)
        {
            var hold = new ObjectLockLegalHold { Status = ObjectLockLegalHoldStatus.On };
            await CallAsync(key, "hold", () => _client.PutObjectLegalHoldAsync(new PutObjectLegalHoldRequest { BucketName = _options.Bucket, Key = NameOf(key), LegalHold = hold }, cancellationToken), cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async Task<StoreProbe> ProbeAsync(CancellationToken cancellationToken)
    {
        var versioning = await CallAsync("", "ask about versions", () => _client.GetBucketVersioningAsync(_options.Bucket, cancellationToken), cancellationToken);
        var isLockable = await CallAsync("", "ask about locks", async () =>
        {
            try
            {
                var answer = await _client.GetObjectLockConfigurationAsync(new GetObjectLockConfigurationRequest { BucketName = _options.Bucket }, cancellationToken);
                return answer.ObjectLockConfiguration?.ObjectLockEnabled == ObjectLockEnabled.Enabled;
            }
            catch (AmazonS3Exception e) when (e.ErrorCode != "NoSuchBucket" && e.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.NotImplemented or HttpStatusCode.MethodNotAllowed)
            {
                return false;
            }
        }, cancellationToken);
        _versioned = versioning.VersioningConfig?.Status == VersionStatus.Enabled;
        return new StoreProbe(_versioned.Value, isLockable);
    }

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<T> CallAsync<T>(string key, string what, Func<Task<T>> call, CancellationToken cancellationToken)
    {
        var renewed = false;
        try
        {
            return await _retry.RunAsync(
                async () =>
                {
                    try
                    {
                        return await call();
                    }
                    catch (AmazonServiceException e) when (!renewed && e.ErrorCode is "ExpiredToken" or "ExpiredTokenException" or "TokenRefreshRequired" && _ambient is not null)
                    {
                        // Those of a role are had anew; those that were given are what they are.
                        renewed = true;
                        _ambient?.Renew();
                        return await call();
                    }
                },
                IsPassing,
                cancellationToken);
        }
        catch (Exception e) when (e is AmazonClientException or AmazonServiceException or HttpRequestException or IOException and not ObjectStoreException or TimeoutException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new ObjectStoreException($"{Location}: cannot {what} {(key.Length == 0 ? "the bucket" : key)}: {Explain(e)}", e)
            {
                IsPassing = IsPassing(e),
                IsDenied = e is AmazonS3Exception { StatusCode: HttpStatusCode.Forbidden },
            };
        }
    }

    private static bool IsPassing(Exception e) =>
        e is AmazonServiceException { StatusCode: >= HttpStatusCode.OK } answer ? RetryPolicy.IsPassing(answer.StatusCode, answer.ErrorCode)
        : Denied(e) is null && (RetryPolicy.IsPassing(e) || e is OperationCanceledException);

    private static ObjectStoreException? Denied(Exception? e) => e is null or ObjectStoreException { IsDenied: true } ? (ObjectStoreException?)e : Denied(e.InnerException);

    private static string Explain(Exception e) => Denied(e) is { } denied ? denied.Message : e switch
    {
        AmazonServiceException { ErrorCode: "NoSuchBucket" } => "there is no such bucket; make it first",
        AmazonServiceException { ErrorCode: "ExpiredToken" or "ExpiredTokenException" or "TokenRefreshRequired" } => "the credentials have expired; give new ones",
        AmazonServiceException { ErrorCode: "SignatureDoesNotMatch" or "InvalidAccessKeyId" } => "the credentials are not valid here",
        AmazonServiceException { ErrorCode: "BadDigest" or "XAmzContentSHA256Mismatch" } => "the bytes changed on the way; look for a proxy that rewrites them",
        AmazonServiceException { StatusCode: HttpStatusCode.Forbidden } refused => $"refused ({refused.ErrorCode}): the identity may not do this, or the object is locked",
        AmazonServiceException { StatusCode: >= HttpStatusCode.OK } answer => $"{(int)answer.StatusCode} {answer.ErrorCode}: {answer.Message}",
        AmazonClientException => e.InnerException?.Message is { } inner ? $"{e.Message} ({inner})" : e.Message,
        _ => e.Message,
    };

    private static bool IsMissing(AmazonS3Exception e) => e.StatusCode == HttpStatusCode.NotFound && e.ErrorCode != "NoSuchBucket";

    private static DateTimeOffset? Utc(DateTime? time) => time is null ? null : new DateTimeOffset(time.Value.ToUniversalTime());

    private static MemoryStream Stream(ReadOnlyMemory<byte> content) =>
        MemoryMarshal.TryGetArray(content, out var array) ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false) : new MemoryStream(content.ToArray(), writable: false);

    // Not a matter of security: it is what stores compare a body with. The SHA-256 beside it is ours.
#pragma warning disable CA5351
    private static string Md5(ReadOnlySpan<byte> content) => Convert.ToBase64String(MD5.HashData(content));
#pragma warning restore CA5351

    private string NameOf(string key)
    {
        ObjectKey.Check(key);
        return _options.Prefix + key;
    }

    /// <summary>Connections to the store only; those for credentials go to the machine's own addresses and are none of a user's business.</summary>
    private sealed class GuardedClients(bool allowLocal) : HttpClientFactory
    {
        public override HttpClient CreateHttpClient(IClientConfig clientConfig) => new(EndpointGuard.Handler(allowLocal)) { Timeout = CallTimeout };

        public override bool DisposeHttpClientsAfterUse(IClientConfig clientConfig) => false;

        public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;
    }
}
