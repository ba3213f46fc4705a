using System.Text.Json;
using Comptroller.Drift.Api.Access;

namespace Comptroller.Drift.Api;

/// <summary>The API as an OpenAPI 3.1 document. Paths come from the routes that serve them, so the two cannot differ; schemas are a file beside this one.</summary>
internal static class OpenApiDocument
{
    private const string Schemas = "openapi-schemas.json";

    public static byte[] Render(IEnumerable<Route> routes)
    {
        using var stream = typeof(OpenApiDocument).Assembly.GetManifestResourceStream(Schemas) ?? throw new InvalidOperationException($"{Schemas} is not in the assembly");
        using var schemas = JsonDocument.Parse(stream);
        return JsonBody.Indented(json =>
        {
            json.WriteStartObject();
            json.WriteString("openapi", "3.1.0");
            json.WriteStartObject("info");
            json.WriteString("title", "DriftWatch");
            json.WriteString("description", "What was changed behind Terraform's back. Ids may hold slashes, as they are or as %2F.");
            json.WriteString("version", "v1");
            json.WriteEndObject();
            json.WriteStartObject("paths");
            foreach (var path in routes.GroupBy(route => route.Template, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal))
            {
                json.WriteStartObject(path.Key);
                foreach (var route in path.OrderBy(route => route.Method, StringComparer.Ordinal))
                {
                    Write(json, route);
                }

                json.WriteEndObject();
            }

            json.WriteEndObject();
            json.WriteStartObject("components");
            json.WritePropertyName("schemas");
            schemas.RootElement.WriteTo(json);
            WriteSecurity(json);
            json.WriteEndObject();
            json.WriteEndObject();
        });
    }

    private static void Write(Utf8JsonWriter json, Route route)
    {
        json.WriteStartObject(route.Method.ToLowerInvariant());
        json.WriteString("operationId", OperationId(route));
        json.WriteString("summary", route.Summary);
        if (route.Needs != Scopes.None)
        {
            json.WriteString("description", $"Scope: {string.Join(", ", route.Needs.List())}");
        }

        WriteParameters(json, route);
        if (route.Body is { } body)
        {
            json.WriteStartObject("requestBody");
            WriteContent(json, "application/json", writer => WriteReference(writer, body));
            json.WriteEndObject();
        }

        json.WriteStartObject("responses");
        json.WriteStartObject(route.Status.ToString(System.Globalization.CultureInfo.InvariantCulture));
        json.WriteString("description", route.Status switch { 101 => "The connection is a WebSocket now", 202 => "It is on disk", _ => "Done" });
        if (route.Status is not (101 or 202))
        {
            WriteContent(json, route.Media, writer => WriteAnswer(writer, route));
        }

        json.WriteEndObject();
        json.WriteStartObject("default");
        json.WriteString("description", "400 wrong, 401 who are you, 403 not allowed, 404 not there, 409 cannot be done now, 429 too often, 503 not now");
        WriteContent(json, "application/json", writer => WriteReference(writer, "Error"));
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteStartArray("security");
        if (route.Needs != Scopes.None)
        {
            foreach (var scheme in (ReadOnlySpan<string>)["bearer", "key"])
            {
                json.WriteStartObject();
                json.WriteStartArray(scheme);
                json.WriteEndArray();
                json.WriteEndObject();
            }
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteParameters(Utf8JsonWriter json, Route route)
    {
        json.WriteStartArray("parameters");
        if (route.Template.Contains("{id}", StringComparison.Ordinal))
        {
            WriteParameter(json, "path", new Parameter("id", "string", "The id"), isRequired: true);
        }

        foreach (var parameter in route.Query)
        {
            WriteParameter(json, "query", parameter, isRequired: false);
        }

        json.WriteEndArray();
    }

    private static void WriteParameter(Utf8JsonWriter json, string place, Parameter parameter, bool isRequired)
    {
        json.WriteStartObject();
        json.WriteString("name", parameter.Name);
        json.WriteString("in", place);
        json.WriteBoolean("required", isRequired);
        json.WriteString("description", parameter.Description);
        json.WriteStartObject("schema");
        json.WriteString("type", parameter.Type);
        if (!parameter.Values.IsEmpty && parameter.Name != "status")
        {
            json.WriteStartArray("enum");
            foreach (var value in parameter.Values)
            {
                json.WriteStringValue(value);
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteAnswer(Utf8JsonWriter json, Route route)
    {
        if (route.IsBare)
        {
            WriteReference(json, route.Data);
            return;
        }

        json.WriteStartObject();
        json.WriteString("type", "object");
        json.WriteStartObject("properties");
        json.WriteStartObject("success");
        json.WriteBoolean("const", true);
        json.WriteEndObject();
        json.WritePropertyName("data");
        WriteReference(json, route.Data);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteContent(Utf8JsonWriter json, string media, Action<Utf8JsonWriter> schema)
    {
        json.WriteStartObject("content");
        json.WriteStartObject(media);
        json.WritePropertyName("schema");
        schema(json);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteReference(Utf8JsonWriter json, string schema)
    {
        json.WriteStartObject();
        json.WriteString("$ref", $"#/components/schemas/{schema}");
        json.WriteEndObject();
    }

    private static void WriteSecurity(Utf8JsonWriter json)
    {
        json.WriteStartObject("securitySchemes");
        json.WriteStartObject("bearer");
        json.WriteString("type", "http");
        json.WriteString("scheme", "bearer");
        json.WriteString("description", "A JSON web token, an API key, or a configured token");
        json.WriteEndObject();
        json.WriteStartObject("key");
        json.WriteString("type", "apiKey");
        json.WriteString("in", "header");
        json.WriteString("name", "X-API-Key");
        json.WriteEndObject();
        json.WriteEndObject();
    }

    // drifts/{id}/timeline by GET is getDriftsIdTimeline.
    private static string OperationId(Route route) => route.Method.ToLowerInvariant() + string.Concat(route.Template.Replace("/api/v1", "", StringComparison.Ordinal)
        .Split(['/', '-', '{', '}', '.'], StringSplitOptions.RemoveEmptyEntries).Select(word => char.ToUpperInvariant(word[0]) + word[1..])) + (route.Template is "/api/v1/health" or "/api/v1/version" ? "V1" : "");
}
