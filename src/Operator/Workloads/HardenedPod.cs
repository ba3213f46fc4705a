using System.Text.Json.Nodes;
using Comptroller.Crds.Workloads;

namespace Comptroller.Operator.Workloads;

/// <summary>
/// The pod of whatever runs for a resource: one container of our image as user 1001 on a read-only root, under the restricted pod security
/// standard, without a token for Kubernetes. Results leave it by the termination message, and everything else stays on volumes. Pure.
/// </summary>
internal sealed record HardenedPod
{
    public const string ResultPath = "/dev/termination-log";
    public const int GracePeriodSeconds = 60;

    private const int User = 1001;

    /// <summary>Name of the container.</summary>
    public required string Name { get; init; }

    public required string Image { get; init; }

    public required JsonObject Labels { get; init; }

    /// <summary>Null for none.</summary>
    public JsonObject? Annotations { get; init; }

    public required IReadOnlyList<string> Arguments { get; init; }

    public required ContainerResources Resources { get; init; }

    /// <summary>IANA name; the clock of the container.</summary>
    public required string TimeZone { get; init; }

    /// <summary>Variables beside those that every pod has.</summary>
    public IReadOnlyList<JsonObject> Environment { get; init; } = [];

    public IReadOnlyList<PodVolume> Volumes { get; init; } = [];

    /// <summary>Whether it is kept running, instead of running once.</summary>
    public bool Stays { get; init; }

    /// <summary>Port of <c>/health</c>, <c>/ready</c> and <c>/metrics</c>; null for a pod that serves nothing.</summary>
    public int? HealthPort { get; init; }

    /// <summary>User and group, where files that it reads belong to somebody else; never 0.</summary>
    public int RunAs { get; init; } = User;

    /// <summary>Service account whose token is mounted; null for none, which is what all but one kind of pod has.</summary>
    public string? ServiceAccount { get; init; }

    /// <summary>Service account by which a cloud knows the pod; no token for Kubernetes comes with it. Null for the namespace's own.</summary>
    public string? Identity { get; init; }

    /// <summary>Where the container starts, and what its relative paths start from; null for the image's own.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>Members of the pod's spec that say where it runs, such as <c>nodeSelector</c> and <c>tolerations</c>.</summary>
    public JsonObject Placement { get; init; } = [];

    /// <summary>The pod template.</summary>
    public JsonObject Template()
    {
        var metadata = new JsonObject { ["labels"] = Labels.DeepClone() };
        if (Annotations is not null)
        {
            metadata["annotations"] = Annotations.DeepClone();
        }

        var spec = new JsonObject
        {
            ["restartPolicy"] = Stays ? "Always" : "Never",
            ["automountServiceAccountToken"] = ServiceAccount is not null,
            ["enableServiceLinks"] = false,
            ["terminationGracePeriodSeconds"] = GracePeriodSeconds,
            ["securityContext"] = new JsonObject
            {
                ["runAsNonRoot"] = true,
                ["runAsUser"] = RunAs,
                ["runAsGroup"] = RunAs,
                ["fsGroup"] = RunAs,
                ["seccompProfile"] = new JsonObject { ["type"] = "RuntimeDefault" },
            },
        };
        if ((ServiceAccount ?? Identity) is { } account)
        {
            spec["serviceAccountName"] = account;
        }

        foreach (var (key, value) in Placement)
        {
            spec[key] = value?.DeepClone();
        }

        spec["containers"] = new JsonArray(Container());
        spec["volumes"] = new JsonArray([.. Volumes.DistinctBy(volume => volume.Name).Select(volume => (JsonNode)volume.Write())]);
        return new JsonObject { ["metadata"] = metadata, ["spec"] = spec };
    }

    private JsonObject Container()
    {
        var container = new JsonObject
        {
            ["name"] = Name,
            ["image"] = Image,
            ["args"] = new JsonArray([.. Arguments.Select(argument => (JsonNode)argument)]),
            ["env"] = new JsonArray(
            [
                // There is no writable place for what the runtime's diagnostics would leave, and nobody to attach.
                Variable("DOTNET_EnableDiagnostics", "0"),
                Variable("TZ", TimeZone),
                .. Environment.Select(variable => variable.DeepClone()),
            ]),
            ["resources"] = new JsonObject
            {
                ["requests"] = new JsonObject { ["cpu"] = Resources.CpuRequest, ["memory"] = Resources.MemoryRequest },
                ["limits"] = new JsonObject { ["memory"] = Resources.MemoryLimit },
            },
            ["securityContext"] = new JsonObject
            {
                ["allowPrivilegeEscalation"] = false,
                ["readOnlyRootFilesystem"] = true,
                ["capabilities"] = new JsonObject { ["drop"] = new JsonArray("ALL") },
            },
            ["terminationMessagePath"] = ResultPath,
            // Not the end of the log instead of a message: a log line is no result, and status is no place for logs.
            ["terminationMessagePolicy"] = "File",
            ["volumeMounts"] = new JsonArray([.. Volumes.Select(volume => (JsonNode)volume.WriteMount())]),
        };
        if (WorkingDirectory is not null)
        {
            container["workingDir"] = WorkingDirectory;
        }

        if (HealthPort is { } port)
        {
            DaemonObjects.AddProbes(container, port);
        }

        return container;
    }

    public static JsonObject Variable(string name, string value) => new() { ["name"] = name, ["value"] = value };

    /// <summary>A variable with a field of the pod, such as <c>spec.nodeName</c>.</summary>
    public static JsonObject FromField(string variable, string path) => new()
    {
        ["name"] = variable,
        ["valueFrom"] = new JsonObject { ["fieldRef"] = new JsonObject { ["fieldPath"] = path } },
    };

    public static JsonObject FromSecret(string variable, string secret, string key) => new()
    {
        ["name"] = variable,
        ["valueFrom"] = new JsonObject { ["secretKeyRef"] = new JsonObject { ["name"] = secret, ["key"] = key } },
    };
}
