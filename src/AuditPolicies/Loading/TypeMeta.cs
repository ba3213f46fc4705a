using System.Text.Json;
using System.Text.Json.Nodes;

namespace Comptroller.AuditPolicies.Loading;

/// <summary>
/// Finds out what kind of object a document claims to be, and says in the API server's words why it is not an audit policy.
/// </summary>
internal static class TypeMeta
{
    private const string Group = "audit.k8s.io";
    private const string Internal = "__internal";
    private const string SchemeName = "k8s.io/apiserver/pkg/audit/scheme.go:30";
    private const string FindKind = "struct { APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \"json:\\\"kind,omitempty\\\"\" }";

    // What the audit scheme registers beside Policy. Such a document decodes, but does not convert to a policy.
    private static readonly HashSet<string> AuditKinds = new(StringComparer.Ordinal) { "Event", "EventList", "PolicyList" };

    private static readonly HashSet<string> CommonKinds = new(StringComparer.Ordinal)
    {
        "WatchEvent", "ListOptions", "GetOptions", "DeleteOptions", "CreateOptions", "UpdateOptions", "PatchOptions",
    };

    private static readonly HashSet<string> UnversionedKinds = new(StringComparer.Ordinal)
    {
        "Status", "APIVersions", "APIGroupList", "APIGroup", "APIResourceList",
    };

    /// <summary>Null when the document is an audit.k8s.io/v1 Policy, otherwise the loader's error.</summary>
    public static PolicyError? Check(JsonNode? document)
    {
        if (document is not (null or JsonObject))
        {
            return Decoding("", $"couldn't get version/kind; json parse error: json: cannot unmarshal {GoDecoder.KindOf(document)} into Go value of type {FindKind}");
        }

        string apiVersion = "", kind = "";
        foreach (var (key, value) in document as JsonObject ?? [])
        {
            // Only this first look ignores case, because it uses Go's own JSON package.
            var isVersion = key.Equals("apiVersion", StringComparison.OrdinalIgnoreCase);
            if (value is null || (!isVersion && !key.Equals("kind", StringComparison.OrdinalIgnoreCase)))
            {
                continue;
            }

            if (value.GetValueKind() != JsonValueKind.String)
            {
                var field = isVersion ? "apiVersion" : "kind";
                return Decoding(field, $"couldn't get version/kind; json parse error: json: cannot unmarshal {GoDecoder.KindOf(value)} into Go struct field .{field} of type string");
            }

            (apiVersion, kind) = isVersion ? (value.GetValue<string>(), kind) : (apiVersion, value.GetValue<string>());
        }

        return Check(apiVersion, kind, document);
    }

    private static PolicyError? Check(string apiVersion, string kind, JsonNode? document)
    {
        var slash = apiVersion.IndexOf('/');
        if (slash >= 0 && slash != apiVersion.LastIndexOf('/'))
        {
            return Decoding("apiVersion", $"unexpected GroupVersion string: {apiVersion}");
        }

        var group = slash < 0 ? "" : apiVersion[..slash];
        var version = slash < 0 ? apiVersion : apiVersion[(slash + 1)..];
        kind = kind.Length == 0 ? "Policy" : kind;

        // A document that does not say what it is gets read into the internal type, which the loader then refuses.
        if (version.Length == 0 && group is "" or Group)
        {
            (group, version) = (Group, Internal);
        }

        return (group, version, kind) switch
        {
            (_, "", _) => Decoding("apiVersion", $"Object 'apiVersion' is missing in '{document?.ToJsonString()}'"),
            (Group, "v1", "Policy") => null,
            (Group, Internal, "Policy") => new PolicyError(null, "apiVersion", $"unknown group version field {Group}/{Internal}, Kind=Policy in policy"),
            (Group, "v1", _) when AuditKinds.Contains(kind) => NotConvertible("v1", kind),
            (Group, Internal, _) when AuditKinds.Contains(kind) => NotConvertible("audit", kind),
            (Group or "", "v1", _) when CommonKinds.Contains(kind) => NotConvertible("v1", kind),
            _ when UnversionedKinds.Contains(kind) => NotConvertible("v1", kind),
            (_, Internal, _) => Decoding("kind", $"no kind {GoText.Quote(kind)} is registered for the internal version of group {GoText.Quote(group)} in scheme \"{SchemeName}\""),
            _ => Decoding("apiVersion", $"no kind {GoText.Quote(kind)} is registered for version {GoText.Quote(group.Length == 0 ? version : $"{group}/{version}")} in scheme \"{SchemeName}\""),
        };
    }

    private static PolicyError NotConvertible(string package, string kind) =>
        Decoding("kind", $"converting ({package}.{kind}) to (audit.Policy): unknown conversion");

    private static PolicyError Decoding(string field, string message) => new(null, field, "failed decoding: " + message);
}
