using System.Text.Json;
using System.Text.Json.Serialization;
using Comptroller.Crds.AuditBackups;
using Comptroller.Crds.AuditPolicies;
using Comptroller.Crds.DriftWatches;
using Comptroller.Crds.PolicyAuditSchedules;
using Comptroller.Kubernetes.Model;

namespace Comptroller.Crds;

/// <summary>
/// How custom resources are decoded and their status encoded. <see cref="Default"/> is lenient: unknown fields are skipped and
/// open strings stand where the schema has enums, because the CRD in the cluster may be newer or older than this binary
/// (rules R8, D7). Equal strings become one: thousands of resources in memory say mostly the same.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(SharedStringConverter)])]
[JsonSerializable(typeof(AuditBackup))]
[JsonSerializable(typeof(AuditPolicy))]
[JsonSerializable(typeof(DriftWatch))]
[JsonSerializable(typeof(DriftWatchReport))]
[JsonSerializable(typeof(PolicyAuditSchedule))]
[JsonSerializable(typeof(AuditRunResult))]
public sealed partial class CrdsJson : JsonSerializerContext
{
    /// <summary>
    /// For files that people write: an unknown field is an error, because it is a typing mistake whose effect would be silent.
    /// </summary>
    public static CrdsJson Strict => field ??=
        new(new JsonSerializerOptions(Default.AuditPolicy.Options) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow });
}
