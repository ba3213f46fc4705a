using System.Globalization;
using System.Text.Json.Nodes;
using Comptroller.Crds.AuditBackups;
using Comptroller.Crds.Workloads;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Operator.Workloads;

namespace Comptroller.Operator.AuditBackups.Rendering;

/// <summary>The pod of each task: one verb of <c>archive</c>. It holds no token for Kubernetes. Pure.</summary>
internal sealed record BackupPod(ObjectMeta Owner, AuditBackupSpec Spec, AuditBackupInputs Inputs)
{
    /// <summary>Label with the name of the resource, on everything that runs for it.</summary>
    public const string BackupLabel = "comptroller.dev/audit-backup";

    /// <summary>Label with the task.</summary>
    public const string TaskLabel = "comptroller.dev/task";

    public const string ContainerName = "archive";

    private const string KeyFolder = "/etc/comptroller/keys";
    private const string SourceFolder = "/sources";
    private const string StoreFolder = "/store";
    private const string ScratchFolder = "/scratch";
    private const string RestoreFolder = "/restore";
    private const string NodeVariable = "NODE_NAME";
    private const string ControlPlane = "node-role.kubernetes.io/control-plane";

    public NodeAuditLogSource? NodeSource { get; } = Spec.Sources.Select(source => source.NodeAuditLog).FirstOrDefault(source => source is not null);

    /// <summary>Pods of one run: one a node.</summary>
    public int Pods => NodeSource?.Nodes ?? 1;

    public static string Name(BackupTask task) => task.ToString().ToLowerInvariant();

    public static JsonObject Labels(string owner, BackupTask task) => new()
    {
        [OwnedObjects.ManagedBy] = OperatorHost.Product,
        ["app.kubernetes.io/name"] = "audit-backup",
        [BackupLabel] = owner,
        [TaskLabel] = Name(task),
    };

    /// <summary>The pod template of a task.</summary>
    /// <param name="task">What it is to do.</param>
    /// <param name="restore">What to restore; for that task only.</param>
    public JsonObject Template(BackupTask task, RestoreRequest? restore = null) => new HardenedPod
    {
        Name = ContainerName,
        Image = Spec.Jobs.Image ?? Inputs.Image,
        Labels = Labels(Owner.Name, task),
        Arguments = ["archive", Name(task), .. Arguments(task, restore), "--result-file", HardenedPod.ResultPath],
        Resources = Spec.Jobs.Resources,
        TimeZone = Spec.TimeZone,
        Environment = Environment(task),
        Volumes = Volumes(task),
        // The same for every task: what one of them wrote on a volume, another must be able to delete.
        RunAs = NodeSource?.RunAsUser ?? 1001,
        ServiceAccount = Spec.Destination.S3?.ServiceAccountName,
        Placement = NodeSource is { } source && task != BackupTask.Restore ? OnNodes(source, task) : [],
    }.Template();

    private List<string> Arguments(BackupTask task, RestoreRequest? restore)
    {
        var arguments = new List<string>();
        if (task == BackupTask.Backup)
        {
            foreach (var source in Spec.Sources)
            {
                Add("--source", $"{source.Name}={SourceFolder}/{source.Name}{(source.Pvc?.Path ?? source.AuditLog?.Directory) switch { null => "", var path => $"/{path}" }}");
            }
        }

        AddStore(restore?.Node);
        Add("--signing-key", $"{KeyFolder}/signing.pem");
        switch (task)
        {
            case BackupTask.Backup:
                AddNumber("--compression-level", Spec.CompressionLevel);
                AddNumber("--limit-mbps", Spec.BandwidthLimitMbps);
                AddNumber("--lock-days", Spec.ObjectLock?.Days);
                AddFlag("--compliance", Spec.ObjectLock?.Mode == LockModes.Compliance);
                if (Spec.Encryption is not null)
                {
                    Add("--encrypt-to", $"{KeyFolder}/recipient.pem");
                }

                break;
            case BackupTask.Verify:
                AddFlag("--all", Spec.Verify.All);
                AddDecryption();
                // Whoever cannot read the files cannot bring them back.
                if (CanRead)
                {
                    Add("--drill", ScratchFolder);
                }

                break;
            case BackupTask.Prune:
                AddNumber("--keep-last", Spec.Retention?.KeepLast);
                AddNumber("--keep-daily", Spec.Retention?.KeepDaily);
                AddNumber("--keep-weekly", Spec.Retention?.KeepWeekly);
                AddNumber("--keep-monthly", Spec.Retention?.KeepMonthly);
                AddNumber("--keep-yearly", Spec.Retention?.KeepYearly);
                AddNumber("--max-age-days", Spec.Retention?.MaxAgeDays);
                break;
            default:
                // A directory of its own and no --force: nothing that is there is overwritten.
                Add("--target", $"{RestoreFolder}/{RestoreRequest.NameOf(Owner, restore!.Text)}");
                AddNumber("--number", restore.Number);
                if (restore.At is { } at)
                {
                    Add("--at", at.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
                }

                AddDecryption();
                break;
        }

        return arguments;

        void Add(string option, string value) => arguments.AddRange([option, value]);

        void AddNumber(string option, long? value)
        {
            if (value is { } number)
            {
                Add(option, number.ToString(CultureInfo.InvariantCulture));
            }
        }

        void AddFlag(string option, bool set) => arguments.AddRange(set ? [option] : []);

        void AddDecryption()
        {
            if (Spec.Encryption?.PrivateKeySecretRef is not null)
            {
                Add("--decryption-key", $"{KeyFolder}/decryption.pem");
            }
        }

        void AddStore(string? node)
        {
            if (Spec.Destination.S3 is { } s3)
            {
                Add("--store", $"s3://{s3.Bucket}{(s3.Prefix is null ? "" : $"/{s3.Prefix}")}");
                Add("--region", s3.Region);
                if (s3.Endpoint is not null)
                {
                    Add("--endpoint", s3.Endpoint);
                }

                AddFlag("--allow-http", s3.AllowHttp);
            }
            else
            {
                Add("--store", Spec.Destination.Pvc?.Path is { } path ? $"{StoreFolder}/{path}" : StoreFolder);
            }

            var stream = Spec.Stream ?? Owner.Name;
            Add("--stream", NodeSource is null ? stream : $"{stream}.{node ?? $"$({NodeVariable})"}");
        }
    }

    private bool CanRead => Spec.Encryption is null or { PrivateKeySecretRef: not null };

    private List<JsonObject> Environment(BackupTask task)
    {
        var variables = new List<JsonObject>();
        if (NodeSource is not null && task != BackupTask.Restore)
        {
            variables.Add(HardenedPod.FromField(NodeVariable, "spec.nodeName"));
        }

        if (Spec.Destination.S3?.CredentialsSecretRef is { } credentials)
        {
            variables.Add(HardenedPod.FromSecret("AWS_ACCESS_KEY_ID", credentials.Name, credentials.AccessKeyIdKey));
            variables.Add(HardenedPod.FromSecret("AWS_SECRET_ACCESS_KEY", credentials.Name, credentials.SecretAccessKeyKey));
        }

        return variables;
    }

    private List<PodVolume> Volumes(BackupTask task)
    {
        var volumes = new List<PodVolume> { Key("signing", Spec.SigningKeySecretRef), PodVolume.Scratch("tmp", "/tmp", "64Mi") };
        if (Spec.Encryption is { } encryption)
        {
            if (task == BackupTask.Backup)
            {
                volumes.Add(Key("recipient", encryption.PublicKeySecretRef));
            }
            else if (task != BackupTask.Prune && encryption.PrivateKeySecretRef is { } key)
            {
                volumes.Add(Key("decryption", key));
            }
        }

        if (Spec.Destination.Pvc is { } store)
        {
            volumes.Add(PodVolume.Claim("store", StoreFolder, store.ClaimName));
        }

        if (task == BackupTask.Backup)
        {
            volumes.AddRange(Spec.Sources.Select(source => source.NodeAuditLog is { } node
                ? PodVolume.HostDirectory($"source-{source.Name}", $"{SourceFolder}/{source.Name}", node.Path)
                : PodVolume.Claim($"source-{source.Name}", $"{SourceFolder}/{source.Name}", source.Pvc?.ClaimName ?? source.AuditLog!.ClaimName, readOnly: true)));
        }
        else if (task == BackupTask.Verify && CanRead)
        {
            volumes.Add(PodVolume.Scratch("scratch", ScratchFolder, Spec.Verify.ScratchSize));
        }
        else if (task == BackupTask.Restore)
        {
            volumes.Add(PodVolume.Claim("restore", RestoreFolder, Spec.Restore!.ClaimName));
        }

        return volumes;
    }

    /// <summary>One file, not the Secret: other keys of it are none of the pod's business.</summary>
    private static PodVolume Key(string name, SecretKeyReference secret) =>
        PodVolume.Secret($"key-{name}", $"{KeyFolder}/{name}.pem", secret.Name, [(secret.Key, $"{name}.pem")]) with { SubPath = $"{name}.pem" };

    /// <summary>
    /// On the control plane, and no two pods of a run on one node. All pods of a run are created at once, so each finds another node; one that
    /// finds none stays Pending until the run's time is over, and the run has failed.
    /// </summary>
    private JsonObject OnNodes(NodeAuditLogSource source, BackupTask task)
    {
        var selector = new JsonObject();
        foreach (var (label, value) in (source.NodeSelector ?? new Dictionary<string, string>(StringComparer.Ordinal) { [ControlPlane] = "" }).OrderBy(label => label.Key, StringComparer.Ordinal))
        {
            selector[label] = value;
        }

        var placement = new JsonObject
        {
            ["nodeSelector"] = selector,
            ["tolerations"] = new JsonArray(new JsonObject { ["key"] = ControlPlane, ["operator"] = "Exists", ["effect"] = "NoSchedule" }),
        };
        if (source.Nodes > 1)
        {
            placement["affinity"] = new JsonObject
            {
                ["podAntiAffinity"] = new JsonObject
                {
                    ["requiredDuringSchedulingIgnoredDuringExecution"] = new JsonArray(new JsonObject
                    {
                        ["topologyKey"] = "kubernetes.io/hostname",
                        ["labelSelector"] = new JsonObject { ["matchLabels"] = new JsonObject { [BackupLabel] = Owner.Name, [TaskLabel] = Name(task) } },
                    }),
                },
            };
        }

        return placement;
    }
}
