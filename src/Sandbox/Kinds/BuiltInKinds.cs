using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Schemas;
using Comptroller.Sandbox.Resources;
using Comptroller.Sandbox.Tables;

namespace Comptroller.Sandbox.Kinds;

/// <summary>The built-in kinds that are served, in discovery order. What a kind does beyond its document is in its strategy.</summary>
internal static class BuiltInKinds
{
    public const string RbacGroup = "rbac.authorization.k8s.io";
    public static readonly StorageName Namespaces = new("", "namespaces");
    public static readonly StorageName ServiceAccounts = new("", "serviceaccounts");
    public static readonly StorageName ConfigMaps = new("", "configmaps");
    public static readonly StorageName Events = new("", "events");
    public static readonly StorageName Definitions = new("apiextensions.k8s.io", "customresourcedefinitions");

    private static readonly string[] AllVerbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
    private static readonly string[] VerbsOfNamespaces = ["create", "delete", "get", "list", "patch", "update", "watch"];

    public static IReadOnlyList<ServedResource> All(TimeProvider time)
    {
        var coreEvent = TypedField.OfKind("io.k8s.api.core.v1.Event");
        var modernEvent = TypedField.OfKind("io.k8s.api.events.v1.Event");
        return
        [
            Kind("", "v1", "configmaps", "ConfigMap", "io.k8s.api.core.v1.ConfigMap", type => new ConfigMapStrategy(type)) with
            {
                ShortNames = ["cm"],
                Columns = BuiltInColumns.ConfigMap,
            },
            Kind("", "v1", "events", "Event", "io.k8s.api.core.v1.Event", type => new EventStrategy(type, coreEvent, modernEvent, modern: false)) with
            {
                ShortNames = ["ev"],
                Columns = BuiltInColumns.Event(modern: false),
                SelectableFields = EventFields.Core,
            },
            Kind("", "v1", "namespaces", "Namespace", "io.k8s.api.core.v1.Namespace", type => new NamespaceStrategy(type)) with
            {
                Namespaced = false,
                ShortNames = ["ns"],
                Verbs = VerbsOfNamespaces,
                HasStatus = true,
                Names = NameRule.Label,
                Columns = BuiltInColumns.Namespace,
                SelectableFields = Fields("status.phase"),
            },
            Kind("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", "io.k8s.api.core.v1.PersistentVolumeClaim", type => new VolumeClaimStrategy(type)) with
            {
                ShortNames = ["pvc"],
                HasStatus = true,
                ReturnsDeletedObject = true,
                Columns = [Columns.Name, Columns.Age],
            },
            Kind("", "v1", "pods", "Pod", "io.k8s.api.core.v1.Pod", type => new PodStrategy(type)) with
            {
                ShortNames = ["po"],
                Categories = ["all"],
                HasStatus = true,
                HasGeneration = true,
                ReturnsDeletedObject = true,
                Columns = BuiltInColumns.Pod,
                SelectableFields = Fields(
                    "spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "spec.hostNetwork", "status.phase", "status.podIP", "status.nominatedNodeName"),
            },
            Kind("", "v1", "secrets", "Secret", "io.k8s.api.core.v1.Secret", type => new SecretStrategy(type)) with
            {
                Columns = BuiltInColumns.Secret,
                SelectableFields = Fields("type"),
            },
            Kind("", "v1", "serviceaccounts", "ServiceAccount", "io.k8s.api.core.v1.ServiceAccount", type => new BuiltInStrategy(type)) with
            {
                ShortNames = ["sa"],
                AllowsUnconditionalUpdate = false,
                ReturnsDeletedObject = true,
                Columns = BuiltInColumns.ServiceAccount,
            },
            Kind("", "v1", "services", "Service", "io.k8s.api.core.v1.Service", type => new ServiceStrategy(type)) with
            {
                ShortNames = ["svc"],
                Categories = ["all"],
                HasStatus = true,
                ReturnsDeletedObject = true,
                Columns = [Columns.Name, Columns.Age],
            },
            Kind("apps", "v1", "deployments", "Deployment", "io.k8s.api.apps.v1.Deployment", type => new DeploymentStrategy(type)) with
            {
                ShortNames = ["deploy"],
                Categories = ["all"],
                HasStatus = true,
                HasGeneration = true,
                Columns = [Columns.Name, Columns.Age],
            },
            Kind("apps", "v1", "replicasets", "ReplicaSet", "io.k8s.api.apps.v1.ReplicaSet", type => new ReplicaSetStrategy(type)) with
            {
                ShortNames = ["rs"],
                Categories = ["all"],
                HasStatus = true,
                HasGeneration = true,
                Columns = [Columns.Name, Columns.Age],
            },
            Kind("events.k8s.io", "v1", "events", "Event", "io.k8s.api.events.v1.Event", type => new EventStrategy(type, coreEvent, modernEvent, modern: true)) with
            {
                ShortNames = ["ev"],
                Storage = Events,
                Columns = BuiltInColumns.Event(modern: true),
                SelectableFields = EventFields.Modern,
            },
            Kind("autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", "io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler", type => new SpecAndStatusStrategy(type)) with
            {
                ShortNames = ["hpa"],
                Categories = ["all"],
                HasStatus = true,
                HasGeneration = true,
                Columns = [Columns.Name, Columns.Age],
            },
            Kind("batch", "v1", "cronjobs", "CronJob", "io.k8s.api.batch.v1.CronJob", type => new CronJobStrategy(type)) with
            {
                ShortNames = ["cj"],
                Categories = ["all"],
                HasStatus = true,
                HasGeneration = true,
                Columns = BuiltInColumns.CronJob,
            },
            Kind("batch", "v1", "jobs", "Job", "io.k8s.api.batch.v1.Job", type => new JobStrategy(type)) with
            {
                Categories = ["all"],
                HasStatus = true,
                HasGeneration = true,
                Columns = BuiltInColumns.Job,
                SelectableFields = new Dictionary<string, Func<JsonObject, string>> { ["status.successful"] = job => At(job, "status.succeeded") is { Length: > 0 } count ? count : "0" },
            },
            Kind("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy", "io.k8s.api.networking.v1.NetworkPolicy", type => new BuiltInStrategy(type)) with
            {
                ShortNames = ["netpol"],
                HasGeneration = true,
                Columns = [Columns.Name, Columns.Age],
            },
            Kind("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", "io.k8s.api.policy.v1.PodDisruptionBudget", type => new SpecAndStatusStrategy(type)) with
            {
                ShortNames = ["pdb"],
                HasStatus = true,
                HasGeneration = true,
                Columns = [Columns.Name, Columns.Age],
            },
            Rbac("clusterrolebindings", "ClusterRoleBinding", namespaced: false, type => new RoleBindingStrategy(type, namespaced: false)) with
            {
                Columns = BuiltInColumns.RoleBinding(namespaced: false),
            },
            Rbac("clusterroles", "ClusterRole", namespaced: false, type => new RoleStrategy(type, namespaced: false)) with { Columns = BuiltInColumns.Role },
            Rbac("rolebindings", "RoleBinding", namespaced: true, type => new RoleBindingStrategy(type, namespaced: true)) with
            {
                Columns = BuiltInColumns.RoleBinding(namespaced: true),
            },
            Rbac("roles", "Role", namespaced: true, type => new RoleStrategy(type, namespaced: true)) with { Columns = BuiltInColumns.Role },
            Kind("apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition",
                "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition", type => new DefinitionStrategy(type, time)) with
            {
                Namespaced = false,
                ShortNames = ["crd", "crds"],
                Categories = ["api-extensions"],
                HasStatus = true,
                HasGeneration = true,
                AllowsUnconditionalUpdate = false,
                Columns = [Columns.Name, Columns.CreatedAt],
            },
            Kind("coordination.k8s.io", "v1", "leases", "Lease", "io.k8s.api.coordination.v1.Lease", type => new LeaseStrategy(type)) with
            {
                AllowsUnconditionalUpdate = false,
                Columns = BuiltInColumns.Lease,
            },
        ];
    }

    /// <summary>A built-in kind with what most of them share.</summary>
    /// <param name="definition">Full name of its document.</param>
    public static ServedResource Kind(string group, string version, string plural, string kind, string definition, Func<BuiltInType, IKindStrategy> strategy)
    {
        var document = SchemaDocuments.ExpandKind(definition);
        var type = new BuiltInType(TypedField.OfKind(definition), Schema.Parse(document));
        return new ServedResource
        {
            Group = group,
            Version = version,
            Plural = plural,
            Singular = kind.ToLowerInvariant(),
            Kind = kind,
            Namespaced = true,
            Verbs = AllVerbs,
            Schema = type.Schema,
            Document = document,
            Definition = definition,
            Zero = type.Fields.Zero()!.AsObject(),
            AllowsUnconditionalUpdate = true,
            Strategy = strategy(type),
            Storage = new StorageName(group, plural),
        };
    }

    private static ServedResource Rbac(string plural, string kind, bool namespaced, Func<BuiltInType, IKindStrategy> strategy) =>
        Kind(RbacGroup, "v1", plural, kind, $"io.k8s.api.rbac.v1.{kind}", strategy) with { Namespaced = namespaced, Names = NameRule.PathSegment };

    private static Dictionary<string, Func<JsonObject, string>> Fields(params string[] paths) =>
        paths.ToDictionary(path => path, path => (Func<JsonObject, string>)(item => At(item, path)), StringComparer.Ordinal);

    internal static string At(JsonObject item, string path) =>
        path.Split('.').Aggregate((JsonNode?)item, (node, step) => (node as JsonObject)?[step])?.ToString() ?? "";
}
