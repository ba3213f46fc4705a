using System.Text;
using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Schemas;
using Comptroller.Sandbox.Requests;

namespace Comptroller.Sandbox.Kinds;

internal sealed class SecretStrategy(BuiltInType type) : BuiltInStrategy(type)
{
    protected override void SetDefaults(JsonObject candidate) => MoveStringData(candidate);

    public override IReadOnlyList<FieldError> Validate(JsonObject candidate, JsonObject? existing, string? subresource)
    {
        List<FieldError> errors = [];
        var data = candidate["data"] as JsonObject ?? [];
        foreach (var (key, _) in data.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            errors.AddRange(NameRules.ConfigKey(key).Select(message => FieldErrors.Invalid($"data[{key}]", key, message)));
        }
        if (data.Sum(pair => DecodedLength(pair.Value)) > ConfigMapStrategy.SizeLimit)
        {
            errors.Add(FieldErrors.TooLong("data", ConfigMapStrategy.SizeLimit));
        }
        errors.AddRange(MissingByType((string?)candidate["type"] ?? "", candidate, data));
        if (existing is not null)
        {
            if ((string?)candidate["type"] != (string?)existing["type"])
            {
                errors.Add(FieldErrors.Immutable("type", (string?)candidate["type"]));
            }
            errors.AddRange(ConfigMapStrategy.ImmutableFlag(candidate, existing, "data"));
        }
        return errors;
    }

    /// <summary>Length of a base64 value's bytes.</summary>
    internal static long DecodedLength(JsonNode? value)
    {
        var text = ((string?)value ?? "").AsSpan().TrimEnd('=');
        return text.Length * 3L / 4;
    }

    private static IEnumerable<FieldError> MissingByType(string type, JsonObject candidate, JsonObject data)
    {
        switch (type)
        {
            case "kubernetes.io/tls":
                return ((string[])["tls.crt", "tls.key"]).Where(key => !data.ContainsKey(key)).Select(RequiredKey);
            case "kubernetes.io/dockercfg" when !data.ContainsKey(".dockercfg"):
                return [RequiredKey(".dockercfg")];
            case "kubernetes.io/dockerconfigjson" when !data.ContainsKey(".dockerconfigjson"):
                return [RequiredKey(".dockerconfigjson")];
            case "kubernetes.io/basic-auth" when !data.ContainsKey("username") && !data.ContainsKey("password"):
                return [RequiredKey("username"), RequiredKey("password")];
            case "kubernetes.io/ssh-auth" when !data.ContainsKey("ssh-privatekey"):
                return [RequiredKey("ssh-privatekey")];
            case "kubernetes.io/service-account-token" when (candidate["metadata"]?["annotations"]?["kubernetes.io/service-account.name"]) is null:
                return [FieldErrors.Required("metadata.annotations[kubernetes.io/service-account.name]")];
            default:
                return [];
        }
    }

    private static FieldError RequiredKey(string key) => FieldErrors.Required($"data[{key}]");

    /// <summary>stringData is for writing only: it wins over data, and nobody ever reads it back.</summary>
    private static void MoveStringData(JsonObject secret)
    {
        if (secret["stringData"] is not JsonObject text)
        {
            return;
        }
        secret.Remove("stringData");
        if (secret["data"] is not JsonObject data)
        {
            secret["data"] = data = [];
        }
        foreach (var (key, value) in text)
        {
            data[key] = System.Convert.ToBase64String(Encoding.UTF8.GetBytes((string?)value ?? ""));
        }
    }
}
