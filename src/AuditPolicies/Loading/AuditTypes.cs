namespace Comptroller.AuditPolicies.Loading;

/// <summary>The Go types behind audit.k8s.io/v1 Policy (k8s.io/apiserver/pkg/apis/audit/v1 and apimachinery's meta/v1).</summary>
internal static class AuditTypes
{
    private static readonly GoType Strings = GoType.Slice(GoType.String);

    private static readonly GoType StageList = GoType.Slice(GoType.Text("v1.Stage"));

    private static readonly GoStruct OwnerReference = new("v1", "OwnerReference", new Dictionary<string, GoType>(StringComparer.Ordinal)
    {
        ["apiVersion"] = GoType.String,
        ["kind"] = GoType.String,
        ["name"] = GoType.String,
        ["uid"] = GoType.Text("types.UID"),
        ["controller"] = GoType.Bool,
        ["blockOwnerDeletion"] = GoType.Bool,
    });

    private static readonly GoStruct ManagedFieldsEntry = new("v1", "ManagedFieldsEntry", new Dictionary<string, GoType>(StringComparer.Ordinal)
    {
        ["manager"] = GoType.String,
        ["operation"] = GoType.Text("v1.ManagedFieldsOperationType"),
        ["apiVersion"] = GoType.String,
        ["time"] = GoType.Time,
        ["fieldsType"] = GoType.String,
        ["fieldsV1"] = GoType.Raw,
        ["subresource"] = GoType.String,
    });

    private static readonly GoStruct ObjectMeta = new("v1", "ObjectMeta", new Dictionary<string, GoType>(StringComparer.Ordinal)
    {
        ["name"] = GoType.String,
        ["generateName"] = GoType.String,
        ["namespace"] = GoType.String,
        ["selfLink"] = GoType.String,
        ["uid"] = GoType.Text("types.UID"),
        ["resourceVersion"] = GoType.String,
        ["generation"] = GoType.Int64,
        ["creationTimestamp"] = GoType.Time,
        ["deletionTimestamp"] = GoType.Time,
        ["deletionGracePeriodSeconds"] = GoType.Int64,
        ["labels"] = GoType.StringMap,
        ["annotations"] = GoType.StringMap,
        ["ownerReferences"] = GoType.Slice(OwnerReference),
        ["finalizers"] = Strings,
        ["managedFields"] = GoType.Slice(ManagedFieldsEntry),
    });

    private static readonly GoStruct GroupResources = new("v1", "GroupResources", new Dictionary<string, GoType>(StringComparer.Ordinal)
    {
        ["group"] = GoType.String,
        ["resources"] = Strings,
        ["resourceNames"] = Strings,
    });

    private static readonly GoStruct PolicyRule = new("v1", "PolicyRule", new Dictionary<string, GoType>(StringComparer.Ordinal)
    {
        ["level"] = GoType.Text("v1.Level"),
        ["users"] = Strings,
        ["userGroups"] = Strings,
        ["verbs"] = Strings,
        ["resources"] = GoType.Slice(GroupResources),
        ["namespaces"] = Strings,
        ["nonResourceURLs"] = Strings,
        ["omitStages"] = StageList,
        ["omitManagedFields"] = GoType.Bool,
    });

    public static readonly GoStruct Policy = new("v1", "Policy", new Dictionary<string, GoType>(StringComparer.Ordinal)
    {
        ["kind"] = GoType.String,
        ["apiVersion"] = GoType.String,
        ["metadata"] = ObjectMeta,
        ["rules"] = GoType.Slice(PolicyRule),
        ["omitStages"] = StageList,
        ["omitManagedFields"] = GoType.Bool,
    });
}
