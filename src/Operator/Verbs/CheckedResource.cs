using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.AuditPolicies.Linting;
using Comptroller.AuditPolicies.Profiles;
using Comptroller.Crds;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Operator.AuditBackups;
using Comptroller.Operator.AuditPolicies;
using Comptroller.Operator.DriftWatches;
using Comptroller.Operator.PolicyAuditSchedules;

namespace Comptroller.Operator.Verbs;

/// <summary>A resource from a file, judged without a cluster exactly as the API server and then the operator would.</summary>
/// <param name="Document">Where it came from.</param>
/// <param name="Objects">What the operator would apply; empty when there are errors.</param>
/// <param name="Remarks">Errors first.</param>
internal sealed record CheckedResource(ResourceDocument Document, ImmutableArray<DesiredObject> Objects, ImmutableArray<Remark> Remarks)
{
    public bool HasErrors => Remarks.Any(remark => remark.Severity == "error");

    /// <summary>Checks every resource of our kinds in <paramref name="paths"/>; manifests of other kinds beside them are passed over.</summary>
    /// <exception cref="InvalidInputException">A path or file cannot be read, or there is no resource of ours in any of them.</exception>
    public static IReadOnlyList<CheckedResource> ReadAll(IReadOnlyList<string> paths)
    {
        var documents = ResourceFiles.Read(paths);
        var unknown = documents.Where(document => document.ApiVersion.StartsWith(ResourceTypes.Group + "/", StringComparison.Ordinal) && AdmittedResource.KindOf(document) is null).ToList();
        if (unknown.Count > 0)
        {
            throw new InvalidInputException([.. unknown.Select(document =>
                $"{document.At("kind")}: no kind {document.Kind} in {document.ApiVersion}; known: {string.Join(", ", AdmittedResource.Kinds.Select(kind => $"{kind.ApiVersion} {kind.Kind}"))}")]);
        }

        var known = documents.Where(document => AdmittedResource.KindOf(document) is not null).ToList();
        return known.Count > 0
            ? known.ConvertAll(Check)
            : throw new InvalidInputException([$"no resource of group {ResourceTypes.Group} in {string.Join(", ", paths)}"]);
    }

    /// <summary>Schema with unknown fields as errors, defaults, then the plan with its errors and findings.</summary>
    public static CheckedResource Check(ResourceDocument document)
    {
        var admitted = AdmittedResource.Of(document);
        return !admitted.Refusals.IsEmpty ? new CheckedResource(document, [], admitted.Refusals)
            : document.Kind == ResourceTypes.AuditBackups.Kind ? CheckBackup(document, admitted.Root)
            : document.Kind == ResourceTypes.PolicyAuditSchedules.Kind ? CheckSchedule(document, admitted.Root)
            : document.Kind == ResourceTypes.DriftWatches.Kind ? CheckWatch(document, admitted.Root)
            : CheckPolicy(document, admitted.Root);
    }

    private static CheckedResource CheckBackup(ResourceDocument document, JsonObject candidate)
    {
        var plan = AuditBackupPlan.Make(candidate.Deserialize(CrdsJson.Default.AuditBackup)!, new AuditBackupInputs());
        return new CheckedResource(document, plan.Objects, [.. plan.Errors.Select(Remark.OfError)]);
    }

    private static CheckedResource CheckPolicy(ResourceDocument document, JsonObject candidate)
    {
        var plan = AuditPolicyPlan.Make(candidate.Deserialize(CrdsJson.Default.AuditPolicy)!);
        return new CheckedResource(document, [.. plan.Objects],
        [
            .. plan.Errors.Select(Remark.OfError),
            .. plan.Findings.Select(finding => FindingRemark(finding, plan.Origin(finding))),
        ]);
    }

    private static CheckedResource CheckSchedule(ResourceDocument document, JsonObject candidate)
    {
        var plan = PolicyAuditPlan.Make(candidate.Deserialize(CrdsJson.Default.PolicyAuditSchedule)!, new PolicyAuditInputs());
        return new CheckedResource(document, plan.Objects, [.. plan.Errors.Select(Remark.OfError)]);
    }

    private static CheckedResource CheckWatch(ResourceDocument document, JsonObject candidate)
    {
        var plan = DriftWatchPlan.Make(candidate.Deserialize(CrdsJson.Default.DriftWatch)!, new DriftWatchInputs());
        return new CheckedResource(document, plan.Objects, [.. plan.Errors.Select(Remark.OfError)]);
    }

    // A finding about a rule that is not in the file stands at the field that brought the rule in.
    private static Remark FindingRemark(Finding finding, RuleOrigin? origin)
    {
        var (path, message) = origin switch
        {
            null => (finding.Field.Length == 0 ? "" : $"spec.{finding.Field}", finding.Message),
            { Source: RuleSource.Own } own => (own.ToString(), finding.Message),
            { Source: RuleSource.Profile } => ("spec.profile", $"{origin}: {finding.Message}"),
            _ => ("spec.addOns", $"{origin}: {finding.Message}"),
        };
        return Remark.Of(finding, path, message);
    }
}
