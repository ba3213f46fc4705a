using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Schemas;

namespace Comptroller.Sandbox.Requests;

/// <summary>How something is to be deleted.</summary>
/// <param name="Propagation">Background, Foreground or Orphan; null when the client left it open.</param>
internal sealed record DeleteOptions(bool DryRun, string? Propagation, string? Uid, string? ResourceVersion)
{
    /// <summary>A body replaces the query parameters, as in the real server.</summary>
    public static DeleteOptions Parse(QueryOptions query, JsonNode? body)
    {
        var errors = new List<FieldError>();
        DeleteOptions options;
        bool? orphan;
        if (body is JsonObject given)
        {
            CheckKind(given);
            var preconditions = given["preconditions"] as JsonObject;
            var dryRun = given["dryRun"] is JsonArray values ? values.Select(value => (string?)value ?? "").ToList() : query.All("dryRun");
            options = new DeleteOptions(WriteOptions.ParseDryRun(dryRun, errors),
                Text(given, "propagationPolicy"), Text(preconditions, "uid"), Text(preconditions, "resourceVersion"));
            orphan = given["orphanDependents"]?.GetValue<bool>();
        }
        else
        {
            var propagation = query.Text("propagationPolicy");
            options = new DeleteOptions(WriteOptions.ParseDryRun(query.All("dryRun"), errors), propagation.Length == 0 ? null : propagation, null, null);
            orphan = query.Has("orphanDependents") ? query.Flag("orphanDependents") : null;
        }
        Check(options.Propagation, orphan, errors);
        if (errors.Count > 0)
        {
            throw StatusResponses.InvalidOptions("DeleteOptions", errors);
        }
        return orphan is null ? options : options with { Propagation = orphan.Value ? "Orphan" : "Background" };
    }

    private static void Check(string? propagation, bool? orphan, List<FieldError> errors)
    {
        if (propagation is not null && orphan is not null)
        {
            errors.Add(new FieldError("FieldValueInvalid",
                $"Invalid value: \"{propagation}\": orphanDependents and deletionPropagation cannot be both set", "propagationPolicy"));
        }
        else if (propagation is not (null or "Foreground" or "Background" or "Orphan"))
        {
            errors.Add(new FieldError("FieldValueNotSupported",
                $"Unsupported value: \"{propagation}\": supported values: \"Foreground\", \"Background\", \"Orphan\", \"nil\"", "propagationPolicy"));
        }
    }

    private static void CheckKind(JsonObject body)
    {
        var kind = Text(body, "kind");
        if (kind is not (null or "" or "DeleteOptions"))
        {
            throw StatusResponses.BadRequest($"no kind \"{kind}\" is registered for version \"{Text(body, "apiVersion")}\" in scheme "
                + "\"k8s.io/apimachinery/pkg/apis/meta/internalversion/scheme/register.go:27\"");
        }
    }

    private static string? Text(JsonObject? source, string name) => source?[name] is JsonValue value && value.GetValueKind() == JsonValueKind.String ? (string?)value : null;
}
