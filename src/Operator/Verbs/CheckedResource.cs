using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.AuditPolicies.Linting;
using Comptroller.AuditPolicies.Profiles;
using Comptroller.Crds;
using Comptroller.Crds.AuditPolicies;
using Comptroller.Kubernetes.Schemas;
using Comptroller.Kubernetes.Yaml;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Operator.AuditPolicies;
using Comptroller.Operator.PolicyAuditSchedules;

namespace Comptroller.Operator.Verbs;

/// <summary>Something to say about a file, at a line.</summary>
/// <param name="Severity"><c>error</c>, <c>warning</c> or <c>info</c>.</param>
/// <param name="Id">The check: <c>schema</c>, <c>semantics</c>, or the finding's own id.</param>
/// <param name="Path">Field, such as <c>spec.rules[3].level</c>; empty for the whole object.</param>
/// <param name="Message">What is wrong.</param>
/// <param name="Fix">What to do about it; empty when the message says it.</param>
internal sealed record Remark(string Severity, string Id, string Path, string Message, string Fix = "")
{
    /// <summary>Why it matters; empty when the message says it.</summary>
    public string Why { get; init; } = "";

    /// <summary>0-based index of the rule concerned among all rules of the policy.</summary>
    public int? Rule { get; init; }

    /// <summary>A finding at the field where it stands.</summary>
    public static Remark Of(Finding finding, string path, string message) => new(finding.Severity.ToString().ToLowerInvariant(), finding.Id, path, message, finding.Fix)
    {
        Why = finding.Explanation,
        Rule = finding.RuleIndex,
    };
}

/// <summary>A resource from a file, judged without a cluster exactly as the API server and then the operator would.</summary>
/// <param name="Document">Where it came from.</param>
/// <param name="Resource">The AuditPolicy; null for another kind, or when its schema refuses it.</param>
/// <param name="Plan">Of an AuditPolicy; null when its schema refuses it; holds errors when its semantics do.</param>
/// <param name="Objects">What the operator would apply; empty when there are errors.</param>
/// <param name="Remarks">Errors first.</param>
internal sealed record CheckedResource(ResourceDocument Document, AuditPolicy? Resource, AuditPolicyPlan? Plan, ImmutableArray<DesiredObject> Objects, ImmutableArray<Remark> Remarks)
{
    private static readonly Dictionary<(string ApiVersion, string Kind), Schema> Schemas = ReadSchemas();

    public bool HasErrors => Remarks.Any(remark => remark.Severity == "error");

    /// <summary>True for the kinds this binary has a CRD for.</summary>
    public static bool IsKnown(ResourceDocument document) => Schemas.ContainsKey((document.ApiVersion, document.Kind));

    /// <summary>Checks every resource of our kinds in <paramref name="paths"/>; manifests of other kinds beside them are passed over.</summary>
    /// <exception cref="InvalidInputException">A path or file cannot be read, or there is no resource of ours in any of them.</exception>
    public static IReadOnlyList<CheckedResource> ReadAll(IReadOnlyList<string> paths)
    {
        var documents = ResourceFiles.Read(paths);
        var unknown = documents.Where(document => document.ApiVersion.StartsWith(ResourceTypes.Group + "/", StringComparison.Ordinal) && !IsKnown(document)).ToList();
        if (unknown.Count > 0)
        {
            throw new InvalidInputException([.. unknown.Select(document =>
                $"{document.At("kind")}: no kind {document.Kind} in {document.ApiVersion}; known: {string.Join(", ", Schemas.Keys.Select(key => $"{key.ApiVersion} {key.Kind}"))}")]);
        }

        var known = documents.Where(IsKnown).ToList();
        return known.Count > 0
            ? known.ConvertAll(Check)
            : throw new InvalidInputException([$"no resource of group {ResourceTypes.Group} in {string.Join(", ", paths)}"]);
    }

    /// <summary>Schema with unknown fields as errors, defaults, then the plan with its errors and findings.</summary>
    public static CheckedResource Check(ResourceDocument document)
    {
        var candidate = (JsonObject)document.Root.DeepClone();
        var schema = Schemas[(document.ApiVersion, document.Kind)];
        ImmutableArray<Remark> refused =
        [
            .. Pruning.Prune(schema, candidate).Select(path => new Remark("error", "schema", path, "unknown field", "remove it, or check its spelling in docs/api.md")),
            .. Defaulted(schema, candidate),
            .. NameErrors(candidate),
        ];
        if (!refused.IsEmpty)
        {
            return new CheckedResource(document, null, null, [], refused);
        }

        candidate["metadata"]!.AsObject().TryAdd("namespace", "default");
        return document.Kind == ResourceTypes.PolicyAuditSchedules.Kind ? CheckSchedule(document, candidate) : CheckPolicy(document, candidate);
    }

    private static CheckedResource CheckPolicy(ResourceDocument document, JsonObject candidate)
    {
        var resource = candidate.Deserialize(CrdsJson.Default.AuditPolicy)!;
        var plan = AuditPolicyPlan.Make(resource);
        return new CheckedResource(document, resource, plan, [.. plan.Objects],
        [
            .. plan.Errors.Select(ErrorRemark),
            .. plan.Findings.Select(finding => FindingRemark(finding, plan.Origin(finding))),
        ]);
    }

    private static CheckedResource CheckSchedule(ResourceDocument document, JsonObject candidate)
    {
        var plan = PolicyAuditPlan.Make(candidate.Deserialize(CrdsJson.Default.PolicyAuditSchedule)!, new PolicyAuditInputs());
        return new CheckedResource(document, null, null, plan.Objects, [.. plan.Errors.Select(ErrorRemark)]);
    }

    private static IReadOnlyList<Remark> Defaulted(Schema schema, JsonObject candidate)
    {
        Defaulting.Apply(schema, candidate);
        // The server's note that CEL rules were skipped names no field and helps nobody here.
        return [.. SchemaValidation.Validate(schema, candidate, null)
            .Where(error => error.Field != FieldErrors.NoField)
            .Select(error => new Remark("error", "schema", error.Field, error.Message))];
    }

    private static IEnumerable<Remark> NameErrors(JsonObject candidate)
    {
        if (candidate["metadata"]?["name"] is not JsonValue value || !value.TryGetValue<string>(out var name) || name.Length == 0)
        {
            yield return new Remark("error", "schema", "metadata.name", "required", "give the resource a name");
        }
    }

    // Plan errors start with their path.
    private static Remark ErrorRemark(string error) =>
        error.Split(": ", 2) is [var path, var message] ? new Remark("error", "semantics", path, message) : new Remark("error", "semantics", "", error);

    // A finding about a rule that is not in the file stands at the field that brought the rule in.
    private static Remark FindingRemark(Finding finding, RuleOrigin? origin)
    {
        var (path, message) = origin switch
        {
            null => ("", finding.Message),
            { Source: RuleSource.Own } own => (own.ToString(), finding.Message),
            { Source: RuleSource.Profile } => ("spec.profile", $"{origin}: {finding.Message}"),
            _ => ("spec.addOns", $"{origin}: {finding.Message}"),
        };
        return Remark.Of(finding, path, message);
    }

    private static Dictionary<(string, string), Schema> ReadSchemas()
    {
        var schemas = new Dictionary<(string, string), Schema>();
        foreach (var (_, text) in CustomResourceDefinitions.Yaml)
        {
            var spec = YamlReader.ReadFirst(text).Root!["spec"]!;
            foreach (var version in spec["versions"]!.AsArray())
            {
                schemas.Add(
                    ($"{spec["group"]}/{version!["name"]}", (string)spec["names"]!["kind"]!),
                    Schema.Parse(version["schema"]!["openAPIV3Schema"]!.AsObject()));
            }
        }

        return schemas;
    }
}
