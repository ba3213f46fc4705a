using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Comptroller.Crds.PolicyAuditSchedules;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Operator.Workloads;

namespace Comptroller.Operator.PolicyAuditSchedules.Rendering;

/// <summary>What a pod of an audit is there for.</summary>
internal enum AuditTask
{
    Audit,
    Cleanup,
    Daemon,
}

/// <summary>
/// The pod that every task runs in. The result of an audit leaves it by the termination message, and everything else stays on the volume.
/// </summary>
internal sealed record AuditPod(ObjectMeta Owner, PolicyAuditScheduleSpec Spec, PolicyAuditInputs Inputs, string Configuration)
{
    /// <summary>Label with the name of the resource, on everything that runs for it.</summary>
    public const string ScheduleLabel = "comptroller.dev/policy-audit";

    /// <summary>Label with the task.</summary>
    public const string TaskLabel = "comptroller.dev/task";

    /// <summary>The request that a daemon was started for.</summary>
    public const string RequestAnnotation = "comptroller.dev/requested-at";

    public const string ContainerName = "audit";
    private const string DataPath = "/data";

    private const string GradingFolder = $"{ConfigurationFolder}/grading";

    private const string ConfigurationFolder = "/etc/comptroller";
    private const string CredentialsFolder = $"{ConfigurationFolder}/credentials";

    // Of the grace period, for the checkpoint, the store and the endpoints once a running task was given up.
    private const int StopTimeoutSeconds = HardenedPod.GracePeriodSeconds - 10;

    public static JsonObject Labels(string owner, AuditTask task) => new()
    {
        [OwnedObjects.ManagedBy] = OperatorHost.Product,
        ["app.kubernetes.io/name"] = "falcon-policy-audit",
        [ScheduleLabel] = owner,
        [TaskLabel] = Name(task),
    };

    public static string Name(AuditTask task) => task.ToString().ToLowerInvariant();

    /// <summary>The pod template of a task.</summary>
    public JsonObject Template(AuditTask task)
    {
        var daemon = task == AuditTask.Daemon;
        return new HardenedPod
        {
            Name = ContainerName,
            Image = Spec.Jobs.Image ?? Inputs.Image,
            Labels = Labels(Owner.Name, task),
            Annotations = daemon ? Annotations() : null,
            Arguments = Arguments(task),
            Resources = Spec.Jobs.Resources,
            TimeZone = Spec.TimeZone,
            Environment = Environment(task),
            Volumes = Volumes(task),
            Stays = daemon,
            HealthPort = daemon ? AuditConfiguration.HealthPort : null,
        }.Template();
    }

    // A pod reads files and variables when it starts: another hash starts another pod. Jobs start anew for every run anyway.
    private JsonObject Annotations()
    {
        var annotations = new JsonObject { ["comptroller.dev/inputs"] = InputsHash() };
        if (Inputs.Request is { } request)
        {
            annotations[RequestAnnotation] = request;
        }

        return annotations;
    }

    /// <summary>Every path of the pod is an argument, and none is in the configuration: that one says what to do, this one where.</summary>
    private string[] Arguments(AuditTask task)
    {
        string[] grading = Spec.GradingConfigMapRef is null || task == AuditTask.Cleanup ? [] : ["--grading", GradingFolder];
        // One that replaces another finds the volume in use for as long as that one has to stop, and some. One that still does then has started
        // beside a requested run, which audits the same: it gives way, as Forbid makes a run of the CronJob give way to the one before.
        string[] result = task switch
        {
            AuditTask.Audit => ["--termination-log", HardenedPod.ResultPath, "--lock-timeout", $"{HardenedPod.GracePeriodSeconds + 30}s", "--when-busy", "skip"],
            AuditTask.Daemon => ["--stop-timeout", $"{StopTimeoutSeconds}"],
            _ => [],
        };
        // A daemon is asked by starting it anew: it takes no orders over the network, where anybody could give them.
        string[] now = task == AuditTask.Daemon && Inputs.Request is not null ? ["--immediate"] : [];
        return
        [
            "falcon", Name(task), "--config", $"{ConfigurationFolder}/{AuditConfiguration.FileName}", "--store", $"{DataPath}/db.sqlite", "--output-dir", $"{DataPath}/reports",
            .. grading, .. result, .. now,
        ];
    }

    private List<JsonObject> Environment(AuditTask task)
    {
        var variables = new List<JsonObject>();
        if (task != AuditTask.Cleanup)
        {
            var credentials = Spec.Falcon.CredentialsSecretRef;
            variables.Add(HardenedPod.FromSecret($"{AuditConfiguration.CredentialsPrefix}CLIENT_ID", credentials.Name, credentials.ClientIdKey));
            variables.Add(HardenedPod.FromSecret($"{AuditConfiguration.CredentialsPrefix}CLIENT_SECRET", credentials.Name, credentials.ClientSecretKey));
        }

        if (task == AuditTask.Daemon)
        {
            // A variable is as old as the container; a file follows the Secret, and is read at every login.
            variables.Add(HardenedPod.Variable($"{AuditConfiguration.CredentialsPrefix}CLIENT_ID_FILE", $"{CredentialsFolder}/client_id"));
            variables.Add(HardenedPod.Variable($"{AuditConfiguration.CredentialsPrefix}CLIENT_SECRET_FILE", $"{CredentialsFolder}/client_secret"));
        }

        return variables;
    }

    private List<PodVolume> Volumes(AuditTask task)
    {
        var volumes = new List<PodVolume>
        {
            // One file instead of the folder, because the grading files have their place beside it.
            PodVolume.ConfigMap("config", $"{ConfigurationFolder}/{AuditConfiguration.FileName}", AuditObjects.ConfigurationName(Owner), AuditConfiguration.FileName),
            PodVolume.Claim("data", DataPath, Spec.Storage.ClaimName ?? AuditObjects.VolumeClaimName(Owner)),
            PodVolume.Scratch("tmp", "/tmp", "64Mi"),
        };
        if (Spec.GradingConfigMapRef is { } grading)
        {
            volumes.Add(PodVolume.ConfigMap("grading", GradingFolder, grading.Name));
        }

        if (task == AuditTask.Daemon)
        {
            var credentials = Spec.Falcon.CredentialsSecretRef;
            volumes.Add(PodVolume.Secret(
                "credentials", CredentialsFolder, credentials.Name, [(credentials.ClientIdKey, "client_id"), (credentials.ClientSecretKey, "client_secret")],
                // The variables require it already, and the kubelet says so in words.
                optional: true));
        }

        return volumes;
    }

    private string InputsHash()
    {
        var all = string.Join('\n', Configuration, Inputs.Grading.Revision);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(all)).AsSpan(0, 8));
    }
}
