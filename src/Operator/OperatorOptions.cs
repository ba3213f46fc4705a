using Comptroller.AuditPolicies.Alerting;
using Comptroller.Kubernetes.Client;
using Microsoft.Extensions.Logging;

namespace Comptroller.Operator;

/// <summary>How the operator runs.</summary>
public sealed record OperatorOptions
{
    public required KubeClientConfiguration Cluster { get; init; }

    /// <summary>Namespaces whose resources are reconciled; empty means all.</summary>
    public IReadOnlyList<string> WatchNamespaces { get; init; } = [];

    /// <summary><c>:8080</c>, <c>127.0.0.1:0</c> for a free port, or <c>0</c> for none.</summary>
    public string MetricsBindAddress { get; init; } = ":8080";

    /// <summary>As <see cref="MetricsBindAddress"/>.</summary>
    public string ProbeBindAddress { get; init; } = ":8081";

    /// <summary>Whether a Lease decides which of several processes acts.</summary>
    public bool LeaderElection { get; init; }

    public string LeaderElectionNamespace { get; init; } = "comptroller-system";

    /// <summary>Name of this process: the pod's.</summary>
    public string Instance { get; init; } = Environment.MachineName;

    /// <summary>Namespace of the own pod; null outside a cluster.</summary>
    public string? PodNamespace { get; init; }

    /// <summary>Name of the own service account.</summary>
    public string ServiceAccount { get; init; } = "comptroller";

    /// <summary>As whom the own requests stand in an audit log. Outside a cluster that is not known, and the account of the manifests is as good as any.</summary>
    internal string User => PodNamespace is null ? AlertOptions.DefaultOperatorUser : $"system:serviceaccount:{PodNamespace}:{ServiceAccount}";

    /// <summary>Image that audits run; the own pod's when null.</summary>
    public string? Image { get; init; }

    /// <summary>Where metrics and spans are sent beside <c>/metrics</c>; null sends nothing.</summary>
    internal TelemetryTarget? Telemetry { get; init; }

    /// <summary>Directory with credentials for reading from VictoriaLogs, one file <c>user:password</c> per host; null for none.</summary>
    public string? DeliveryCredentials { get; init; }

    /// <summary>File of the own audit trail, in a directory of its own; null for none.</summary>
    public string? AuditTrail { get; init; }

    /// <summary>Lets <c>spec.delivery</c> name an endpoint on this machine. For trials: in a cluster that would be the operator's own pod.</summary>
    public bool AllowLoopback { get; init; }

    public int MaxConcurrentReconciles { get; init; } = 4;

    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    /// <summary>Receives the log, one JSON document a line; standard error when null.</summary>
    public Stream? Log { get; init; }
}
