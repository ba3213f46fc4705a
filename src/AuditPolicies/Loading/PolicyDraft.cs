using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Loading;

/// <summary>A decoded policy before validation: levels and stages are still any text.</summary>
internal sealed record PolicyDraft(ImmutableArray<RuleDraft> Rules, ImmutableArray<string> OmitStages, bool OmitManagedFields)
{
    /// <summary>Reads a document whose types were checked; null stands for the zero value everywhere, as in Go.</summary>
    public static PolicyDraft Read(JsonObject document) => new(
        [.. Items(document, "rules").Select(rule => RuleDraft.Read(rule as JsonObject ?? []))],
        Strings(document, "omitStages"),
        document["omitManagedFields"]?.GetValue<bool>() ?? false);

    /// <summary>The policy. Only for drafts the validator passed.</summary>
    public Policy ToPolicy() => new()
    {
        Rules = [.. Rules.Select(rule => rule.ToRule())],
        OmitStages = ToStages(OmitStages),
        OmitManagedFields = OmitManagedFields,
    };

    public static Stages ToStages(ImmutableArray<string> names) =>
        names.Aggregate(Stages.None, (set, name) => set | StageNames.Parse(name)!.Value);

    public static IEnumerable<JsonNode?> Items(JsonObject owner, string field) => owner[field] as JsonArray ?? [];

    public static ImmutableArray<string> Strings(JsonObject owner, string field) =>
        [.. Items(owner, field).Select(item => item?.GetValue<string>() ?? "")];
}

internal sealed record RuleDraft(
    string Level,
    ImmutableArray<string> Users,
    ImmutableArray<string> UserGroups,
    ImmutableArray<string> Verbs,
    ImmutableArray<GroupResources> Resources,
    ImmutableArray<string> Namespaces,
    ImmutableArray<string> NonResourceUrls,
    ImmutableArray<string> OmitStages,
    bool? OmitManagedFields)
{
    public static RuleDraft Read(JsonObject rule) => new(
        rule["level"]?.GetValue<string>() ?? "",
        PolicyDraft.Strings(rule, "users"),
        PolicyDraft.Strings(rule, "userGroups"),
        PolicyDraft.Strings(rule, "verbs"),
        [.. PolicyDraft.Items(rule, "resources").Select(entry => ReadEntry(entry as JsonObject ?? []))],
        PolicyDraft.Strings(rule, "namespaces"),
        PolicyDraft.Strings(rule, "nonResourceURLs"),
        PolicyDraft.Strings(rule, "omitStages"),
        rule["omitManagedFields"]?.GetValue<bool>());

    public PolicyRule ToRule() => new()
    {
        Level = Enum.Parse<Level>(Level),
        Users = Users,
        UserGroups = UserGroups,
        Verbs = Verbs,
        Resources = Resources,
        Namespaces = Namespaces,
        NonResourceUrls = NonResourceUrls,
        OmitStages = PolicyDraft.ToStages(OmitStages),
        OmitManagedFields = OmitManagedFields,
    };

    private static GroupResources ReadEntry(JsonObject entry) => new()
    {
        Group = entry["group"]?.GetValue<string>() ?? "",
        Resources = PolicyDraft.Strings(entry, "resources"),
        ResourceNames = PolicyDraft.Strings(entry, "resourceNames"),
    };
}
