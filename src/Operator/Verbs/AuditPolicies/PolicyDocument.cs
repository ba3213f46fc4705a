using System.Collections.Immutable;
using Comptroller.AuditPolicies.Loading;
using Comptroller.AuditPolicies.Model;
using Comptroller.Crds;
using Comptroller.Operator.AuditPolicies;

namespace Comptroller.Operator.Verbs.AuditPolicies;

/// <summary>An audit policy in a file: an audit.k8s.io/v1 Policy as kube-apiserver reads it, or an AuditPolicy resource.</summary>
/// <param name="Source">Where it came from.</param>
/// <param name="Resource">The AuditPolicy resource; null for a plain Policy.</param>
/// <param name="Loaded">The policy, or why it does not load.</param>
internal sealed record PolicyDocument(ResourceDocument Source, CheckedResource? Resource, PolicyLoadResult Loaded)
{
    /// <summary>Where the fields of the policy stand in the document: "" or <c>spec.</c>.</summary>
    public string Prefix => Resource is null ? "" : "spec.";

    /// <summary>Version of the API server the resource is meant for; null when it does not say.</summary>
    public KubernetesVersion? Target => KubernetesVersion.TryParse(Resource?.Resource?.Spec.KubernetesVersion, out var version) ? version : null;

    /// <summary>Log rotation that the resource asks for.</summary>
    public LogSettings? Log => AuditPolicyOptions.Log(Resource?.Resource?.Spec.Log);

    /// <summary>The policy.</summary>
    /// <exception cref="InvalidInputException">It does not load.</exception>
    public Policy Policy => Loaded.Policy
        ?? throw new InvalidInputException([.. Loaded.Errors.Select(error => $"{Source.Source}:{Source.Document.Locate(error.Field).Line}: {error}")]);

    /// <summary>Whether the document is one of the two kinds.</summary>
    public static bool IsPolicy(ResourceDocument document) =>
        document.ApiVersion.StartsWith("audit.k8s.io/", StringComparison.Ordinal) || (CheckedResource.IsKnown(document) && document.Kind == ResourceTypes.AuditPolicies.Kind);

    public static PolicyDocument Of(ResourceDocument document)
    {
        if (!CheckedResource.IsKnown(document))
        {
            return new PolicyDocument(document, null, PolicyLoader.Load(document.Root));
        }

        var resource = CheckedResource.Check(document);
        return new PolicyDocument(document, resource, new PolicyLoadResult
        {
            Policy = resource.Plan?.Policy,
            Errors = resource.Plan?.Policy is not null ? [] :
            [
                .. resource.Remarks.Where(remark => remark.Severity == "error").Select(remark => new PolicyError(null, remark.Path, remark.Message)),
            ],
        });
    }

    /// <summary>Every policy in files and directories; manifests of other kinds beside them are passed over.</summary>
    /// <exception cref="InvalidInputException">A path cannot be read, or there is no policy in any of them.</exception>
    public static ImmutableArray<PolicyDocument> ReadAll(IReadOnlyList<string> paths)
    {
        var documents = ResourceFiles.Read(paths).Where(IsPolicy).Select(Of).ToImmutableArray();
        return documents.IsEmpty
            ? throw new InvalidInputException([$"neither a Policy ({Policy.ApiVersion}) nor an AuditPolicy ({ResourceTypes.AuditPolicies.ApiVersion}) in {string.Join(", ", paths)}"])
            : documents;
    }

    /// <summary>The one policy of a file.</summary>
    /// <exception cref="InvalidInputException">There is none, or more than one.</exception>
    public static PolicyDocument ReadOne(string path)
    {
        var documents = ReadAll([path]);
        return documents.Length == 1
            ? documents[0]
            : throw new InvalidInputException([$"{path}: {documents.Length} policies, and one is needed: put each into a file of its own"]);
    }
}
