using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Comptroller.Crds.PolicyAuditSchedules;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;

namespace Comptroller.Operator.PolicyAuditSchedules.Rendering;

/// <summary>What a pod of an audit is there for.</summary>
internal enum AuditTask
{
    Audit,
    Cleanup,
    Daemon,
}

/// <summary>
/// The pod that every task runs in: the operator's own image as user 1001 on a read-only root, under the restricted pod security
/// standard, without a token for Kubernetes. Results leave it by the termination message, and everything else stays on the volume.
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
    public const string ResultPath = "/dev/termination-log";

    private const string GradingFolder = $"{ConfigurationFolder}/grading";

    private const string ConfigurationFolder = "/etc/comptroller";
    private const string CredentialsFolder = $"{ConfigurationFolder}/credentials";
    private const int User = 1001;
    private const int GracePeriodSeconds = 60;

    // Of the grace period, for the checkpoint, the store and the endpoints once a running task was given up.
    private const int StopTimeoutSeconds = GracePeriodSeconds - 10;

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
        var metadata = new JsonObject { ["labels"] = Labels(Owner.Name, task) };
        if (task == AuditTask.Daemon)
        {
            // A pod reads files and variables when it starts: another hash starts another pod. Jobs start anew for every run anyway.
            var annotations = new JsonObject { ["comptroller.dev/inputs"] = InputsHash() };
            if (Inputs.Request is { } request)
            {
                annotations[RequestAnnotation] = request;
            }

            metadata["annotations"] = annotations;
        }

        return new JsonObject
        {
            ["metadata"] = metadata,
            ["spec"] = new JsonObject
            {
                ["restartPolicy"] = task == AuditTask.Daemon ? "Always" : "Never",
                ["automountServiceAccountToken"] = false,
                ["enableServiceLinks"] = false,
                ["terminationGracePeriodSeconds"] = GracePeriodSeconds,
                ["securityContext"] = new JsonObject
                {
                    ["runAsNonRoot"] = true,
                    ["runAsUser"] = User,
                    ["runAsGroup"] = User,
                    ["fsGroup"] = User,
                    ["seccompProfile"] = new JsonObject { ["type"] = "RuntimeDefault" },
                },
                ["containers"] = new JsonArray(Container(task)),
                ["volumes"] = Volumes(task),
            },
        };
    }

    private JsonObject Container(AuditTask task)
    {
        var resources = Spec.Jobs.Resources;
        var container = new JsonObject
        {
            ["name"] = ContainerName,
            ["image"] = Spec.Jobs.Image ?? Inputs.Image,
            ["args"] = Arguments(task),
            ["env"] = Environment(task),
            ["resources"] = new JsonObject
            {
                ["requests"] = new JsonObject { ["cpu"] = resources.CpuRequest, ["memory"] = resources.MemoryRequest },
                ["limits"] = new JsonObject { ["memory"] = resources.MemoryLimit },
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
            ["volumeMounts"] = Mounts(task),
        };
        if (task == AuditTask.Daemon)
        {
            AuditDaemonObjects.AddProbes(container);
        }

        return container;
    }

    /// <summary>Every path of the pod is an argument, and none is in the configuration: that one says what to do, this one where.</summary>
    private JsonArray Arguments(AuditTask task)
    {
        string[] grading = Spec.GradingConfigMapRef is null || task == AuditTask.Cleanup ? [] : ["--grading", GradingFolder];
        // One that replaces another finds the volume in use for as long as that one has to stop, and some. One that still does then has started
        // beside a requested run, which audits the same: it gives way, as Forbid makes a run of the CronJob give way to the one before.
        string[] result = task switch
        {
            AuditTask.Audit => ["--termination-log", ResultPath, "--lock-timeout", $"{GracePeriodSeconds + 30}s", "--when-busy", "skip"],
            AuditTask.Daemon => ["--stop-timeout", $"{StopTimeoutSeconds}"],
            _ => [],
        };
        // A daemon is asked by starting it anew: it takes no orders over the network, where anybody could give them.
        string[] now = task == AuditTask.Daemon && Inputs.Request is not null ? ["--immediate"] : [];
        string[] arguments =
        [
            "falcon", Name(task), "--config", $"{ConfigurationFolder}/{AuditConfiguration.FileName}", "--store", $"{DataPath}/db.sqlite", "--output-dir", $"{DataPath}/reports",
            .. grading, .. result, .. now,
        ];
        return [.. arguments.Select(argument => (JsonNode)argument)];
    }

    private JsonArray Environment(AuditTask task)
    {
        var variables = new JsonArray(
            // There is no writable place for what the runtime's diagnostics would leave, and nobody to attach.
            new JsonObject { ["name"] = "DOTNET_EnableDiagnostics", ["value"] = "0" },
            new JsonObject { ["name"] = "TZ", ["value"] = Spec.TimeZone });
        if (task != AuditTask.Cleanup)
        {
            var credentials = Spec.Falcon.CredentialsSecretRef;
            variables.Add((JsonNode)FromSecret($"{AuditConfiguration.CredentialsPrefix}CLIENT_ID", credentials.Name, credentials.ClientIdKey));
            variables.Add((JsonNode)FromSecret($"{AuditConfiguration.CredentialsPrefix}CLIENT_SECRET", credentials.Name, credentials.ClientSecretKey));
        }

        if (task == AuditTask.Daemon)
        {
            // A variable is as old as the container; a file follows the Secret, and is read at every login.
            variables.Add((JsonNode)new JsonObject { ["name"] = $"{AuditConfiguration.CredentialsPrefix}CLIENT_ID_FILE", ["value"] = $"{CredentialsFolder}/client_id" });
            variables.Add((JsonNode)new JsonObject { ["name"] = $"{AuditConfiguration.CredentialsPrefix}CLIENT_SECRET_FILE", ["value"] = $"{CredentialsFolder}/client_secret" });
        }

        return variables;
    }

    private static JsonObject FromSecret(string variable, string secret, string key) => new()
    {
        ["name"] = variable,
        ["valueFrom"] = new JsonObject { ["secretKeyRef"] = new JsonObject { ["name"] = secret, ["key"] = key } },
    };

    private JsonArray Mounts(AuditTask task)
    {
        var mounts = new JsonArray(
            // One file instead of the folder, because the grading files have their place beside it.
            new JsonObject
            {
                ["name"] = "config",
                ["mountPath"] = $"{ConfigurationFolder}/{AuditConfiguration.FileName}",
                ["subPath"] = AuditConfiguration.FileName,
                ["readOnly"] = true,
            },
            new JsonObject { ["name"] = "data", ["mountPath"] = DataPath },
            new JsonObject { ["name"] = "tmp", ["mountPath"] = "/tmp" });
        if (Spec.GradingConfigMapRef is not null)
        {
            mounts.Add((JsonNode)new JsonObject { ["name"] = "grading", ["mountPath"] = GradingFolder, ["readOnly"] = true });
        }

        if (task == AuditTask.Daemon)
        {
            mounts.Add((JsonNode)new JsonObject { ["name"] = "credentials", ["mountPath"] = CredentialsFolder, ["readOnly"] = true });
        }

        return mounts;
    }

    private JsonArray Volumes(AuditTask task)
    {
        var volumes = new JsonArray(
            new JsonObject { ["name"] = "config", ["configMap"] = new JsonObject { ["name"] = AuditObjects.ConfigurationName(Owner) } },
            new JsonObject { ["name"] = "data", ["persistentVolumeClaim"] = new JsonObject { ["claimName"] = Spec.Storage.ClaimName ?? AuditObjects.VolumeClaimName(Owner) } },
            new JsonObject { ["name"] = "tmp", ["emptyDir"] = new JsonObject { ["sizeLimit"] = "64Mi" } });
        if (Spec.GradingConfigMapRef is { } grading)
        {
            volumes.Add((JsonNode)new JsonObject { ["name"] = "grading", ["configMap"] = new JsonObject { ["name"] = grading.Name } });
        }

        if (task == AuditTask.Daemon)
        {
            var credentials = Spec.Falcon.CredentialsSecretRef;
            volumes.Add((JsonNode)new JsonObject
            {
                ["name"] = "credentials",
                ["secret"] = new JsonObject
                {
                    ["secretName"] = credentials.Name,
                    ["defaultMode"] = 0x120, // 0440: the group is the pod's fsGroup
                    ["items"] = new JsonArray(
                        new JsonObject { ["key"] = credentials.ClientIdKey, ["path"] = "client_id" },
                        new JsonObject { ["key"] = credentials.ClientSecretKey, ["path"] = "client_secret" }),
                    // The variables require it already, and the kubelet says so in words.
                    ["optional"] = true,
                },
            });
        }

        return volumes;
    }

    private string InputsHash()
    {
        var all = string.Join('\n', Configuration, Inputs.Grading.Revision);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(all)).AsSpan(0, 8));
    }
}
