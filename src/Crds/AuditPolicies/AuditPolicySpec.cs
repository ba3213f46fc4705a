using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Comptroller.Crds.Schema;

namespace Comptroller.Crds.AuditPolicies;

/// <summary>What an AuditPolicy asks for.</summary>
[CelRule(
    "!has(self.alerts) || !self.alerts.enabled || (has(self.forwarding) && (self.alerts.language == 'PromQL' || has(self.forwarding.victoriaLogs)))",
    "alerts query the events in VictoriaLogs: set spec.forwarding.victoriaLogs, or set spec.alerts.language to PromQL, or spec.alerts.enabled to false",
    FieldPath = ".alerts.enabled")]
[CelRule(
    "!has(self.delivery) || (has(self.forwarding) && has(self.forwarding.victoriaLogs))",
    "delivery asks for the events in VictoriaLogs: set spec.forwarding.victoriaLogs, or remove spec.delivery",
    FieldPath = ".delivery")]
[CelRule(
    "has(self.profile) || (has(self.rules) && self.rules.size() > 0)",
    "there is nothing to record by: set spec.profile, spec.rules, or both",
    FieldPath = ".rules")]
[CelRule(
    "has(self.profile) || (!has(self.profileVersion) && (!has(self.addOns) || self.addOns.size() == 0))",
    "profileVersion and addOns belong to a profile: set spec.profile",
    FieldPath = ".profile")]
public sealed record AuditPolicySpec
{
    /// <summary>A spec with every default. Generated JSON code knows defaults that are not null from here only.</summary>
    [JsonConstructor]
    public AuditPolicySpec(bool omitManagedFields = true) => OmitManagedFields = omitManagedFields;

    /// <summary>Pauses the operator: nothing is checked or rendered, what was rendered stays. Deletion still cleans up.</summary>
    public bool Suspend { get; init; }

    /// <summary>How often the rendered objects are compared with this spec and repaired, even when nothing changed; 10s to 24h.</summary>
    [Duration(AtLeast = "10s", AtMost = "24h")]
    public string Interval { get; init => field = value ?? "10m"; } = "10m";

    /// <summary>
    /// How long to wait before looking again when an object to render exists already and belongs to somebody else; 1s to 24h. The
    /// same as interval when absent. Failed requests are tried again sooner, with growing pauses.
    /// </summary>
    [Duration(AtLeast = "1s", AtMost = "24h")]
    public string? RetryInterval { get; init; }

    /// <summary>
    /// Minor version of the cluster that will load the policy, such as "1.34". It decides what kube-apiserver accepts: group "*"
    /// in a rule needs 1.36 or newer, and an older kube-apiserver would not start with it. When absent, only what every
    /// supported version accepts is let through.
    /// </summary>
    [RegularExpression(@"^1\.[0-9]{1,3}$"), StringLength(16)]
    public string? KubernetesVersion { get; init; }

    /// <summary>
    /// Stages that no rule records. RequestReceived doubles the volume and adds nothing. Do not omit ResponseStarted: failed
    /// logins (401) exist in that stage only, and exec sessions would stay invisible until they end.
    /// </summary>
    [SetList, Items(4, Allowed = [AuditStages.RequestReceived, AuditStages.ResponseStarted, AuditStages.ResponseComplete, AuditStages.Panic])]
    public IReadOnlyList<string> OmitStages { get; init => field = value ?? Defaults.OmitStages; } = Defaults.OmitStages;

    /// <summary>Leaves metadata.managedFields out of recorded request and response bodies. A rule can say otherwise.</summary>
    public bool OmitManagedFields { get; init; }

    /// <summary>
    /// Ready-made rules, documented one by one in docs/spec/profiles.md: Minimal records changes and what touches Secrets,
    /// Baseline suits most clusters, Strict adds the content of workload changes, Forensic every change with request and response.
    /// None of them records what Secrets, ConfigMaps and tokens hold. They come after spec.rules.
    /// </summary>
    [AllowedValues(AuditProfiles.Minimal, AuditProfiles.Baseline, AuditProfiles.Strict, AuditProfiles.Forensic)]
    public string? Profile { get; init; }

    /// <summary>
    /// Version of the profile and its add-ons. A version never changes, so a pinned policy stays what it is when the operator is
    /// updated. The newest that the operator knows when absent; status.profile tells which.
    /// </summary>
    [Range(1, 1000)]
    public int? ProfileVersion { get; init; }

    /// <summary>
    /// Components whose own reading is silenced, by the exact names of their service accounts in the namespaces of their usual
    /// installation. Their reads of Secrets and whatever they change stay recorded.
    /// </summary>
    [SetList, Items(16, Allowed = [AuditAddOns.Flux, AuditAddOns.ArgoCd, AuditAddOns.Cilium, AuditAddOns.CertManager, AuditAddOns.ExternalSecrets, AuditAddOns.Rook])]
    public IReadOnlyList<string> AddOns { get; init => field = value ?? []; } = [];

    /// <summary>
    /// Rules as in audit.k8s.io/v1 Policy, in order: the first rule that matches a request decides its level, and a request that
    /// no rule matches is not recorded. The decision is taken before the request is authorized, so rules cannot select on
    /// its outcome. They come before those of the profile, if there is one.
    /// </summary>
    [AtomicList, Items(1000)]
    public IReadOnlyList<AuditRule> Rules { get; init => field = value ?? []; } = [];

    /// <summary>What to render the policy for: Talos, kubeadm, k3s, RKE2. Talos when absent or empty.</summary>
    public Targets Targets { get; init => field = value ?? new(); } = new();

    /// <summary>
    /// Rotation of the log file on each control-plane node. Leave it out to keep 30 days and 10 files of 100 MiB, which meet
    /// the CIS benchmark: Talos and RKE2 do so by themselves, for kubeadm and k3s it is rendered. What is set here is rendered everywhere,
    /// as audit-log-* arguments.
    /// </summary>
    public AuditLog? Log { get; init; }

    /// <summary>Ships the events off the nodes. Without it, no Fluent Bit configuration and no alert rules are rendered.</summary>
    public Forwarding? Forwarding { get; init; }

    /// <summary>
    /// Alert rules over the shipped events, as a VMRule of type vlogs. Rendered with the defaults below when forwarding is set and
    /// this is absent.
    /// </summary>
    public Alerts? Alerts { get; init; }

    /// <summary>Proof that the events arrive. Absent, nothing is asked.</summary>
    public Delivery? Delivery { get; init; }

    /// <summary>Judges all this by standards, in a report and in status.compliance. Nothing is judged when absent.</summary>
    public Compliance? Compliance { get; init; }

    /// <summary>
    /// Asks for status.estimate: what the policy would cost in volume and storage. "comptroller audit-policy estimate --log" computes the
    /// same from a recorded log, and is far more exact.
    /// </summary>
    public Estimate? Estimate { get; init; }

    private static class Defaults
    {
        public static readonly IReadOnlyList<string> OmitStages = [AuditStages.RequestReceived];
    }
}

/// <summary>Rotation of the audit log on the node. What is absent is left to the distribution.</summary>
public sealed record AuditLog
{
    /// <summary>Days to keep a rotated file (audit-log-maxage). CIS and the DISA STIG ask for 30 or more.</summary>
    [Range(1, 3650)]
    public int? MaxAge { get; init; }

    /// <summary>Rotated files to keep (audit-log-maxbackup). CIS and the DISA STIG ask for 10 or more.</summary>
    [Range(1, 1000)]
    public int? MaxBackups { get; init; }

    /// <summary>Size in MiB at which the file is rotated (audit-log-maxsize). CIS and the DISA STIG ask for 100 or more.</summary>
    [Range(1, 10240)]
    public int? MaxSizeMegabytes { get; init; }

    /// <summary>Compresses rotated files with gzip (audit-log-compress): about twelve times the history in the same space.</summary>
    public bool? Compress { get; init; }

    /// <summary>
    /// Cuts request and response out of events that are too large. Without it this is done when a rule records them and the events go
    /// to VictoriaLogs, which drops lines over 256 KiB.
    /// </summary>
    public LogTruncation? Truncate { get; init; }
}

/// <summary>Truncation of large events. What is cut is marked with the annotation audit.k8s.io/truncated.</summary>
public sealed record LogTruncation
{
    /// <summary>Truncation as kube-apiserver does it once enabled. Generated JSON code knows the default from here only.</summary>
    [JsonConstructor]
    public LogTruncation(bool enabled = true) => Enabled = enabled;

    /// <summary>Whether events are cut (audit-log-truncate-enabled).</summary>
    public bool Enabled { get; init; }

    /// <summary>Bytes from which on an event is cut (audit-log-truncate-max-event-size); 102400 by kube-apiserver itself. VictoriaLogs takes 258048.</summary>
    [Range(1024, 1048576)]
    public int? MaxEventSize { get; init; }

    /// <summary>Bytes that are written at a time (audit-log-truncate-max-batch-size); 10485760 by kube-apiserver itself.</summary>
    [Range(1048576, 104857600)]
    public int? MaxBatchSize { get; init; }
}

/// <summary>Names of profiles.</summary>
public static class AuditProfiles
{
    public const string Minimal = "Minimal";
    public const string Baseline = "Baseline";
    public const string Strict = "Strict";
    public const string Forensic = "Forensic";
}

/// <summary>Names of add-ons to profiles.</summary>
public static class AuditAddOns
{
    public const string Flux = "Flux";
    public const string ArgoCd = "ArgoCD";
    public const string Cilium = "Cilium";
    public const string CertManager = "CertManager";
    public const string ExternalSecrets = "ExternalSecrets";
    public const string Rook = "Rook";
}
