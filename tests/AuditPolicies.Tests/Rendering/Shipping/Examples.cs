using System.Text.Json.Nodes;
using Comptroller.AuditPolicies.Model;
using Comptroller.AuditPolicies.Rendering.Shipping;

namespace Comptroller.AuditPolicies.Tests.Rendering.Shipping;

/// <summary>Options and the configurations they come to.</summary>
internal static class Examples
{
    public static readonly VictoriaLogsSink VictoriaLogs = new() { Endpoint = new Uri("https://logs.example.com:9428") };

    public static readonly SecretReference Secret = new("sinks", "key");

    /// <summary>Every sink and every option that changes the configuration.</summary>
    public static readonly FluentBitOptions Everything = new()
    {
        Cluster = "infra",
        Sinks =
        [
            VictoriaLogs with { AccountId = 3, Authentication = new Authentication(null, Secret), IgnoreFields = ["responseObject*"] },
            new LokiSink { Endpoint = new Uri("https://loki.example.com/gateway/"), TenantId = "audit", Authentication = new Authentication(null, Secret), Tls = new TlsOptions { CaSecret = Secret, ClientCertificateSecret = "client" } },
            new ElasticsearchSink { Endpoint = new Uri("https://es.example.com:9200"), Authentication = new Authentication("writer", Secret) },
            new OpenTelemetrySink { Endpoint = new Uri("http://collector.monitoring:4318") },
            new S3Sink { Bucket = "audit-archive", Region = "eu-central-1", AccessKeyId = Secret, SecretAccessKey = Secret },
        ],
        Redaction = new Redaction { Annotations = ["kubectl.kubernetes.io/last-applied-configuration"], Bodies = [new GroupResources { Resources = ["secrets"] }] },
    };

    public static readonly FluentBitOptions Options = Everything with { Sinks = [VictoriaLogs], Redaction = null };

    public static readonly string[] Formats = ["yaml", "classic"];

    /// <summary>The tree of a configuration as it is read back from one of the <see cref="Formats"/>.</summary>
    public static JsonObject Configuration(FluentBitOptions options, string format)
    {
        var configuration = FluentBitConfiguration.Render(options);
        return format == "yaml" ? configuration : ClassicFormat.Read(ClassicFormat.Main(configuration), ClassicFormat.Parsers(configuration));
    }
}
