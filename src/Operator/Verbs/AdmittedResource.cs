using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Comptroller.Crds;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Schemas;
using Comptroller.Kubernetes.Yaml;

namespace Comptroller.Operator.Verbs;

/// <summary>A resource from a file as the API server would store it: with its defaults, or refused by its schema, unknown fields included.</summary>
/// <param name="Root">The object with its defaults.</param>
/// <param name="Refusals">Why the API server would not take it; empty when it would.</param>
internal sealed record AdmittedResource(JsonObject Root, ImmutableArray<Remark> Refusals)
{
    /// <summary>The kinds this binary has a CRD for.</summary>
    public static IReadOnlyList<ResourceType> Kinds { get; } =
        [ResourceTypes.AuditBackups, ResourceTypes.AuditPolicies, ResourceTypes.DriftWatches, ResourceTypes.PolicyAuditSchedules];

    // Each is read when it is needed: reading them all was the larger part of the start of a verb that needs none.
    private static readonly ConcurrentDictionary<ResourceType, Schema> Schemas = new();

    /// <summary>Null for a kind of somebody else.</summary>
    public static ResourceType? KindOf(ResourceDocument document) => Kinds.FirstOrDefault(kind => kind.ApiVersion == document.ApiVersion && kind.Kind == document.Kind);

    /// <param name="document">A resource of one of <see cref="Kinds"/>.</param>
    public static AdmittedResource Of(ResourceDocument document)
    {
        var candidate = (JsonObject)document.Root.DeepClone();
        var schema = Schemas.GetOrAdd(KindOf(document)!, ReadSchema);
        ImmutableArray<Remark> refusals =
        [
            .. Pruning.Prune(schema, candidate).Select(path => new Remark("error", "schema", path, "unknown field", "remove it, or check its spelling in docs/api.md")),
            .. Defaulted(schema, candidate),
            .. NameErrors(candidate),
        ];
        if (refusals.IsEmpty)
        {
            candidate["metadata"]!.AsObject().TryAdd("namespace", "default");
        }

        return new AdmittedResource(candidate, refusals);
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

    private static Schema ReadSchema(ResourceType kind)
    {
        var versions = YamlReader.ReadFirst(CustomResourceDefinitions.Of(kind)).Root!["spec"]!["versions"]!.AsArray();
        return Schema.Parse(versions.Single(version => (string)version!["name"]! == kind.Version)!["schema"]!["openAPIV3Schema"]!.AsObject());
    }
}
