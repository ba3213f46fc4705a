using System.Text.Json.Nodes;
using Comptroller.Crds.DriftWatches;
using Comptroller.Crds.PolicyAuditSchedules;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Operator.Workloads;

namespace Comptroller.Operator.DriftWatches.Rendering;

/// <summary>What keeps a watch running, lets events in and everything else out. Pure.</summary>
internal static class DriftObjects
{
    private const string PortName = "health"; // as DaemonObjects calls it

    public static string Name(ObjectMeta owner) => $"{owner.Name}-drift";

    public static string ConfigurationName(ObjectMeta owner) => $"{owner.Name}-drift-config";

    public static string VolumeClaimName(ObjectMeta owner) => $"{owner.Name}-drift-data";

    /// <summary>Null for the namespace's own account.</summary>
    public static string? ServiceAccountName(ObjectMeta owner, DriftCredentials credentials) =>
        credentials.ServiceAccountName ?? (credentials.ServiceAccountAnnotations.Count > 0 ? Name(owner) : null);

    /// <summary>Whether there is one pod at most.</summary>
    public static bool IsOne(DriftWatchSpec spec) => spec.Autoscaling is null && spec.Replicas is null or 1;

    /// <summary>How many pods there should be at least.</summary>
    public static int Wanted(DriftWatchSpec spec) => spec.Suspend ? 0 : spec.Autoscaling?.MinReplicas ?? spec.Replicas ?? 1;

    /// <summary>Where Falco sends to.</summary>
    public static string Endpoint(ObjectMeta owner, DriftWatchSpec spec) =>
        $"{(spec.Intake.Tls is null ? "http" : "https")}://{Host(owner)}:{spec.Intake.Port}/api/v1/falco/events";

    /// <summary>Name of the Service in the cluster, which a certificate must name.</summary>
    public static string Host(ObjectMeta owner) => $"{Name(owner)}.{owner.Namespace}.svc";

    public static DesiredObject Configuration(ObjectMeta owner, string configuration) =>
        RenderedConfigMap.Of(owner, ConfigurationName(owner), new JsonObject { [DriftConfiguration.FileName] = configuration });

    public static DesiredObject? VolumeClaim(ObjectMeta owner, DriftWatchSpec spec)
    {
        var storage = spec.Store.Sqlite ?? new AuditStorage();
        return spec.Store.Postgres is not null || storage.ClaimName is not null ? null
            : PodVolume.NewClaim(owner, VolumeClaimName(owner), storage.Size, storage.AccessMode, storage.StorageClassName);
    }

    public static DesiredObject? ServiceAccount(ObjectMeta owner, DriftCredentials credentials)
    {
        if (credentials.ServiceAccountName is not null || credentials.ServiceAccountAnnotations.Count == 0)
        {
            return null;
        }

        var account = Object(RenderedKinds.ServiceAccounts, owner, Name(owner));
        account.Body["metadata"]!["annotations"] = new JsonObject(
            credentials.ServiceAccountAnnotations.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => KeyValuePair.Create(entry.Key, (JsonNode?)entry.Value)));
        account.Body["automountServiceAccountToken"] = false;
        return account;
    }

    public static DesiredObject Service(ObjectMeta owner, DriftWatchSpec spec) => Object(RenderedKinds.Services, owner, Name(owner), new JsonObject
    {
        ["selector"] = WatchPod.Selector(owner),
        ["ports"] = new JsonArray(new JsonObject { ["name"] = "http", ["port"] = spec.Intake.Port, ["targetPort"] = PortName, ["protocol"] = "TCP" }),
        // A watch that waits for its states is not ready and keeps events all the same: turning senders away would lose them.
        ["publishNotReadyAddresses"] = true,
    });

    public static DesiredObject Deployment(ObjectMeta owner, DriftWatchSpec spec, JsonObject template)
    {
        var deployment = new JsonObject
        {
            // Two writers of one SQLite file exclude each other: the old one goes first.
            ["strategy"] = spec.Store.Postgres is null
                ? new JsonObject { ["type"] = "Recreate" }
                : new JsonObject { ["type"] = "RollingUpdate", ["rollingUpdate"] = new JsonObject { ["maxSurge"] = 1, ["maxUnavailable"] = 0 } },
            ["selector"] = new JsonObject { ["matchLabels"] = WatchPod.Selector(owner) },
            ["template"] = template,
        };
        if (spec.Autoscaling is null || spec.Suspend)
        {
            // The autoscaler's own otherwise; it rests at 0.
            deployment.Insert(0, "replicas", Wanted(spec));
        }

        return Object(RenderedKinds.Deployments, owner, Name(owner), deployment);
    }

    public static DesiredObject? Autoscaler(ObjectMeta owner, DriftWatchSpec spec) => spec.Autoscaling is not { } scaling ? null
        : Object(RenderedKinds.Autoscalers, owner, Name(owner), new JsonObject
        {
            ["scaleTargetRef"] = new JsonObject { ["apiVersion"] = RenderedKinds.Deployments.ApiVersion, ["kind"] = RenderedKinds.Deployments.Kind, ["name"] = Name(owner) },
            ["minReplicas"] = scaling.MinReplicas,
            ["maxReplicas"] = scaling.MaxReplicas,
            ["metrics"] = new JsonArray(Utilization("cpu", scaling.CpuPercent), Utilization("memory", scaling.MemoryPercent)),
        });

    /// <summary>Null for a single pod: a budget would either mean nothing or keep its node from being drained.</summary>
    public static DesiredObject? DisruptionBudget(ObjectMeta owner, DriftWatchSpec spec) => IsOne(spec) ? null
        : Object(RenderedKinds.DisruptionBudgets, owner, Name(owner), new JsonObject
        {
            ["maxUnavailable"] = 1,
            ["selector"] = new JsonObject { ["matchLabels"] = WatchPod.Selector(owner) },
        });

    /// <summary>Metrics of the pods. They carry the resource's names, which Prometheus would not know.</summary>
    public static DesiredObject PodScrape(ObjectMeta owner, DriftWatchSpec spec)
    {
        var endpoint = new JsonObject
        {
            ["port"] = PortName,
            ["path"] = "/metrics",
            ["relabelConfigs"] = new JsonArray(
                new JsonObject { ["targetLabel"] = DriftWatchMetrics.NamespaceLabel, ["replacement"] = owner.Namespace },
                new JsonObject { ["targetLabel"] = DriftWatchMetrics.NameLabel, ["replacement"] = owner.Name }),
        };
        if (spec.Intake.Tls is not null)
        {
            endpoint["scheme"] = "https";
            // It is asked by its address, which no certificate names.
            endpoint["tlsConfig"] = new JsonObject { ["insecureSkipVerify"] = true };
        }

        return Object(RenderedKinds.VmPodScrapes, owner, Name(owner), new JsonObject
        {
            ["selector"] = new JsonObject { ["matchLabels"] = WatchPod.Selector(owner) },
            ["podMetricsEndpoints"] = new JsonArray(endpoint),
        });
    }

    public static DesiredObject NetworkPolicy(ObjectMeta owner, DriftWatchSpec spec, DriftWatchInputs inputs)
    {
        var network = spec.Network;
        var egress = new List<JsonObject> { PodNetwork.Dns(network.DnsNamespace) };
        if (network.ToCidrs.Count > 0)
        {
            var networks = PodNetwork.To(network.ToCidrs);
            networks.Remove("ports");
            egress.Add(networks);
        }
        else
        {
            egress.Add(PodNetwork.To([], [.. PublicPorts(spec).Distinct().Order()]));
        }

        if (network.ToNamespaces.Count > 0)
        {
            egress.Add(new JsonObject { ["to"] = Namespaces(network.ToNamespaces) });
        }

        if (spec.Credentials.ServiceAccountAnnotations.Keys.Any(key => key.StartsWith("iam.gke.io/", StringComparison.Ordinal)))
        {
            // Google's workload identity is answered by the node's metadata server.
            egress.Add(PodNetwork.To(["169.254.169.254/32"], 80, 988));
        }

        var policy = PodNetwork.Policy(owner, Name(owner), WatchPod.Selector(owner), [spec.Intake.Port], egress);
        if (network.FromNamespaces.Count > 0)
        {
            policy.Body["spec"]!["ingress"]![0]!["from"] = Namespaces([.. network.FromNamespaces.Append(inputs.OperatorNamespace).Distinct(StringComparer.Ordinal)]);
        }

        return policy;
    }

    private static IEnumerable<int> PublicPorts(DriftWatchSpec spec) =>
    [
        443,
        .. spec.States.Select(state => state.Http?.Url ?? state.S3?.Endpoint).Where(address => Uri.TryCreate(address, UriKind.Absolute, out _)).Select(address => new Uri(address!).Port),
        .. spec.Store.Postgres is { } postgres ? [postgres.Port] : Array.Empty<int>(),
    ];

    private static JsonArray Namespaces(IReadOnlyList<string> names) =>
        [.. names.Select(name => (JsonNode)new JsonObject { ["namespaceSelector"] = new JsonObject { ["matchLabels"] = new JsonObject { ["kubernetes.io/metadata.name"] = name } } })];

    private static JsonObject Utilization(string resource, int percent) => new()
    {
        ["type"] = "Resource",
        ["resource"] = new JsonObject { ["name"] = resource, ["target"] = new JsonObject { ["type"] = "Utilization", ["averageUtilization"] = percent } },
    };

    private static DesiredObject Object(ResourceType type, ObjectMeta owner, string name, JsonObject? spec = null)
    {
        var body = new JsonObject
        {
            ["apiVersion"] = type.ApiVersion,
            ["kind"] = type.Kind,
            ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = owner.Namespace, ["labels"] = WatchPod.Labels(owner.Name) },
        };
        if (spec is not null)
        {
            body["spec"] = spec;
        }

        return new DesiredObject(type, body);
    }
}
