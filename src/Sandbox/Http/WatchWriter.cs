using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text.Json.Nodes;
using Comptroller.Sandbox.Requests;
using Comptroller.Sandbox.Storage;
using Comptroller.Sandbox.Tables;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Comptroller.Sandbox.Http;

/// <summary>Streams a watch: one JSON document per line. Plain objects are copied from the encoding that all watchers share.</summary>
internal sealed class WatchWriter(WatchRequests watches, ReplyWriter replies, ITableWriter tables, TimeProvider time)
{
    public async Task WriteAsync(HttpContext context, ApiRequest request, ListOptions options, ResponseForm form, CancellationToken cancellationToken)
    {
        if (form.Shape == Shape.Table)
        {
            _ = ReplyWriter.TableFormOf(form, request, withColumns: true);
        }
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        context.Response.StatusCode = 200;
        context.Response.ContentType = "application/json";
        await context.Response.StartAsync(cancellationToken).ConfigureAwait(false);
        if (form.Shape == Shape.MetadataList)
        {
            // The real server finds out at the first event that the form does not fit, and can no longer say so.
            return;
        }
        var pipe = context.Response.BodyWriter;
        await pipe.FlushAsync(cancellationToken).ConfigureAwait(false);
        var isFirst = true;
        await foreach (var line in watches.RunAsync(request, options, cancellationToken).ConfigureAwait(false))
        {
            if (line is null)
            {
                if (pipe.UnflushedBytes > 0)
                {
                    await pipe.FlushAsync(cancellationToken).ConfigureAwait(false);
                }
                continue;
            }
            WriteLine(pipe, request, line, form, isFirst);
            isFirst = false;
        }
        await pipe.FlushAsync(CancellationToken.None).ConfigureAwait(false);
    }

    private void WriteLine(PipeWriter pipe, ApiRequest request, WatchLine line, ResponseForm form, bool isFirst)
    {
        switch (line)
        {
            case WatchLine.Change change:
                WriteLine(pipe, change.Type, form.Shape == Shape.Plain ? change.Object.Json.Span
                    : ServedObject.Encode(replies.OneIn(form, request, change.Object, withColumns: isFirst)));
                break;
            case WatchLine.Bookmark bookmark:
                WriteLine(pipe, "BOOKMARK", ServedObject.Encode(BookmarkIn(form, request, bookmark, isFirst)));
                break;
            case WatchLine.Error error:
                WriteLine(pipe, "ERROR", ServedObject.Encode(error.Status));
                break;
        }
    }

    private static void WriteLine(PipeWriter pipe, string type, ReadOnlySpan<byte> json)
    {
        pipe.Write("{\"type\":\""u8);
        pipe.Advance(System.Text.Encoding.ASCII.GetBytes(type, pipe.GetSpan(type.Length)));
        pipe.Write("\",\"object\":"u8);
        pipe.Write(json);
        pipe.Write("}\n"u8);
    }

    private JsonObject BookmarkIn(ResponseForm form, ApiRequest request, WatchLine.Bookmark bookmark, bool isFirst)
    {
        var metadata = new JsonObject { ["resourceVersion"] = bookmark.Revision.ToString(CultureInfo.InvariantCulture) };
        if (bookmark.EndsInitialEvents)
        {
            metadata["annotations"] = new JsonObject { ["k8s.io/initial-events-end"] = "true" };
        }
        var plain = new JsonObject { ["kind"] = request.Resource.Kind, ["apiVersion"] = request.Resource.ApiVersion, ["metadata"] = metadata };
        return form.Shape switch
        {
            Shape.Metadata => ReplyWriter.MetadataOf(plain, form.AsVersion),
            Shape.Table => BookmarkTable(form, request, plain, bookmark.Revision, isFirst),
            _ => plain,
        };
    }

    /// <summary>A Table with one row in which no column finds anything.</summary>
    private JsonObject BookmarkTable(ResponseForm form, ApiRequest request, JsonObject plain, long revision, bool isFirst)
    {
        var tableForm = ReplyWriter.TableFormOf(form, request, isFirst);
        var table = tables.Write(request.Resource, [], new JsonObject { ["resourceVersion"] = revision.ToString(CultureInfo.InvariantCulture) }, tableForm, time.GetUtcNow());
        var cells = new JsonArray("");
        for (var i = 1; i < request.Resource.Columns.Count; i++)
        {
            cells.Add(null);
        }
        table["rows"] = new JsonArray(new JsonObject
        {
            ["cells"] = cells,
            ["object"] = tableForm.Include switch
            {
                IncludeObject.None => null,
                IncludeObject.Full => plain,
                _ => ReplyWriter.MetadataOf(plain, form.AsVersion),
            },
        });
        return table;
    }
}
