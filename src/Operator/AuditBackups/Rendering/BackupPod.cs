using System.Globalization;
using System.Text.Json.Nodes;
using Comptroller.Crds.AuditBackups;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Operator.Workloads;

namespace Comptroller.Operator.AuditBackups.Rendering;

/// <summary>The pod of each task: one verb of <c>archive</c>. Only one that backs up objects of the cluster holds a token for Kubernetes. Pure.</summary>
internal sealed record BackupPod(ObjectMeta Owner, AuditBackupSpec Spec, AuditBackupInputs Inputs)
{
    /// <summary>Label with the name of the resource, on everything that runs for it.</summary>
    public const string BackupLabel = "comptroller.dev/audit-backup";

    /// <summary>Label with the task.</summary>
    public const string TaskLabel = "comptroller.dev/task";

    public const string ContainerName = "archive";

    private const string KeyFolder = BackupStore.KeyFolder;
    private const string SourceFolder = "/sources";
    private const string ScratchFolder = "/scratch";
    private const string RestoreFolder = "/restore";
    private const string NodeVariable = "NODE_NAME";
    private const string ControlPlane = "node-role.kubernetes.io/control-plane";

    public NodeAuditLogSource? NodeSource { get; } = Spec.Sources.Select(source => source.NodeAuditLog).FirstOrDefault(source => source is not null);

    /// <summary>Where backups go.</summary>
    public BackupStore Store { get; } = BackupStore.Of(Spec.Destination);

    /// <summary>
    /// Pods of one run: one a node that is backed up. What is done to backups needs no node, and is done to those of nodes that are gone as well.
    /// </summary>
    public int PodsOf(BackupTask task) => task == BackupTask.Backup ? NodeSource?.Nodes ?? 1 : 1;

    /// <summary>The volume of a source; null for one that has none.</summary>
    public static string? ClaimOf(BackupSourceSpec source) => source.Pvc?.ClaimName ?? source.Sqlite?.ClaimName ?? source.AuditLog?.ClaimName;

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
        Labels = PodLabels(task),
        Arguments = ["archive", Name(task), .. Arguments(task, restore), "--result-file", HardenedPod.ResultPath],
        Resources = Spec.Jobs.Resources,
        TimeZone = Spec.TimeZone,
        Environment = Environment(task),
        Volumes = Volumes(task),
        // The same for every task: what one of them wrote on a volume, another must be able to delete.
        RunAs = NodeSource?.RunAsUser ?? 1001,
        ServiceAccount = task == BackupTask.Backup ? Estate?.ServiceAccountName : null,
        Identity = Store.ServiceAccount,
        Placement = NodeSource is { } source && task == BackupTask.Backup ? OnNodes(source) : [],
    }.Template();

    private List<string> Arguments(BackupTask task, RestoreRequest? restore)
    {
        var arguments = new List<string>();
        if (task == BackupTask.Backup)
        {
            foreach (var source in Spec.Sources)
            {
                AddSource(source);
            }
        }

        arguments.AddRange(Store.Arguments);
        var stream = Spec.Stream ?? Owner.Name;
        Add(
            NodeSource is null || task is BackupTask.Backup or BackupTask.Restore ? "--stream" : "--streams-of",
            NodeSource is null || task is not (BackupTask.Backup or BackupTask.Restore) ? stream : $"{stream}.{restore?.Node ?? $"$({NodeVariable})"}");
        Add("--signing-key", $"{KeyFolder}/signing.pem");
        switch (task)
        {
            case BackupTask.Backup:
                if (Spec.Compression.Codec != "gzip")
                {
                    Add("--compression", Spec.Compression.Codec);
                }

                AddNumber("--compression-level", Spec.Compression.Level);
                AddNumber("--limit-mbps", Spec.BandwidthLimitMbps);
                foreach (var window in Spec.Windows)
                {
                    Add("--window", BackupWindows.Text(window));
                }

                if (Spec.Windows.Count > 0)
                {
                    Add("--time-zone", Spec.TimeZone);
                }

                AddLock();
                if (Spec.Sources.Any(source => source.Sqlite is not null))
                {
                    Add("--scratch", ScratchFolder);
                }

                if (Spec.Encryption?.PublicKeySecretRef is not null)
                {
                    Add("--encrypt-to", $"{KeyFolder}/recipient.pem");
                }

                AddCommand("--encrypt-command");
                break;
            case BackupTask.Digest:
                AddLock();
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
                AddTime("--at", restore.At);
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

        void AddLock()
        {
            AddNumber("--lock-days", Spec.ObjectLock?.Days);
            AddFlag("--compliance", Spec.ObjectLock?.Mode == LockModes.Compliance);
            AddFlag("--legal-hold", Spec.ObjectLock?.LegalHold == true);
        }

        void AddDecryption()
        {
            if (Spec.Encryption?.PrivateKeySecretRef is not null)
            {
                Add("--decryption-key", $"{KeyFolder}/decryption.pem");
            }

            AddCommand("--decrypt-command");
        }

        void AddCommand(string option)
        {
            if (Spec.Encryption?.Command is { } command)
            {
                arguments.AddRange([option, command.Program, "--key-id", command.KeyId]);
            }
        }

        void AddSource(BackupSourceSpec source)
        {
            switch (source)
            {
                case { VictoriaLogs: { } logs }:
                    arguments.AddRange(["--victorialogs", logs.Url, "--logs-query", logs.Query]);
                    AddTime("--logs-since", logs.Since);
                    AddTime("--logs-until", logs.Until);
                    if (logs.TokenSecretRef is not null)
                    {
                        Add("--logs-token-file", $"{KeyFolder}/logs.pem");
                    }

                    break;
                case { Sqlite: { } database }:
                    Add("--sqlite", $"{source.Name}={SourceFolder}/{source.Name}/{database.Path}");
                    break;
                case { KubernetesObjects: not null }:
                    arguments.Add("--estate");
                    break;
                default:
                    Add("--source", $"{source.Name}={SourceFolder}/{source.Name}{(source.Pvc?.Path ?? source.AuditLog?.Directory) switch { null => "", var path => $"/{path}" }}");
                    break;
            }
        }

        void AddTime(string option, DateTimeOffset? time)
        {
            if (time is { } at)
            {
                Add(option, at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
            }
        }
    }

    private KubernetesObjectsSource? Estate => Spec.Sources.Select(source => source.KubernetesObjects).FirstOrDefault(source => source is not null);

    private JsonObject PodLabels(BackupTask task)
    {
        var labels = Labels(Owner.Name, task);
        if (Spec.Destination.AzureBlob?.ServiceAccountName is not null)
        {
            // What Azure's webhook looks for.
            labels["azure.workload.identity/use"] = "true";
        }

        return labels;
    }

    private bool CanRead => Spec.Encryption is null or { PrivateKeySecretRef: not null } or { Command: not null };

    private List<JsonObject> Environment(BackupTask task)
    {
        var variables = new List<JsonObject>();
        if (NodeSource is not null && task == BackupTask.Backup)
        {
            variables.Add(HardenedPod.FromField(NodeVariable, "spec.nodeName"));
        }

        variables.AddRange(Store.Environment);
        return variables;
    }

    private List<PodVolume> Volumes(BackupTask task)
    {
        var volumes = new List<PodVolume> { BackupStore.Key("signing", Spec.SigningKeySecretRef), PodVolume.Scratch("tmp", "/tmp", "64Mi") };
        if (Spec.Encryption is { } encryption)
        {
            if (task == BackupTask.Backup && encryption.PublicKeySecretRef is { } recipient)
            {
                volumes.Add(BackupStore.Key("recipient", recipient));
            }
            else if (task is BackupTask.Verify or BackupTask.Restore && encryption.PrivateKeySecretRef is { } key)
            {
                volumes.Add(BackupStore.Key("decryption", key));
            }
        }

        volumes.AddRange(Store.Volumes);
        if (task == BackupTask.Backup)
        {
            volumes.AddRange(Spec.Sources.Select(VolumeOf).OfType<PodVolume>());
            if (Spec.Sources.Select(source => source.Sqlite?.ScratchSize).OfType<string>().ToList() is { Count: > 0 } sizes)
            {
                // All copies lie there until the backup is complete.
                volumes.Add(PodVolume.Scratch("scratch", ScratchFolder, string.Create(CultureInfo.InvariantCulture, $"{sizes.Sum(Mebibytes)}Mi")));
            }
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

    private static PodVolume? VolumeOf(BackupSourceSpec source) => source switch
    {
        { NodeAuditLog: { } node } => PodVolume.HostDirectory($"source-{source.Name}", $"{SourceFolder}/{source.Name}", node.Path),
        { VictoriaLogs.TokenSecretRef: { } token } => BackupStore.Key("logs", token),
        _ => ClaimOf(source) is { } claim ? PodVolume.Claim($"source-{source.Name}", $"{SourceFolder}/{source.Name}", claim, readOnly: true) : null,
    };

    private static long Mebibytes(string size) => long.Parse(size.AsSpan(0, size.Length - 2), CultureInfo.InvariantCulture) * (size[^2] switch { 'T' => 1L << 20, 'G' => 1L << 10, _ => 1 });

    /// <summary>
    /// On the control plane, and no two pods of a run on one node. All pods of a run are created at once, so each finds another node; one that
    /// finds none stays Pending until the run's time is over, and the run has failed.
    /// </summary>
    private JsonObject OnNodes(NodeAuditLogSource source)
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
                        ["labelSelector"] = new JsonObject { ["matchLabels"] = new JsonObject { [BackupLabel] = Owner.Name, [TaskLabel] = Name(BackupTask.Backup) } },
                    }),
                },
            };
        }

        return placement;
    }
}
