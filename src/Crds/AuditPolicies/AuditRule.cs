using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Comptroller.Crds.Schema;

namespace Comptroller.Crds.AuditPolicies;

/// <summary>
/// One rule. All selectors that are set must match; an empty list counts as not set. A rule that sets neither namespaces,
/// resources nor nonResourceURLs matches requests of both kinds.
/// </summary>
public sealed record AuditRule
{
    /// <summary>
    /// How much is recorded: None nothing, Metadata who did what to which object, Request also the request body, RequestResponse
    /// also the response body. Bodies of Secrets hold the secret values.
    /// </summary>
    [Required, AllowedValues(AuditLevels.None, AuditLevels.Metadata, AuditLevels.Request, AuditLevels.RequestResponse)]
    public string Level { get; init => field = value ?? ""; } = "";

    /// <summary>
    /// User names, compared exactly, before impersonation. A request whose login failed has no user and matches no rule that
    /// sets this.
    /// </summary>
    [AtomicList, Items(1000, MaxLength = 512)]
    public IReadOnlyList<string> Users { get; init => field = value ?? []; } = [];

    /// <summary>Group names, compared exactly; one group in common is enough.</summary>
    [AtomicList, Items(1000, MaxLength = 512)]
    public IReadOnlyList<string> UserGroups { get; init => field = value ?? []; } = [];

    /// <summary>
    /// Verbs in lower case: get, list, watch, create, update, patch, delete, deletecollection; for non-resource requests the
    /// HTTP method. There is no "*": leave the list out to match every verb.
    /// </summary>
    [AtomicList, Items(64, MaxLength = 63)]
    public IReadOnlyList<string> Verbs { get; init => field = value ?? []; } = [];

    /// <summary>Resources that the rule matches; one entry that matches is enough.</summary>
    [AtomicList, Items(256)]
    public IReadOnlyList<GroupResources> Resources { get; init => field = value ?? []; } = [];

    /// <summary>
    /// Namespaces, compared exactly. "" is no namespace: cluster-scoped objects, and lists and watches over all namespaces. There
    /// is no "*".
    /// </summary>
    [AtomicList, Items(1000, MaxLength = 63)]
    public IReadOnlyList<string> Namespaces { get; init => field = value ?? []; } = [];

    /// <summary>
    /// Paths of requests that are not for objects, such as /healthz, /version or /apis. A "*" may only be the last character and
    /// matches any rest: "/healthz*" also matches "/healthzfoo". Not together with resources or namespaces.
    /// </summary>
    [JsonPropertyName("nonResourceURLs")]
    [AtomicList, Items(256, MaxLength = 1024)]
    public IReadOnlyList<string> NonResourceUrls { get; init => field = value ?? []; } = [];

    /// <summary>Stages that this rule does not record, in addition to those the policy omits.</summary>
    [AtomicList, Items(16, Allowed = [AuditStages.RequestReceived, AuditStages.ResponseStarted, AuditStages.ResponseComplete, AuditStages.Panic])]
    public IReadOnlyList<string> OmitStages { get; init => field = value ?? []; } = [];

    /// <summary>Overrides the policy's omitManagedFields for this rule. Without effect below level Request.</summary>
    public bool? OmitManagedFields { get; init; }
}

/// <summary>Resources of one API group.</summary>
public sealed record GroupResources
{
    /// <summary>
    /// Name of the API group without a version, such as "apps"; "" is the core group. "*" is every group and needs a cluster of
    /// version 1.36 or newer.
    /// </summary>
    [StringLength(253)]
    public string? Group { get; init; }

    /// <summary>
    /// Resources in lower-case plural, such as "pods". Subresources are named on their own: "pods" does not include "pods/exec".
    /// "*" is everything, "pods/*" the subresources of pods and pods itself, "*/scale" that subresource of anything. Empty means
    /// the whole group with all subresources.
    /// </summary>
    [AtomicList, Items(512, MaxLength = 253)]
    public IReadOnlyList<string> Resources { get; init => field = value ?? []; } = [];

    /// <summary>
    /// Object names. Requests that carry no name, such as create and most lists, match no entry that sets this. Needs
    /// resources.
    /// </summary>
    [AtomicList, Items(1000, MaxLength = 253)]
    public IReadOnlyList<string> ResourceNames { get; init => field = value ?? []; } = [];
}

/// <summary>Levels of audit.k8s.io/v1, from nothing to everything.</summary>
public static class AuditLevels
{
    public const string None = "None";
    public const string Metadata = "Metadata";
    public const string Request = "Request";
    public const string RequestResponse = "RequestResponse";
}

/// <summary>Stages of audit.k8s.io/v1, in the order in which a request passes them.</summary>
public static class AuditStages
{
    public const string RequestReceived = "RequestReceived";
    public const string ResponseStarted = "ResponseStarted";
    public const string ResponseComplete = "ResponseComplete";
    public const string Panic = "Panic";
}
