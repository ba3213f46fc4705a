using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Schemas;
using Comptroller.Sandbox.Resources;

namespace Comptroller.Sandbox.Requests;

/// <summary>Everything that may be wrong with an object, as one refusal.</summary>
internal static class ObjectValidation
{
    /// <summary>What the server adds when an error kept it from running CEL rules.</summary>
    private static readonly FieldError RulesSkipped = new("FieldValueInvalid",
        "Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation", "<nil>");

    /// <param name="before">Null on create.</param>
    /// <param name="errors">What is known to be wrong with the metadata.</param>
    /// <exception cref="StatusError">422, with a cause for each complaint.</exception>
    public static void Check(ApiRequest request, JsonObject candidate, JsonObject? before, List<FieldError> errors)
    {
        var resource = request.Resource;
        errors.AddRange(TypeErrors(resource, candidate));
        if (resource.IsCustom)
        {
            errors.AddRange(SchemaValidation.Validate(resource.Schema, candidate, before));
        }
        errors.AddRange(resource.Strategy.Validate(candidate, before, request.IsStatus ? "status" : null));
        if (resource.Schema.HasCelRules && errors.Exists(error => error.Reason == "FieldValueTooLong") && !errors.Exists(error => error.Field == RulesSkipped.Field))
        {
            errors.Add(RulesSkipped);
        }
        if (errors.Count > 0)
        {
            // A custom object is named by what it says of itself, a built-in one by how it is stored: events.k8s.io Events are core Events.
            var group = !resource.IsCustom ? resource.Storage.Group : ((string?)candidate["apiVersion"])?.Split('/') is [var found, _] ? found : "";
            throw StatusResponses.Invalid(group, (string?)candidate["kind"] ?? resource.Kind, Metadata.Text(candidate, "name"), errors);
        }
        Warn(request, candidate);
    }

    /// <summary>Collects what the client should hear about an object that is accepted.</summary>
    public static void Warn(ApiRequest request, JsonObject candidate)
    {
        request.Warnings.AddRange(MetadataRules.FinalizerWarnings(request.Resource, candidate));
        request.Warnings.AddRange(request.Resource.Strategy.Warnings(candidate));
    }

    /// <summary>A custom object may arrive, or be patched, under another kind: its decoder takes any.</summary>
    private static IEnumerable<FieldError> TypeErrors(ServedResource resource, JsonObject candidate)
    {
        foreach (var (name, expected) in ((string, string)[])[("kind", resource.Kind), ("apiVersion", resource.ApiVersion)])
        {
            if ((string?)candidate[name] is var given && given != expected)
            {
                yield return new FieldError("FieldValueInvalid", $"Invalid value: \"{given}\": must be {expected}", name);
            }
        }
    }
}
