using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Schemas;
using Comptroller.Sandbox.Requests;
using static Comptroller.Kubernetes.Schemas.FieldErrors;
using static Comptroller.Sandbox.Resources.JsonReading;

namespace Comptroller.Sandbox.Kinds;

/// <summary>
/// What must hold of a CustomResourceDefinition, in kube-apiserver's order and words. The server works on an internal form in which what
/// all versions have in common stands once above them: that is why errors say <c>spec.validation</c> although v1 has no such field.
/// </summary>
internal static class DefinitionChecks
{
    private const string ApprovalAnnotation = "api-approved.kubernetes.io";
    private const string ApprovalLink = "see https://github.com/kubernetes/enhancements/pull/1111";

    public static IEnumerable<FieldError> Check(JsonObject definition, JsonObject? existing) =>
        Name(definition)
            .Concat(Spec(definition["spec"] as JsonObject ?? []))
            .Concat(existing is null ? [] : Unchanged(definition, existing))
            .Concat(StoredVersions(definition))
            .Concat(Approval(definition))
            .Concat((bool?)definition["spec"]?["preserveUnknownFields"] == true
                ? [Invalid("spec.preserveUnknownFields", true, "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead")]
                : []);

    private static IEnumerable<FieldError> Name(JsonObject definition)
    {
        var name = Text(definition["metadata"], "name");
        if (name != $"{Text(definition["spec"]?["names"], "plural")}.{Text(definition["spec"], "group")}")
        {
            yield return Invalid("metadata.name", name, "must be spec.names.plural+\".\"+spec.group");
        }
    }

    private static IEnumerable<FieldError> Spec(JsonObject spec)
    {
        var group = Text(spec, "group");
        if (group.Length == 0)
        {
            yield return Required("spec.group");
        }
        else if (Joined(NameRules.Subdomain(group)) is { } badGroup)
        {
            yield return Invalid("spec.group", group, badGroup);
        }
        else if (!group.Contains('.'))
        {
            yield return Invalid("spec.group", group, "should be a domain with at least one dot");
        }
        var scope = Text(spec, "scope");
        if (scope.Length == 0)
        {
            yield return Required("spec.scope");
        }
        else if (scope is not ("Cluster" or "Namespaced"))
        {
            yield return NotSupported("spec.scope", scope, "Cluster", "Namespaced");
        }
        var versions = (spec["versions"] as JsonArray ?? []).OfType<JsonObject>().ToList();
        foreach (var error in Versions(versions))
        {
            yield return error;
        }
        foreach (var error in Names(spec["names"]))
        {
            yield return error;
        }
        foreach (var error in PerVersion(versions))
        {
            yield return error;
        }
        foreach (var error in Conversion(spec["conversion"]))
        {
            yield return error;
        }
    }

    private static IEnumerable<FieldError> Versions(List<JsonObject> versions)
    {
        for (var index = 0; index < versions.Count; index++)
        {
            if ((bool?)versions[index]["served"] == true && versions[index]["schema"]?["openAPIV3Schema"] is not JsonObject)
            {
                yield return Required($"spec.versions[{index}].schema.openAPIV3Schema");
            }
        }
        for (var index = 0; index < versions.Count; index++)
        {
            var name = Text(versions[index], "name");
            if (Joined(NameRules.Dns1035Label(name)) is { } badName)
            {
                yield return Invalid($"spec.versions[{index}].name", name, badName);
            }
            if (versions[index]["deprecationWarning"] is not null && (bool?)versions[index]["deprecated"] != true)
            {
                yield return Invalid($"spec.versions[{index}].deprecationWarning", versions[index]["deprecationWarning"], "can only be set for deprecated versions");
            }
        }
        if (versions.DistinctBy(version => Text(version, "name")).Count() != versions.Count)
        {
            yield return Versions(versions, "must contain unique version names");
        }
        if (versions.Count(version => (bool?)version["storage"] == true) != 1)
        {
            yield return Versions(versions, "must have exactly one version marked as storage version");
        }
    }

    private static IEnumerable<FieldError> Names(JsonNode? names)
    {
        foreach (var field in ((string[])["plural", "singular", "kind", "listKind"]).Where(field => Text(names, field).Length == 0))
        {
            yield return Required($"spec.names.{field}");
        }
        foreach (var field in ((string[])["plural", "singular"]).Where(field => Text(names, field).Length > 0))
        {
            if (Joined(NameRules.Dns1035Label(Text(names, field))) is { } error)
            {
                yield return Invalid($"spec.names.{field}", Text(names, field), error);
            }
        }
        foreach (var field in ((string[])["kind", "listKind"]).Where(field => Text(names, field).Length > 0))
        {
            if (Joined(NameRules.Dns1035Label(Text(names, field).ToLowerInvariant())) is { } error)
            {
                yield return Invalid($"spec.names.{field}", Text(names, field), "may have mixed case, but should otherwise match: " + error);
            }
        }
        foreach (var field in (string[])["shortNames", "categories"])
        {
            var list = names?[field] as JsonArray ?? [];
            for (var index = 0; index < list.Count; index++)
            {
                if (Joined(NameRules.Dns1035Label((string?)list[index] ?? "")) is { } error)
                {
                    yield return Invalid($"spec.names.{field}[{index}]", list[index], error);
                }
            }
        }
        if (Text(names, "kind") is { Length: > 0 } kind && kind == Text(names, "listKind"))
        {
            yield return Invalid("spec.names.listKind", kind, "kind and listKind may not be the same");
        }
    }

    private static IEnumerable<FieldError> PerVersion(List<JsonObject> versions)
    {
        foreach (var (schema, path) in Common(versions, version => version["schema"]?["openAPIV3Schema"], "spec.validation.openAPIV3Schema", "schema.openAPIV3Schema"))
        {
            foreach (var error in schema is JsonObject document ? CrdSchemaChecks.Check(document, path) : [])
            {
                yield return error;
            }
        }
        foreach (var (subresources, path) in Common(versions, version => version["subresources"], "spec.subresources", "subresources"))
        {
            foreach (var error in subresources?["scale"] is JsonObject scale ? Scale(scale, $"{path}.scale") : [])
            {
                yield return error;
            }
        }
        foreach (var (columns, path) in Common(versions, version => version["additionalPrinterColumns"], "spec.additionalPrinterColumns", "additionalPrinterColumns"))
        {
            foreach (var error in (columns as JsonArray ?? []).SelectMany((column, index) => DefinitionFieldChecks.Column(column, $"{path}[{index}]")))
            {
                yield return error;
            }
        }
        foreach (var (pair, path) in Common(versions, version => new JsonArray(version["selectableFields"]?.DeepClone(), version["schema"]?["openAPIV3Schema"]?.DeepClone()),
            "spec.selectableFields", "selectableFields"))
        {
            foreach (var error in DefinitionFieldChecks.Selectable(pair![0] as JsonArray ?? [], pair[1], path))
            {
                yield return error;
            }
        }
    }

    /// <summary>A part once under its common path when all versions agree on it; else once per version.</summary>
    private static IEnumerable<(JsonNode? Part, string Path)> Common(List<JsonObject> versions, Func<JsonObject, JsonNode?> part, string commonPath, string ownPath)
    {
        var parts = versions.ConvertAll(version => part(version));
        return parts.Count > 0 && parts.TrueForAll(other => JsonNode.DeepEquals(other, parts[0]))
            ? [(parts[0], commonPath)]
            : parts.Select((own, index) => (own, $"spec.versions[{index}].{ownPath}"));
    }

    private static IEnumerable<FieldError> Scale(JsonObject scale, string path)
    {
        foreach (var (field, root) in new[] { ("specReplicasPath", ".spec"), ("statusReplicasPath", ".status") })
        {
            var value = Text(scale, field);
            if (value.Length == 0)
            {
                yield return Required($"{path}.{field}");
            }
            else if (!value.StartsWith(root + ".", StringComparison.Ordinal))
            {
                yield return Invalid($"{path}.{field}", value, $"should be a json path under {root}");
            }
        }
    }

    private static IEnumerable<FieldError> Conversion(JsonNode? conversion)
    {
        var strategy = Text(conversion, "strategy");
        if (strategy.Length == 0)
        {
            yield return Required("spec.conversion.strategy");
        }
        else if (strategy is not ("None" or "Webhook"))
        {
            yield return NotSupported("spec.conversion.strategy", strategy, "None", "Webhook");
        }
        else if (strategy == "None" && conversion?["webhook"] is not null)
        {
            yield return Forbidden("spec.conversion.webhookClientConfig", "should not be set when strategy is not set to Webhook");
        }
    }

    private static IEnumerable<FieldError> Unchanged(JsonObject definition, JsonObject existing)
    {
        string[] fields = Conditions.IsTrue(existing, "Established") ? ["scope", "names.kind", "group", "names.plural"] : ["group", "names.plural"];
        foreach (var field in fields)
        {
            var (now, before) = (At(definition["spec"], field), At(existing["spec"], field));
            if (!JsonNode.DeepEquals(now, before))
            {
                yield return FieldErrors.Immutable($"spec.{field}", now);
            }
        }
    }

    private static IEnumerable<FieldError> StoredVersions(JsonObject definition)
    {
        const string Field = "status.storedVersions";
        if (definition["status"]?["storedVersions"] is not JsonArray { Count: > 0 } stored)
        {
            yield return Invalid(Field, definition["status"]?["storedVersions"], "must have at least one stored version");
            yield break;
        }
        var names = (definition["spec"]?["versions"] as JsonArray ?? []).Select(version => Text(version, "name")).ToHashSet(StringComparer.Ordinal);
        for (var index = 0; index < stored.Count; index++)
        {
            var name = (string?)stored[index] ?? "";
            if (!names.Contains(name))
            {
                yield return Invalid($"{Field}[{index}]", name,
                    $"missing from spec.versions; {name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in {name} and removes {name} from status.storedVersions");
            }
        }
    }

    /// <summary>Groups under k8s.io and kubernetes.io are the community's.</summary>
    private static IEnumerable<FieldError> Approval(JsonObject definition)
    {
        var group = Text(definition["spec"], "group");
        if (group is not ("k8s.io" or "kubernetes.io") && !group.EndsWith(".k8s.io", StringComparison.Ordinal) && !group.EndsWith(".kubernetes.io", StringComparison.Ordinal))
        {
            yield break;
        }
        const string Field = $"metadata.annotations[{ApprovalAnnotation}]";
        var approval = Text(definition["metadata"]?["annotations"], ApprovalAnnotation);
        if (approval.Length == 0)
        {
            yield return Required(Field, $"protected groups must have approval annotation \"{ApprovalAnnotation}\", {ApprovalLink}");
        }
        else if (!approval.StartsWith("unapproved", StringComparison.Ordinal) && !Uri.TryCreate(approval, UriKind.Absolute, out _))
        {
            yield return Invalid(Field, approval,
                $"protected groups must have approval annotation \"{ApprovalAnnotation}\" with either a URL or a reason starting with \"unapproved\", {ApprovalLink}");
        }
    }

    /// <summary>Shows the versions as the server's internal structs show themselves once the common parts have moved up.</summary>
    private static FieldError Versions(IEnumerable<JsonObject> versions, string detail)
    {
        var shown = new JsonArray([.. versions.Select(version => new JsonObject
        {
            ["Name"] = Text(version, "name"),
            ["Served"] = (bool?)version["served"] ?? false,
            ["Storage"] = (bool?)version["storage"] ?? false,
            ["Deprecated"] = (bool?)version["deprecated"] ?? false,
            ["DeprecationWarning"] = version["deprecationWarning"]?.DeepClone(),
            ["Schema"] = null,
            ["Subresources"] = null,
            ["AdditionalPrinterColumns"] = null,
            ["SelectableFields"] = null,
        })]);
        return new FieldError("FieldValueInvalid", $"Invalid value: {shown.ToJsonString()}: {detail}", "spec.versions");
    }

    private static JsonNode? At(JsonNode? node, string path) => path.Split('.').Aggregate(node, (current, field) => current?[field]);

    private static string? Joined(IEnumerable<string> messages) => string.Join(",", messages) is { Length: > 0 } joined ? joined : null;
}
