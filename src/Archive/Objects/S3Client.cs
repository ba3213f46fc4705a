using Amazon.Runtime;
using Amazon.Runtime.Internal;
using Amazon.S3;
using Amazon.S3.Internal;

namespace Comptroller.Archive.Objects;

/// <summary>
/// A client that tries again by itself only what it alone can mend: a clock that the store says is wrong, and another region. What passes with time is left to
/// <see cref="Archive.Objects.RetryPolicy"/>; the SDK would try each of those tries twice, with a wait of its own between that no <see cref="TimeProvider"/> knows of.
/// </summary>
internal sealed class S3Client(AWSCredentials credentials, AmazonS3Config config, Func<Exception, bool> isPassing) : AmazonS3Client(credentials, config)
{
    protected override void CustomizeRuntimePipeline(RuntimePipeline pipeline)
    {
        base.CustomizeRuntimePipeline(pipeline);
        pipeline.ReplaceHandler<RetryHandler>(new RetryHandler(new Retries(Config, isPassing)));
    }

    private sealed class Retries(IClientConfig config, Func<Exception, bool> isPassing) : AmazonS3StandardRetryPolicy(config)
    {
        public override Task<bool> RetryForExceptionAsync(IExecutionContext executionContext, Exception exception) =>
            isPassing(exception) ? Task.FromResult(false) : base.RetryForExceptionAsync(executionContext, exception);
    }
}
