using System.Text;
using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Schemas;
using Comptroller.Sandbox.Requests;

namespace Comptroller.Sandbox.Kinds;

internal sealed class ConfigMapStrategy(BuiltInType type) : BuiltInStrategy(type)
{
    public const int SizeLimit = 1024 * 1024;

    public override IReadOnlyList<FieldError> Validate(JsonObject candidate, JsonObject? existing, string? subresource)
    {
        List<FieldError> errors = [];
        var data = candidate["data"] as JsonObject ?? [];
        var binary = candidate["binaryData"] as JsonObject ?? [];
        foreach (var (key, _) in data.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            errors.AddRange(NameRules.ConfigKey(key).Select(message => FieldErrors.Invalid($"data[{key}]", key, message)));
            if (binary.ContainsKey(key))
            {
                errors.Add(FieldErrors.Invalid($"data[{key}]", key, "duplicate of key present in binaryData"));
            }
        }
        foreach (var (key, _) in binary.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            errors.AddRange(NameRules.ConfigKey(key).Select(message => FieldErrors.Invalid($"binaryData[{key}]", key, message)));
        }
        var size = data.Sum(pair => (long)Encoding.UTF8.GetByteCount((string?)pair.Value ?? "")) + binary.Sum(pair => SecretStrategy.DecodedLength(pair.Value));
        if (size > SizeLimit)
        {
            errors.Add(FieldErrors.TooLong("[]", SizeLimit));
        }
        if (existing is not null)
        {
            errors.AddRange(ImmutableFlag(candidate, existing, "data", "binaryData"));
        }
        return errors;
    }

    /// <summary>Once <c>immutable</c> is true, it and the data stay.</summary>
    internal static IEnumerable<FieldError> ImmutableFlag(JsonObject candidate, JsonObject existing, params string[] fields)
    {
        const string Text = "field is immutable when `immutable` is set";
        if ((bool?)existing["immutable"] != true)
        {
            yield break;
        }
        if ((bool?)candidate["immutable"] != true)
        {
            yield return FieldErrors.Forbidden("immutable", Text);
        }
        foreach (var field in fields.Where(field => !JsonNode.DeepEquals(candidate[field], existing[field])))
        {
            yield return FieldErrors.Forbidden(field, Text);
        }
    }
}
