using System.Net;
using Amazon;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;

namespace Comptroller.Drift.State.Backends;

/// <summary>
/// A state in a bucket of S3, or of what speaks S3: <c>s3://bucket/key</c>. Credentials are those of the SDK's chain: variables, profile,
/// web identity of the service account, instance.
/// </summary>
public sealed class S3StateSource : StateSource, IDisposable
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(60);

    private readonly string _bucket;
    private readonly string _key;
    private readonly AmazonS3Client _client;

    /// <param name="bucket">The bucket.</param>
    /// <param name="key">The key.</param>
    /// <param name="region">The region; null for the one the environment names, else us-east-1.</param>
    /// <param name="endpoint">Of what speaks S3, which is asked by path; null for AWS.</param>
    /// <param name="credentials">Null for the chain.</param>
    public S3StateSource(string bucket, string key, string? region, Uri? endpoint, AWSCredentials? credentials = null)
    {
        (_bucket, _key) = (bucket, key);
        region ??= Environment.GetEnvironmentVariable("AWS_REGION") ?? Environment.GetEnvironmentVariable("AWS_DEFAULT_REGION") ?? "us-east-1";
        var config = new AmazonS3Config
        {
            AuthenticationRegion = region,
            ForcePathStyle = endpoint is not null,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
            MaxErrorRetry = 1,
            Timeout = CallTimeout,
        };
        if (endpoint is not null)
        {
            config.ServiceURL = endpoint.ToString();
        }
        else
        {
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(region);
        }

        _client = credentials is null ? new AmazonS3Client(config) : new AmazonS3Client(credentials, config);
    }

    public override async Task<OpenedState> OpenAsync(string? known, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await _client.GetObjectAsync(new GetObjectRequest { BucketName = _bucket, Key = _key, EtagToNotMatch = known }, cancellationToken);
            return new OpenedState(await PlainAsync(answer.ResponseStream, cancellationToken), answer.ETag ?? Guid.NewGuid().ToString("N"));
        }
        catch (AmazonS3Exception e) when (e.StatusCode == HttpStatusCode.NotModified)
        {
            return new OpenedState(null, known!);
        }
        catch (AmazonServiceException e)
        {
            throw new StateException($"{Name}: the state cannot be fetched: the server answers {(int)e.StatusCode} {e.ErrorCode}" + (e.StatusCode switch
            {
                HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => "; check the credentials and that they may s3:GetObject",
                HttpStatusCode.NotFound => "; there is no state under this address",
                HttpStatusCode.MovedPermanently or HttpStatusCode.BadRequest => "; check the region",
                _ => "",
            }), e);
        }
        catch (Exception e) when (e is AmazonClientException or HttpRequestException or FormatException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new StateException($"{Name}: the state cannot be fetched: {(e is OperationCanceledException ? "no answer in time" : e.Message)}", e);
        }
    }

    public void Dispose() => _client.Dispose();
}
