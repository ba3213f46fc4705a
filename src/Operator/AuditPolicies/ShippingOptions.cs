using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Comptroller.AuditPolicies.Rendering.Shipping;
using Comptroller.AuditPolicies.Rendering.Targets;
using Comptroller.Crds.AuditPolicies;
using Comptroller.Crds.Workloads;
using Redaction = Comptroller.AuditPolicies.Rendering.Shipping.Redaction;

namespace Comptroller.Operator.AuditPolicies;

/// <summary>From <c>spec.targets</c> and <c>spec.forwarding</c> to what the pure libraries take, one Fluent Bit for each target.</summary>
internal static class ShippingOptions
{
    /// <summary>What the policy is rendered for, in the order of the fields; Talos when nothing is named.</summary>
    public static ImmutableArray<Distribution> Distributions(Crds.AuditPolicies.Targets targets)
    {
        ImmutableArray<Distribution> named =
        [
            .. targets.Talos is null ? [] : new[] { Distribution.Talos },
            .. targets.Kubeadm is null ? [] : new[] { Distribution.Kubeadm },
            .. targets.K3s is null ? [] : new[] { Distribution.K3s },
            .. targets.Rke2 is null ? [] : new[] { Distribution.Rke2 },
        ];
        return named.IsEmpty ? [Distribution.Talos] : named;
    }

    /// <summary>A Fluent Bit for each target and the configuration it comes to. Empty without errors: shipping was not asked for.</summary>
    /// <param name="spec">The fields.</param>
    /// <param name="counters">What alert rules need counted.</param>
    public static (ImmutableArray<(FluentBitOptions Options, JsonObject Configuration)> Values, ImmutableArray<string> Errors) Of(AuditPolicySpec spec, ImmutableArray<EventCounter> counters)
    {
        if (spec.Forwarding is not { } forwarding)
        {
            return ([], []);
        }

        var options = Distributions(spec.Targets).Select(distribution => new FluentBitOptions
        {
            Cluster = forwarding.Cluster,
            Sinks = [.. Sinks(forwarding)],
            Distribution = distribution,
            Path = forwarding.FluentBit.LogPath,
            StateDirectory = forwarding.FluentBit.StatePath,
            BufferLimit = forwarding.FluentBit.BufferLimit,
            Redaction = Of(forwarding.Redaction),
            Counters = counters,
        }).ToImmutableArray();
        var errors = options.SelectMany(value => value.Check()).Distinct().Select(error => $"{Path(error.Field)}: {error.Message}").ToImmutableArray();
        if (!errors.IsEmpty)
        {
            return ([], errors);
        }

        var rendered = options.Select(value => (value, FluentBitConfiguration.Render(value))).ToImmutableArray();
        errors = [.. rendered.SelectMany(value => Faults(value.Item1, value.Item2, forwarding.Formats)).Distinct()];
        return (errors.IsEmpty ? rendered : [], errors);
    }

    /// <summary>The files that Fluent Bit reads, one for each target; empty when nothing is shipped.</summary>
    public static ImmutableArray<string> LogPaths(AuditPolicySpec spec) => spec.Forwarding is not { } forwarding ? []
        : forwarding.FluentBit.LogPath is { } path ? [path]
        : [.. Distributions(spec.Targets).Select(distribution => distribution.LogPath)];

    // What the options let through that Fluent Bit would not survive; its own dry run would not notice either.
    // Only of the formats that are rendered: this runs in every plan.
    private static IEnumerable<string> Faults(FluentBitOptions options, JsonObject configuration, IReadOnlyList<string> formats) => formats
        .Select(format => format == ForwardingFormats.Classic ? ClassicFormat.Read(ClassicFormat.Main(configuration), ClassicFormat.Parsers(configuration)) : configuration)
        .SelectMany(tree => FluentBitCheck.Check(tree, options.Variables.Select(variable => variable.Name)))
        .Select(fault => $"spec.forwarding: {fault}");

    private static IEnumerable<Sink> Sinks(Forwarding forwarding)
    {
        if (forwarding.VictoriaLogs is { } victoriaLogs)
        {
            var sink = new VictoriaLogsSink
            {
                Endpoint = Address(victoriaLogs.Endpoint),
                AccountId = (uint)victoriaLogs.AccountId,
                ProjectId = (uint)victoriaLogs.ProjectId,
                IgnoreFields = [.. victoriaLogs.IgnoreFields],
            };
            yield return Trusting(sink, victoriaLogs.BasicAuth, victoriaLogs.BearerTokenSecretRef, victoriaLogs.Tls);
        }

        if (forwarding.Loki is { } loki)
        {
            yield return Trusting(new LokiSink { Endpoint = Address(loki.Endpoint), TenantId = loki.TenantId }, loki.BasicAuth, loki.BearerTokenSecretRef, loki.Tls);
        }

        if (forwarding.Elasticsearch is { } elastic)
        {
            yield return Trusting(new ElasticsearchSink { Endpoint = Address(elastic.Endpoint), Index = elastic.Index }, elastic.BasicAuth, elastic.ApiKeySecretRef, elastic.Tls);
        }

        if (forwarding.OpenTelemetry is { } otlp)
        {
            yield return Trusting(new OpenTelemetrySink { Endpoint = Address(otlp.Endpoint) }, otlp.BasicAuth, otlp.BearerTokenSecretRef, otlp.Tls);
        }

        if (forwarding.S3 is { } s3)
        {
            yield return new S3Sink
            {
                Bucket = s3.Bucket,
                Region = s3.Region,
                Endpoint = s3.Endpoint is { } endpoint ? Address(endpoint) : null,
                KeyPrefix = s3.KeyPrefix,
                StorageClass = s3.StorageClass,
                Role = s3.RoleArn,
                AccessKeyId = Of(s3.AccessKeyIdSecretRef),
                SecretAccessKey = Of(s3.SecretAccessKeySecretRef),
            };
        }
    }

    private static HttpSink Trusting(HttpSink sink, BasicAuth? basic, SecretKeyReference? token, ClientTls? tls) =>
        sink with { Authentication = Of(basic, token), Tls = Of(tls) };

    private static Authentication? Of(BasicAuth? basic, SecretKeyReference? token) =>
        basic is not null ? new Authentication(basic.Username, Of(basic.PasswordSecretRef)!)
        : token is not null ? new Authentication(null, Of(token)!)
        : null;

    private static TlsOptions Of(ClientTls? tls) => new()
    {
        CaFile = tls?.CaFile,
        CaSecret = Of(tls?.CaSecretRef),
        ClientCertificateSecret = tls?.ClientCertificateSecretRef?.Name,
        ServerName = tls?.ServerName,
    };

    private static SecretReference? Of(SecretKeyReference? reference) => reference is null ? null : new SecretReference(reference.Name, reference.Key);

    private static Redaction? Of(Crds.AuditPolicies.Redaction? redaction) => redaction is null ? null : new Redaction
    {
        Bodies = [.. redaction.Bodies.Select(entry => new Comptroller.AuditPolicies.Model.GroupResources { Group = entry.Group, Resources = [.. entry.Resources] })],
        Annotations = [.. redaction.Annotations],
        UserExtra = [.. redaction.UserExtra],
    };

    // What is no address at all becomes a relative one, which the options refuse by name.
    private static Uri Address(string text) =>
        Uri.TryCreate(text, UriKind.RelativeOrAbsolute, out var address) ? address : new Uri(Uri.EscapeDataString(text), UriKind.Relative);

    private static string Path(string field) => field switch
    {
        "path" => "spec.forwarding.fluentBit.logPath",
        "stateDirectory" => "spec.forwarding.fluentBit.statePath",
        "bufferLimit" => "spec.forwarding.fluentBit.bufferLimit",
        "sinks" => "spec.forwarding",
        _ => $"spec.forwarding.{field}",
    };
}
