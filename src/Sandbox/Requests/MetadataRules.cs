using System.Text;
using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Schemas;
using Comptroller.Sandbox.Resources;
using Comptroller.Sandbox.Storage;

namespace Comptroller.Sandbox.Requests;

/// <summary>Validation of metadata, the same for every kind.</summary>
internal static class MetadataRules
{
    private const int LargestAnnotations = 256 * 1024;

    private static readonly HashSet<string> StandardFinalizers = ["kubernetes", "orphan", "foregroundDeletion"];

    /// <summary>Complaints about the metadata of a new object.</summary>
    public static List<FieldError> OnCreate(ServedResource resource, JsonObject candidate)
    {
        var metadata = candidate["metadata"]!.AsObject();
        var errors = new List<FieldError>();
        if (Text(metadata, "generateName") is { Length: > 0 } prefix)
        {
            errors.AddRange(NameRules.ObjectName(resource.Names, prefix, isPrefix: true).Select(problem => Invalid("metadata.generateName", prefix, problem)));
        }
        var name = Text(metadata, "name");
        if (name.Length == 0)
        {
            errors.Add(new FieldError("FieldValueRequired", "Required value: name or generateName is required", "metadata.name"));
        }
        else
        {
            errors.AddRange(NameRules.ObjectName(resource.Names, name).Select(problem => Invalid("metadata.name", name, problem)));
        }
        Common(metadata, errors);
        Finalizers(resource, metadata, errors);
        return errors;
    }

    /// <summary>
    /// Complaints about a change. The real server runs its update checks twice (before and inside the kind's own validation) and the
    /// checks of a new object once more, so each cause appears as often.
    /// </summary>
    public static List<FieldError> OnUpdate(ServedResource resource, JsonObject candidate, JsonObject existing)
    {
        var metadata = candidate["metadata"]!.AsObject();
        var before = existing["metadata"]!.AsObject();
        var errors = new List<FieldError>();
        for (var pass = 0; pass < 2; pass++)
        {
            NoNewFinalizers(metadata, before, errors);
            if (Text(metadata, "uid") is var uid && uid != Text(before, "uid"))
            {
                errors.Add(Invalid("metadata.uid", uid, "field is immutable"));
            }
            Common(metadata, errors);
        }
        Common(metadata, errors);
        Finalizers(resource, metadata, errors);
        return errors;
    }

    /// <summary>Finalizers of custom objects that carry no domain: accepted, with a warning.</summary>
    public static IEnumerable<string> FinalizerWarnings(ServedResource resource, JsonObject candidate)
    {
        if (!resource.IsCustom || candidate["metadata"]?["finalizers"] is not JsonArray finalizers)
        {
            yield break;
        }
        foreach (var finalizer in finalizers.Select(entry => (string?)entry ?? ""))
        {
            if (!finalizer.Contains('/', StringComparison.Ordinal) && !StandardFinalizers.Contains(finalizer))
            {
                yield return $"metadata.finalizers: \"{finalizer}\": prefer a domain-qualified finalizer name to avoid accidental conflicts with other finalizer writers";
            }
        }
    }

    private static FieldError Invalid(string field, string value, string problem) =>
        new("FieldValueInvalid", $"Invalid value: \"{value}\": {problem}", field);

    private static string Text(JsonObject source, string name) => (string?)source[name] ?? "";

    private static void Common(JsonObject metadata, List<FieldError> errors)
    {
        foreach (var (key, value) in (metadata["labels"] as JsonObject) ?? [])
        {
            errors.AddRange(NameRules.QualifiedName(key).Select(problem => Invalid("metadata.labels", key, problem)));
            var text = (string?)value ?? "";
            errors.AddRange(NameRules.LabelValue(text).Select(problem => Invalid("metadata.labels", text, problem)));
        }
        Annotations(metadata, errors);
        OwnerReferences(metadata, errors);
    }

    private static void Annotations(JsonObject metadata, List<FieldError> errors)
    {
        var size = 0;
        foreach (var (key, value) in (metadata["annotations"] as JsonObject) ?? [])
        {
            errors.AddRange(NameRules.QualifiedName(key.ToLowerInvariant()).Select(problem => Invalid("metadata.annotations", key, problem)));
            size += Encoding.UTF8.GetByteCount(key) + Encoding.UTF8.GetByteCount((string?)value ?? "");
        }
        if (size > LargestAnnotations)
        {
            errors.Add(new FieldError("FieldValueTooLong", $"Too long: may not be more than {LargestAnnotations} bytes", "metadata.annotations"));
        }
    }

    private static void OwnerReferences(JsonObject metadata, List<FieldError> errors)
    {
        if (metadata["ownerReferences"] is not JsonArray references)
        {
            return;
        }
        JsonObject? controller = null;
        foreach (var reference in references.OfType<JsonObject>())
        {
            OwnerReference(reference, errors);
            if (reference["controller"] is not JsonValue flag || !flag.TryGetValue<bool>(out var isController) || !isController)
            {
                continue;
            }
            if (controller is not null)
            {
                var shown = string.Join(',', references.OfType<JsonObject>().Select(Shown));
                errors.Add(new FieldError("FieldValueInvalid", $"Invalid value: [{shown}]: Only one reference can have Controller set to true. "
                    + $"Found \"true\" in references for {Owner(controller)} and {Owner(reference)}", "metadata.ownerReferences"));
                return;
            }
            controller = reference;
        }
    }

    private static void OwnerReference(JsonObject reference, List<FieldError> errors)
    {
        foreach (var (name, problem) in (ReadOnlySpan<(string, string)>)[("apiVersion", "version must not be empty"),
            ("kind", "must not be empty"), ("name", "must not be empty"), ("uid", "must not be empty")])
        {
            if (Text(reference, name).Length == 0)
            {
                errors.Add(Invalid($"metadata.ownerReferences.{name}", "", problem));
            }
        }
        if (Text(reference, "apiVersion") == "v1" && Text(reference, "kind") == "Event")
        {
            errors.Add(new FieldError("FieldValueInvalid",
                $"Invalid value: {Shown(reference)}: /v1, Kind=Event is disallowed from being an owner", "metadata.ownerReferences"));
        }
    }

    private static string Owner(JsonObject reference) => $"{Text(reference, "kind")}/{Text(reference, "name")}";

    /// <summary>The reference with its fields in the order of the Go type.</summary>
    private static string Shown(JsonObject reference)
    {
        var ordered = new JsonObject();
        foreach (var name in (ReadOnlySpan<string>)["apiVersion", "kind", "name", "uid", "controller", "blockOwnerDeletion"])
        {
            if (reference[name] is { } value)
            {
                ordered[name] = value.DeepClone();
            }
        }
        return Encoding.UTF8.GetString(ServedObject.Encode(ordered));
    }

    private static void Finalizers(ServedResource resource, JsonObject metadata, List<FieldError> errors)
    {
        if (metadata["finalizers"] is not JsonArray finalizers)
        {
            return;
        }
        var index = -1;
        foreach (var finalizer in finalizers.Select(entry => (string?)entry ?? ""))
        {
            index++;
            var problems = NameRules.QualifiedName(finalizer).ToList();
            errors.AddRange(problems.Select(problem => Invalid("metadata.finalizers", finalizer, problem)));
            if (!resource.IsCustom && problems.Count == 0 && !finalizer.Contains('/', StringComparison.Ordinal) && !StandardFinalizers.Contains(finalizer))
            {
                errors.Add(Invalid($"metadata.finalizers[{index}]", finalizer, "name is neither a standard finalizer name nor is it fully qualified"));
            }
        }
    }

    private static void NoNewFinalizers(JsonObject metadata, JsonObject before, List<FieldError> errors)
    {
        if (before["deletionTimestamp"] is null || metadata["finalizers"] is not JsonArray after)
        {
            return;
        }
        var known = ((before["finalizers"] as JsonArray) ?? []).Select(entry => (string?)entry).ToHashSet();
        var added = after.Select(entry => (string?)entry).Where(entry => !known.Contains(entry)).ToList();
        if (added.Count > 0)
        {
            var shown = string.Join(", ", added.Select(entry => $"\"{entry}\""));
            errors.Add(new FieldError("FieldValueForbidden",
                $"Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{{{shown}}}", "metadata.finalizers"));
        }
    }
}
