using System.Collections.Immutable;
using System.Text.Json;
using Comptroller.AuditPolicies.Alerting;
using Comptroller.AuditPolicies.Linting;
using Comptroller.AuditPolicies.Loading;
using Comptroller.AuditPolicies.Model;
using Comptroller.Crds;
using Comptroller.Crds.AuditPolicies;
using Comptroller.Operator.AuditPolicies;

namespace Comptroller.Operator.Verbs.AuditPolicies;

/// <summary>An audit policy in a file: an audit.k8s.io/v1 Policy as kube-apiserver reads it, or an AuditPolicy resource.</summary>
/// <param name="Source">Where it came from.</param>
/// <param name="Resource">The AuditPolicy resource with its defaults; null for a plain Policy, and when its schema refuses it.</param>
/// <param name="Loaded">The policy, or why it does not load. What else a resource asks for does not matter here.</param>
internal sealed record PolicyDocument(ResourceDocument Source, AuditPolicy? Resource, PolicyLoadResult Loaded)
{
    /// <summary>Where the fields of the policy stand in the document: "" or <c>spec.</c>.</summary>
    public string Prefix => IsResource(Source) ? "spec." : "";

    /// <summary>Version of the API server the resource is meant for; null when it does not say.</summary>
    public KubernetesVersion? Target => KubernetesVersion.TryParse(Resource?.Spec.KubernetesVersion, out var version) ? version : null;

    /// <summary>Log rotation that the resource asks for.</summary>
    public LogSettings? Log => AuditPolicyOptions.Log(Resource?.Spec.Log);

    /// <summary>Names of the alerts that the resource renders; none when it cannot.</summary>
    private ImmutableArray<string> Alerts =>
        Resource is { } resource
            ? AuditPolicyOptions.AlertNames(AuditPolicyOptions.Alerts(resource.Metadata, AuditPolicyObjects.AlertsName(resource.Metadata), resource.Spec, AlertOptions.DefaultOperatorUser).Value)
            : [];

    /// <summary>The policy.</summary>
    /// <exception cref="InvalidInputException">It does not load.</exception>
    public Policy Policy
    {
        get
        {
            ThrowIfRefused();
            return Loaded.Policy!;
        }
    }

    /// <summary>How many rules stand in the document; behind them come those of a profile.</summary>
    public int OwnRules => Resource?.Spec.Rules.Count ?? Loaded.Policy?.Rules.Length ?? 0;

    /// <summary>For a review of the policy; null when it does not load.</summary>
    /// <param name="target">Version of the API server, when the document does not say.</param>
    public LintContext? Context(KubernetesVersion? target) => Loaded.Policy is { } policy
        ? new LintContext(policy)
        {
            Target = Target ?? target,
            Log = Resource is { } resource ? AuditPolicyOptions.Log(resource.Spec, policy) : null,
            ShipsToVictoriaLogs = Resource is { } shipping && AuditPolicyOptions.ShipsToVictoriaLogs(shipping.Spec),
            Alerts = Alerts,
            Warnings = Loaded.Warnings,
        }
        : null;

    /// <exception cref="InvalidInputException">It does not load.</exception>
    public void ThrowIfRefused()
    {
        if (Loaded.Policy is null)
        {
            throw new InvalidInputException([.. Loaded.Errors.Select(error => $"{Source.Source}:{Source.Document.Locate(error.Field).Line}: {error}")]);
        }
    }

    /// <summary>Everything there is to say about it, errors first.</summary>
    /// <param name="target">Version of the API server, when the document does not say.</param>
    public ImmutableArray<Remark> Review(KubernetesVersion? target)
    {
        if (IsResource(Source))
        {
            return CheckedResource.Check(Source).Remarks;
        }

        var findings = Context(target) is { } context ? PolicyLinter.Lint(context) : PolicyLinter.Refusals(Loaded);
        return [.. findings.Select(finding => Remark.Of(finding, finding.RuleIndex is { } rule ? $"rules[{rule}]" : finding.Field, finding.Message))];
    }

    /// <summary>Whether the document is one of the two kinds.</summary>
    public static bool IsPolicy(ResourceDocument document) => document.ApiVersion.StartsWith("audit.k8s.io/", StringComparison.Ordinal) || IsResource(document);

    /// <param name="document">A document of either kind.</param>
    /// <param name="target">Version of the API server that a plain Policy is for; the newest known when null. A resource says its own.</param>
    public static PolicyDocument Of(ResourceDocument document, KubernetesVersion? target = null)
    {
        if (!IsResource(document))
        {
            return new PolicyDocument(document, null, PolicyLoader.Load(document.Root, target: target));
        }

        var admitted = AdmittedResource.Of(document);
        if (!admitted.Refusals.IsEmpty)
        {
            return new PolicyDocument(document, null, Refused(admitted.Refusals));
        }

        var resource = admitted.Root.Deserialize(CrdsJson.Default.AuditPolicy)!;
        return new PolicyDocument(document, resource, Load(resource.Spec));
    }

    private static bool IsResource(ResourceDocument document) => AdmittedResource.KindOf(document) == ResourceTypes.AuditPolicies;

    private static PolicyLoadResult Load(AuditPolicySpec spec)
    {
        var rules = RuleSelection.Of(spec);
        var loaded = rules.Errors.IsEmpty ? PolicyLoader.Load(AuditPolicyOptions.PolicyDocument(spec, rules), UnknownFields.Reject) : new PolicyLoadResult();
        ImmutableArray<string> errors =
        [
            .. rules.Errors,
            .. loaded.Errors.Select(error => $"spec.{error}"),
            .. AuditPolicyPlan.GateErrors(loaded.Policy, KubernetesVersion.TryParse(spec.KubernetesVersion, out var version) ? version : null),
        ];
        return errors.IsEmpty ? loaded : Refused(errors.Select(Remark.OfError));
    }

    private static PolicyLoadResult Refused(IEnumerable<Remark> remarks) => new() { Errors = [.. remarks.Select(remark => new PolicyError(null, remark.Path, remark.Message))] };

    /// <summary>Every policy in files and directories; manifests of other kinds beside them are passed over.</summary>
    /// <exception cref="InvalidInputException">A path cannot be read, or there is no policy in any of them.</exception>
    private static ImmutableArray<PolicyDocument> ReadAll(IReadOnlyList<string> paths, KubernetesVersion? target)
    {
        var documents = ResourceFiles.Read(paths);
        ThrowIfNone(documents, paths);
        return [.. documents.Where(IsPolicy).Select(document => Of(document, target))];
    }

    /// <exception cref="InvalidInputException">None of the documents of the paths is a policy.</exception>
    public static void ThrowIfNone(IEnumerable<ResourceDocument> documents, IReadOnlyList<string> paths)
    {
        if (!documents.Any(IsPolicy))
        {
            throw new InvalidInputException([$"neither a Policy ({Policy.ApiVersion}) nor an AuditPolicy ({ResourceTypes.AuditPolicies.ApiVersion}) in {string.Join(", ", paths)}"]);
        }
    }

    /// <summary>The one policy of a file.</summary>
    /// <exception cref="InvalidInputException">There is none, or more than one.</exception>
    public static PolicyDocument ReadOne(string path, KubernetesVersion? target = null)
    {
        var documents = ReadAll([path], target);
        return documents.Length == 1
            ? documents[0]
            : throw new InvalidInputException([$"{path}: {documents.Length} policies, and one is needed: put each into a file of its own"]);
    }
}
