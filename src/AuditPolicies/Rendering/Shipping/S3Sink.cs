using System.Text.Json.Nodes;

namespace Comptroller.AuditPolicies.Rendering.Shipping;

/// <summary>
/// Cold storage: gzip files of JSON lines in a bucket, by day and hour. Credentials come from the node, the pod's identity or the
/// environment; the configuration knows none.
/// </summary>
public sealed record S3Sink : Sink
{
    public required string Bucket { get; init; }

    public required string Region { get; init; }

    /// <summary>Address of a store that is not Amazon's; null for Amazon's.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary>Start of the object names, without slashes at its ends.</summary>
    public string KeyPrefix { get; init; } = "kubernetes-audit";

    /// <summary>Amazon's storage class; null for that of the bucket.</summary>
    public string? StorageClass { get; init; }

    /// <summary>Role to assume; null for none.</summary>
    public string? Role { get; init; }

    /// <summary>Access key of the pod's environment; null where node or pod have an identity.</summary>
    public SecretReference? AccessKeyId { get; init; }

    /// <summary>The other half of <see cref="AccessKeyId"/>.</summary>
    public SecretReference? SecretAccessKey { get; init; }

    public override string Name => "s3";

    public override IEnumerable<SecretVariable> Variables => AccessKeyId is { } id && SecretAccessKey is { } key
        ? [new("AWS_ACCESS_KEY_ID", id), new("AWS_SECRET_ACCESS_KEY", key)]
        : [];

    protected override string Plugin => "s3";

    public override IEnumerable<OptionError> Check()
    {
        if (!AcceptedText.Bucket(Bucket))
        {
            yield return Error("bucket", $"\"{Bucket}\" must be 3 to 63 lower-case letters, digits, '.' or '-'");
        }

        if (!AcceptedText.Region(Region))
        {
            yield return Error("region", $"\"{Region}\" must be the name of a region such as eu-central-1");
        }

        if (Endpoint is { } endpoint && (!endpoint.IsAbsoluteUri || endpoint.Scheme is not ("http" or "https") || endpoint.PathAndQuery != "/" || endpoint.UserInfo.Length > 0))
        {
            yield return Error("endpoint", $"\"{endpoint.OriginalString}\" must be an http or https address without path, such as https://minio.example:9000");
        }

        if (!AcceptedText.KeyPrefix(KeyPrefix))
        {
            yield return Error("keyPrefix", $"\"{KeyPrefix}\" must be letters, digits and . _ -, with single slashes between");
        }

        if (StorageClass is { } storageClass && !AcceptedText.StorageClass(storageClass))
        {
            yield return Error("storageClass", $"\"{storageClass}\" must be a storage class such as GLACIER_IR");
        }

        if (Role is { } role && !AcceptedText.Role(role))
        {
            yield return Error("roleARN", $"\"{role}\" must be the ARN of an IAM role");
        }

        if (AccessKeyId is null != SecretAccessKey is null)
        {
            yield return Error("accessKeyIDSecretRef", "and secretAccessKeySecretRef go together");
        }
    }

    protected override void Add(JsonObject output, FluentBitOptions options)
    {
        output["bucket"] = Bucket;
        output["region"] = Region;
        if (Endpoint is { } endpoint)
        {
            output["endpoint"] = endpoint.GetLeftPart(UriPartial.Authority);
        }

        // The UUID keeps control-plane nodes from overwriting each other's files.
        output["s3_key_format"] = $"/{KeyPrefix}/{options.Cluster}/%Y/%m/%d/%H/%M%S-$UUID.jsonl.gz";
        output["use_put_object"] = true;
        output["total_file_size"] = "50M";
        output["upload_timeout"] = "10m";
        output["compression"] = "gzip";
        output["json_date_key"] = false;
        // Buckets with object lock refuse uploads without it.
        output["send_content_md5"] = true;
        // This output buffers by itself, by default below /tmp, where a restart loses what was not yet sent.
        output["store_dir"] = options.StateDirectory + "/s3";
        output["store_dir_limit_size"] = options.BufferLimit;
        // A number: this output takes no_limits for 5.
        output["retry_limit"] = 1_000_000;
        if (StorageClass is { } storageClass)
        {
            output["storage_class"] = storageClass;
        }

        if (Role is { } role)
        {
            output["role_arn"] = role;
        }
    }
}
