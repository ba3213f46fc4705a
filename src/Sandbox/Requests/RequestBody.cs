using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.Sandbox.Resources;

namespace Comptroller.Sandbox.Requests;

/// <summary>Turns the bytes of a request into an object of the requested kind.</summary>
internal static class RequestBody
{
    private const int SummaryLength = 30;

    private const string Accepted =
        "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf";

    /// <summary>Refuses content types that carry no object. No content type means JSON.</summary>
    /// <exception cref="StatusError">415.</exception>
    public static void CheckContentType(string contentType)
    {
        if (contentType is "application/vnd.kubernetes.protobuf")
        {
            throw StatusResponses.UnsupportedMediaType(
                "this server does not read protobuf bodies; send application/json or application/yaml (kubectl: use apply -f or create -f instead of a generator)");
        }
        if (contentType is not ("" or "application/json" or "application/yaml"))
        {
            throw StatusResponses.UnsupportedMediaType(Accepted);
        }
    }

    /// <summary>Decodes the body of a POST or PUT.</summary>
    /// <param name="duplicates">Receives the paths of keys given twice.</param>
    public static JsonObject Decode(ApiRequest request, List<string> duplicates)
    {
        var resource = request.Resource;
        var decoded = Parse(request, duplicates);
        if (decoded is not JsonObject body)
        {
            // Go decodes null into an empty object of the expected type, but a custom kind has no type to decode into.
            body = decoded is null && !resource.IsCustom ? []
                : decoded is null ? throw Unrecognized(resource, "Object 'Kind' is missing in 'null'", request.Body.Span)
                : throw Unrecognized(resource, $"couldn't get version/kind; json parse error: json: cannot unmarshal {GoType(decoded)} into Go value of type "
                    + "struct { APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \"json:\\\"kind,omitempty\\\"\" }", request.Body.Span);
        }
        CheckKind(resource, body, request.Body.Span);
        if ((MetadataTypes.Problem(body) ?? resource.Strategy.Decode(body)) is { } problem)
        {
            throw CannotHandle(resource, problem);
        }
        return body;
    }

    /// <summary>Reads the body as JSON or YAML without looking at what it holds. An empty body is null.</summary>
    public static JsonNode? DecodeOptions(ApiRequest request)
    {
        if (request.Body.IsEmpty)
        {
            return null;
        }
        CheckContentType(request.ContentType);
        try
        {
            return request.ContentType == "application/yaml" ? YamlText.Parse(request.Body.Span) : JsonText.Parse(request.Body.Span, duplicates: null);
        }
        catch (JsonException)
        {
            throw StatusResponses.BadRequest($"couldn't get version/kind; json parse error: {GoJsonSyntax.Describe(request.Body.Span)}");
        }
        catch (FormatException error)
        {
            throw StatusResponses.BadRequest($"couldn't get version/kind; json parse error: {error.Message}");
        }
    }

    /// <summary>A body that is of the right kind and still does not fit it.</summary>
    public static StatusError CannotHandle(ServedResource resource, string problem) =>
        StatusResponses.BadRequest($"{resource.Kind} in version \"{resource.Version}\" cannot be handled as a {resource.Kind}: {problem}");

    private static JsonNode? Parse(ApiRequest request, List<string> duplicates)
    {
        var text = request.Body.Span;
        if (request.ContentType == "application/yaml")
        {
            try
            {
                return YamlText.Parse(text);
            }
            catch (FormatException error)
            {
                throw Unrecognized(request.Resource, error.Message, text);
            }
        }
        try
        {
            return JsonText.Parse(text, duplicates);
        }
        catch (JsonException error)
        {
            throw Unrecognized(request.Resource, $"couldn't get version/kind; json parse error: {GoJsonSyntax.Describe(text) ?? error.Message}", text);
        }
    }

    private static void CheckKind(ServedResource resource, JsonObject body, ReadOnlySpan<byte> text)
    {
        var kind = TypeField(resource, body, "kind", text);
        var apiVersion = TypeField(resource, body, "apiVersion", text);
        if (apiVersion != resource.ApiVersion)
        {
            throw StatusResponses.BadRequest($"the API version in the data ({apiVersion}) does not match the expected API version ({resource.ApiVersion})");
        }
        if (kind != resource.Kind && !resource.IsCustom)
        {
            var version = resource.Version;
            throw StatusResponses.BadRequest(
                $"{kind} in version \"{version}\" cannot be handled as a {resource.Kind}: converting ({version}.{kind}) to ({resource.Kind}): unknown conversion");
        }
    }

    /// <summary>Built-in kinds fill a missing kind or apiVersion in; custom kinds demand both.</summary>
    private static string TypeField(ServedResource resource, JsonObject body, string name, ReadOnlySpan<byte> text)
    {
        if (body[name] is JsonValue value && value.GetValueKind() == JsonValueKind.String && (string?)value is { Length: > 0 } given)
        {
            return given;
        }
        if (resource.IsCustom)
        {
            var shown = name == "kind" ? "Kind" : name;
            throw Unrecognized(resource, $"Object '{shown}' is missing in '{Encoding.UTF8.GetString(text)}'", text);
        }
        var expected = name == "kind" ? resource.Kind : resource.ApiVersion;
        body[name] = expected;
        return expected;
    }

    private static StatusError Unrecognized(ServedResource resource, string why, ReadOnlySpan<byte> text) =>
        StatusResponses.BadRequest($"the object provided is unrecognized (must be of type {resource.Kind}): {why} ({Summary(text)})");

    /// <summary>The beginning of a body: as text when it looks like an object, in hexadecimal otherwise.</summary>
    private static string Summary(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty)
        {
            return "<empty>";
        }
        var isLong = text.Length > SummaryLength;
        var head = isLong ? text[..SummaryLength] : text;
        var shown = text[0] == '{' ? Encoding.UTF8.GetString(head) : Convert.ToHexStringLower(head);
        return isLong ? shown + " ..." : shown;
    }

    private static string GoType(JsonNode node) => node.GetValueKind() switch
    {
        JsonValueKind.Array => "array",
        JsonValueKind.String => "string",
        JsonValueKind.Number => "number",
        _ => "bool",
    };
}
