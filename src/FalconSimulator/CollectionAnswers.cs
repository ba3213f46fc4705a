using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Comptroller.FalconSimulator;

/// <summary>The one collection of one Foundry app.</summary>
internal sealed class CollectionAnswers(SimulatorOptions options)
{
    public const string Root = "customobjects/v1/collections/";

    public ConcurrentDictionary<string, byte[]> Objects { get; } = new(StringComparer.Ordinal);

    public Task WriteAsync(HttpContext context, string path, Fault? fault)
    {
        var parts = path[Root.Length..].Split('/', 3).Select(Uri.UnescapeDataString).ToArray();
        if (context.Request.Headers["X-CS-APP-ID"] != options.AppId || parts[0] != options.Collection)
        {
            return Simulator.ErrorAsync(context, 404, "collection not found");
        }

        return parts switch
        {
            [_] => Answers.ListAsync(context, fault, [new JsonObject { ["name"] = options.Collection, ["schema_version"] = "v1.0" }]),
            [_, "objects"] => KeysAsync(context, fault),
            [_, "objects", { Length: > 0 and <= 1000 } key] => context.Request.Method switch
            {
                "PUT" => PutAsync(context, key, fault),
                "DELETE" => DeleteAsync(context, key, fault),
                _ => GetAsync(context, key, fault),
            },
            _ => Simulator.ErrorAsync(context, 400, "no such operation is simulated"),
        };
    }

    // In the order of the keys, from the one that is asked for on.
    private Task KeysAsync(HttpContext context, Fault? fault)
    {
        var start = context.Request.Query["start"].ToString();
        var limit = int.TryParse(context.Request.Query["limit"], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 100;
        return Answers.ListAsync(context, fault, Objects.Keys.Order(StringComparer.Ordinal).Where(key => string.CompareOrdinal(key, start) >= 0)
            .Take(Math.Clamp(limit, 1, Math.Min(1000, options.PageCap))).Select(key => JsonValue.Create(key)));
    }

    private async Task PutAsync(HttpContext context, string key, Fault? fault)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        if (context.Request.ContentType != "application/octet-stream" || body.Length is 0 or > 1_000_000)
        {
            await Simulator.ErrorAsync(context, 400, "an object is an octet stream of at most a megabyte");
            return;
        }

        Objects[key] = body.ToArray();
        await Answers.ListAsync(context, fault, [new JsonObject { ["collection_name"] = options.Collection, ["object_key"] = key }]);
    }

    private Task DeleteAsync(HttpContext context, string key, Fault? fault) => Objects.TryRemove(key, out _)
        ? Answers.ListAsync(context, fault, [new JsonObject { ["collection_name"] = options.Collection, ["object_key"] = key }])
        : Simulator.ErrorAsync(context, 404, "object not found");

    private async Task GetAsync(HttpContext context, string key, Fault? fault)
    {
        if (!Objects.TryGetValue(key, out var bytes))
        {
            await Simulator.ErrorAsync(context, 404, "object not found");
            return;
        }

        context.Response.ContentType = "application/octet-stream";
        context.Response.ContentLength = bytes.Length;
        await context.Response.Body.WriteAsync(bytes.AsMemory(0, fault?.Cut == true ? bytes.Length / 2 : bytes.Length), context.RequestAborted);
        if (fault?.Cut == true)
        {
            await context.Response.Body.FlushAsync(context.RequestAborted);
            context.Abort();
        }
    }
}
