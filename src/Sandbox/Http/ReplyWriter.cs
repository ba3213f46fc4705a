using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.Sandbox.Requests;
using Comptroller.Sandbox.Resources;
using Comptroller.Sandbox.Storage;
using Comptroller.Sandbox.Tables;
using Microsoft.AspNetCore.Http;

namespace Comptroller.Sandbox.Http;

/// <summary>Puts replies into the form that the client accepts. The common forms are copied from cached encodings.</summary>
internal sealed class ReplyWriter(ITableWriter tables, TimeProvider time)
{
    /// <summary>Throws a 406 for a form that this kind of answer does not have; to be called before anything is stored.</summary>
    public static void CheckShape(ResponseForm form, bool isList)
    {
        if (isList && form.Shape == Shape.Metadata)
        {
            throw StatusResponses.NotAcceptable("you requested PartialObjectMetadata, but the requested object is a list (*unstructured.UnstructuredList)");
        }
        if (!isList && form.Shape == Shape.MetadataList)
        {
            throw StatusResponses.Internal("content is not a list");
        }
    }

    public async Task WriteAsync(HttpContext context, ApiRequest request, Reply reply, ResponseForm form)
    {
        WriteWarnings(context, request);
        switch (reply)
        {
            case Reply.One one when form is { Shape: Shape.Plain, Yaml: false, Indented: false }:
                await WriteBytesAsync(context, one.Status, form.ContentType, one.Object.Json).ConfigureAwait(false);
                break;
            case Reply.One one:
                await WriteNodeAsync(context, one.Status, OneIn(form, request, one.Object), form).ConfigureAwait(false);
                break;
            case Reply.Many many when form is { Shape: Shape.Plain, Yaml: false, Indented: false }:
                await WriteListAsync(context, request.Resource, many).ConfigureAwait(false);
                break;
            case Reply.Many many:
                await WriteNodeAsync(context, 200, ManyIn(form, request, many), form).ConfigureAwait(false);
                break;
            case Reply.Document document:
                await WriteNodeAsync(context, document.Status, document.Body, form).ConfigureAwait(false);
                break;
        }
    }

    public static void WriteWarnings(HttpContext context, ApiRequest request)
    {
        foreach (var warning in request.Warnings.Distinct(StringComparer.Ordinal))
        {
            context.Response.Headers.Append("Warning", $"299 - {GoText.Quote(warning)}");
        }
    }

    public static Task WriteErrorAsync(HttpContext context, StatusError error, ResponseForm form)
    {
        if (error.RetryAfterSeconds is { } seconds)
        {
            context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }
        return WriteNodeAsync(context, error.Code, error.Body, form);
    }

    public static Task WriteTextAsync(HttpContext context, int status, string text) =>
        WriteBytesAsync(context, status, "text/plain; charset=utf-8", Encoding.UTF8.GetBytes(text));

    public static async Task WriteBytesAsync(HttpContext context, int status, string contentType, ReadOnlyMemory<byte> body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        context.Response.ContentLength = body.Length;
        if (context.Request.Method != "HEAD")
        {
            await context.Response.BodyWriter.WriteAsync(body, context.RequestAborted).ConfigureAwait(false);
        }
    }

    /// <summary>The object reduced to its metadata.</summary>
    public static JsonObject MetadataOf(JsonObject content, string version) => new()
    {
        ["kind"] = "PartialObjectMetadata",
        ["apiVersion"] = $"meta.k8s.io/{version}",
        ["metadata"] = content["metadata"]?.DeepClone(),
    };

    /// <summary>One object in a form other than plain JSON.</summary>
    public JsonNode OneIn(ResponseForm form, ApiRequest request, ServedObject one, bool withColumns = true) => form.Shape switch
    {
        Shape.Metadata => MetadataOf(one.Content, form.AsVersion),
        Shape.Table => tables.Write(request.Resource, [one.Content],
            new JsonObject { ["resourceVersion"] = one.Content["metadata"]?["resourceVersion"]?.DeepClone() }, TableFormOf(form, request, withColumns), time.GetUtcNow()),
        _ => one.Content,
    };

    public static TableForm TableFormOf(ResponseForm form, ApiRequest request, bool withColumns) => new($"meta.k8s.io/{form.AsVersion}", request.Query.Text("includeObject") switch
    {
        "" or "Metadata" => IncludeObject.Metadata,
        "Object" => IncludeObject.Full,
        "None" => IncludeObject.None,
        var other => throw StatusResponses.BadRequest(
            $"Unable to convert to Table as requested: includeObject: Invalid value: \"{other}\": must be 'Metadata', 'Object', 'None', or empty"),
    }, withColumns);

    private JsonObject ManyIn(ResponseForm form, ApiRequest request, Reply.Many many)
    {
        var metadata = ListMetadata(many, alwaysContinue: form.Shape == Shape.Plain && request.Resource.IsCustom);
        return form.Shape switch
        {
            Shape.Table => tables.Write(request.Resource, [.. many.Objects.Select(item => item.Content)], metadata, TableFormOf(form, request, withColumns: true), time.GetUtcNow()),
            Shape.MetadataList => new JsonObject
            {
                ["kind"] = "PartialObjectMetadataList",
                ["apiVersion"] = $"meta.k8s.io/{form.AsVersion}",
                ["metadata"] = metadata,
                // A Go slice that nothing was appended to.
                ["items"] = many.Objects.Count == 0 ? null : new JsonArray([.. many.Objects.Select(item => MetadataOf(item.Content, form.AsVersion))]),
            },
            _ => new JsonObject
            {
                ["kind"] = request.Resource.ListKind,
                ["apiVersion"] = request.Resource.ApiVersion,
                ["metadata"] = metadata,
                ["items"] = new JsonArray([.. many.Objects.Select(item => JsonText.Parse(item.ItemJson.Span, duplicates: null))]),
            },
        };
    }

    /// <param name="alwaysContinue">Lists of custom kinds show an empty continue token.</param>
    private static JsonObject ListMetadata(Reply.Many many, bool alwaysContinue)
    {
        var metadata = new JsonObject { ["resourceVersion"] = many.Revision.ToString(CultureInfo.InvariantCulture) };
        if (many.Continue.Length > 0 || alwaysContinue)
        {
            metadata["continue"] = many.Continue;
        }
        if (many.Remaining is { } remaining)
        {
            metadata["remainingItemCount"] = remaining;
        }
        return metadata;
    }

    private static async Task WriteListAsync(HttpContext context, ServedResource resource, Reply.Many many)
    {
        context.Response.StatusCode = 200;
        context.Response.ContentType = "application/json";
        if (context.Request.Method == "HEAD")
        {
            return;
        }
        var pipe = context.Response.BodyWriter;
        var metadata = Encoding.UTF8.GetString(ServedObject.Encode(ListMetadata(many, resource.IsCustom)));
        var type = $"\"kind\":\"{resource.ListKind}\",\"apiVersion\":\"{resource.ApiVersion}\"";
        Write(pipe, $"{{{type},\"metadata\":{metadata},\"items\":[");
        var first = true;
        foreach (var item in many.Objects)
        {
            if (!first)
            {
                pipe.Write(","u8);
            }
            first = false;
            pipe.Write(item.ItemJson.Span);
            if (pipe.UnflushedBytes > 64 * 1024)
            {
                await pipe.FlushAsync(context.RequestAborted).ConfigureAwait(false);
            }
        }
        pipe.Write("]}"u8);
        await pipe.FlushAsync(context.RequestAborted).ConfigureAwait(false);
    }

    private static void Write(PipeWriter pipe, string text)
    {
        var span = pipe.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length));
        pipe.Advance(Encoding.UTF8.GetBytes(text, span));
    }

    private static Task WriteNodeAsync(HttpContext context, int status, JsonNode body, ResponseForm form) =>
        WriteBytesAsync(context, status, form.ContentType,
            form.Yaml ? Encoding.UTF8.GetBytes(YamlText.Write(body)) : form.Indented ? Indent(body) : ServedObject.Encode(body));

    private static byte[] Indent(JsonNode body)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            body.WriteTo(writer);
        }
        return buffer.WrittenSpan.ToArray();
    }
}
