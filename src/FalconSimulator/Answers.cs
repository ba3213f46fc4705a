using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Comptroller.FalconSimulator;

/// <summary>The answer to each operation.</summary>
internal sealed class Answers(SimulatorOptions options)
{
    private readonly PolicySet _policies = new(options.Policies);

    public CollectionAnswers Collections { get; } = new(options);

    public Task WriteAsync(HttpContext context, string path, Fault? fault)
    {
        var query = context.Request.Query;
        var ids = query["ids"].OfType<string>().ToArray();
        switch (path)
        {
            case "sensors/queries/installers/ccid/v1":
                return ListAsync(context, fault, [JsonValue.Create($"{options.Cid}-7F")]);
            case "devices/combined/devices/v1":
                return HostsAsync(context, fault);
            case "devices/entities/devices/v2" when HttpMethods.IsPost(context.Request.Method):
                return DetailsAsync(context, fault);
            case "devices/combined/host-groups/v1":
                return PageAsync(context, fault, 20, i => new JsonObject { ["id"] = $"group-{i:D3}", ["name"] = $"Group {i}" }, 500);
            case "policy/combined/prevention/v1":
            case "policy/combined/content-update/v1":
            case "policy/combined/firewall/v1":
            case "policy/combined/device-control/v1":
            case "policy/combined/response/v1":
            case "policy/combined/sensor-update/v2":
                var type = path.Split('/')[2];
                return PageAsync(context, fault, _policies.CountOf(type), i => _policies.Make(type, i), 5000);
            case "fwmgr/entities/policies/v1":
                return ListAsync(context, fault, ids.Where(id => _policies.Find("firewall", id) is not null).Select(_policies.Container));
            case "policy/entities/device-control/v1":
                return ListAsync(context, fault, ids.Select(id => _policies.Find("device-control", id)).OfType<JsonObject>());
            case "it-automation/queries/policies/v1":
                return TextsAsync(context, fault, _policies.Ids("it-automation", query["platform"].ToString()));
            case "it-automation/entities/policies/v1":
                return ListAsync(context, fault, ids.Select(id => _policies.Find("it-automation", id)).OfType<JsonObject>());
            case "ods/queries/scheduled-scans/v1":
                return TextsAsync(context, fault, _policies.Ids("scan"));
            case "ods/entities/scheduled-scans/v1":
                return ListAsync(context, fault, ids.Select(id => _policies.Find("scan", id)).OfType<JsonObject>());
            case "ods/queries/scans/v1":
                return TextsAsync(context, fault, [.. _policies.Ids("scan").Select(id => $"run-{id}")]);
            case "ods/entities/scans/v1":
                return ListAsync(context, fault, ids.Select(Run));
            case "configuration-assessment/combined/assessments/v1":
                return ListAsync(context, fault, Findings(query["filter"].ToString()));
            case "zero-trust-assessment/entities/assessments/v1":
                return ListAsync(context, fault, ids.Select(Assessment));
            case "zero-trust-assessment/entities/audit/v1":
                return ListAsync(context, fault, [Tenant()]);
            case "zero-trust-assessment/queries/assessments/v1":
                return ScoresAsync(context, fault);
            case "devices/queries/host-group-members/v1":
                return MembersAsync(context, fault, query["id"].ToString());
            case var _ when path.StartsWith(CollectionAnswers.Root, StringComparison.Ordinal):
                return Collections.WriteAsync(context, path, fault);
            default:
                return Simulator.ErrorAsync(context, 404, "no such operation is simulated");
        }
    }

    private async Task HostsAsync(HttpContext context, Fault? fault)
    {
        var query = context.Request.Query;
        var limit = Math.Clamp(Number(query["limit"], 100), 1, Math.Min(10_000, options.PageCap));
        var start = Number(query["offset"], 0);
        var fields = query["fields"].ToString() is { Length: > 0 } wanted ? wanted.Split(',').ToHashSet(StringComparer.Ordinal) : null;
        var fleet = new Fleet(options, _policies);
        var end = Math.Min(start + limit, fleet.Count);
        var more = end < fleet.Count && fault?.EndEarly != true;
        await StreamAsync(context, fault, fleet.Count + (options.HostsJoined?.Invoke() ?? 0), more ? end.ToString(CultureInfo.InvariantCulture) : "", writer => fleet.Write(writer, start++, fields), end - start);
    }

    private async Task DetailsAsync(HttpContext context, Fault? fault)
    {
        var body = await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
        var numbers = body!["ids"]!.AsArray().Select(id => Fleet.NumberOf(id!.GetValue<string>())).OfType<int>().ToList();
        if (numbers.Count > 5000)
        {
            await Simulator.ErrorAsync(context, 400, "at most 5000 ids");
            return;
        }

        var fleet = new Fleet(options, _policies);
        var next = 0;
        await StreamAsync(context, fault, numbers.Count, "", writer => fleet.Write(writer, numbers[next++], null), fault?.EndEarly == true ? numbers.Count / 2 : numbers.Count);
    }

    private Task PageAsync(HttpContext context, Fault? fault, int total, Func<int, JsonNode> make, int most)
    {
        var start = Number(context.Request.Query["offset"], 0);
        var limit = Math.Clamp(Number(context.Request.Query["limit"], 100), 1, Math.Min(most, options.PageCap));
        var count = fault?.EndEarly == true ? 0 : Math.Clamp(total - start, 0, limit);
        var next = start;
        return StreamAsync(context, fault, total, null, writer =>
        {
            var item = make(next++);
            if (fault?.MalformedPolicy == true && next == start + 1)
            {
                item["settings"] = "broken";
                item["prevention_settings"] = "broken";
            }

            item.WriteTo(writer);
        }, count);
    }

    private Task TextsAsync(HttpContext context, Fault? fault, List<string> ids) => PageAsync(context, fault, ids.Count, i => JsonValue.Create(ids[i]), 500);

    internal static Task ListAsync(HttpContext context, Fault? fault, IEnumerable<JsonNode> items)
    {
        var list = items.ToList();
        var next = 0;
        return StreamAsync(context, fault, list.Count, null, writer => list[next++].WriteTo(writer), fault?.EndEarly == true ? 0 : list.Count);
    }

    /// <summary>Writes as it goes, so that an answer of any size needs little memory, and can be cut in the middle.</summary>
    private static async Task StreamAsync(HttpContext context, Fault? fault, int total, string? next, Action<Utf8JsonWriter> item, int count, string token = "next")
    {
        context.Response.ContentType = "application/json";
        await using var writer = new Utf8JsonWriter(context.Response.BodyWriter);
        writer.WriteStartObject();
        writer.WriteStartObject("meta");
        writer.WriteString("trace_id", "simulated");
        writer.WriteStartObject("pagination");
        writer.WriteNumber("total", total);
        if (next is not null)
        {
            writer.WriteString(token, next);
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteStartArray("resources");
        for (var i = 0; i < count; i++)
        {
            if (fault?.Cut == true && i >= count / 2)
            {
                writer.Flush();
                await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
                context.Abort();
                return;
            }

            item(writer);
            if (writer.BytesPending > 16 * 1024)
            {
                writer.Flush();
                await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
            }
        }

        writer.WriteEndArray();
        writer.WriteStartArray("errors");
        if (fault?.PartialErrors == true)
        {
            writer.WriteStartObject();
            writer.WriteNumber("code", 404);
            writer.WriteString("message", "some of it is missing");
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private IEnumerable<JsonNode> Findings(string filter)
    {
        var start = filter.IndexOf('\'', StringComparison.Ordinal) + 1;
        var id = start > 0 && filter.IndexOf('\'', start) is > 0 and var end ? filter[start..end] : "";
        if (Fleet.NumberOf(id) is not { } number)
        {
            return [];
        }

        var policy = _policies.IdFor("sca", Fleet.Platform(number), number);
        return _policies.IsGood("sca", policy)
            ? [new JsonObject { ["id"] = "f", ["aid"] = id, ["finding"] = new JsonObject { ["rule"] = new JsonObject { ["policy_id"] = policy, ["policy_name"] = $"CIS {policy}", ["platform_name"] = Fleet.Platform(number) } } }]
            : [];
    }

    private JsonNode Run(string id)
    {
        var scan = id["run-".Length..];
        var group = _policies.Find("scan", scan)?["host_groups"]?[0]?.GetValue<string>() ?? "";
        var number = int.Parse(group["group-".Length..], CultureInfo.InvariantCulture);
        return new JsonObject
        {
            ["id"] = id,
            ["profile_id"] = scan,
            ["status"] = "completed",
            ["metadata"] = new JsonArray(new JsonObject { ["host_id"] = Fleet.DeviceId(number), ["status"] = "completed", ["last_updated"] = "2026-02-27T03:00:00Z" }),
        };
    }

    private JsonNode Assessment(string id) => new JsonObject
    {
        ["aid"] = id,
        ["assessment"] = new JsonObject { ["sensor_config"] = 80, ["os"] = 70, ["overall"] = options.TrustScore(Fleet.NumberOf(id) ?? 0), ["version"] = "4.0" },
    };

    private JsonObject Tenant()
    {
        var all = Average(Enumerable.Range(0, options.Hosts));
        all["cid"] = options.Cid;
        all["platforms"] = new JsonArray([.. Enumerable.Range(0, options.Hosts).GroupBy(Fleet.Platform).Select(hosts =>
        {
            var platform = Average(hosts);
            platform["name"] = hosts.Key;
            return (JsonNode)platform;
        })]);
        return all;
    }

    private JsonObject Average(IEnumerable<int> hosts)
    {
        var (count, sum) = (0, 0L);
        foreach (var host in hosts)
        {
            (count, sum) = (count + 1, sum + options.TrustScore(host));
        }

        return new JsonObject { ["average_overall_score"] = count == 0 ? 0 : sum / (double)count, ["num_aids"] = count };
    }

    private async Task ScoresAsync(HttpContext context, Fault? fault)
    {
        var filter = context.Request.Query["filter"].ToString();
        if (!filter.StartsWith("score:<", StringComparison.Ordinal) || !int.TryParse(filter.AsSpan(7), NumberStyles.None, CultureInfo.InvariantCulture, out var below))
        {
            await Simulator.ErrorAsync(context, 400, "a filter such as score:<60 is required");
            return;
        }

        var found = Enumerable.Range(0, options.Hosts).Where(host => options.TrustScore(host) < below).OrderBy(options.TrustScore).ToList();
        var start = Number(context.Request.Query["after"], 0);
        var end = Math.Min(start + Math.Clamp(Number(context.Request.Query["limit"], 100), 1, Math.Min(1000, options.PageCap)), found.Count);
        var more = end < found.Count && fault?.EndEarly != true;
        await StreamAsync(context, fault, found.Count, more ? end.ToString(CultureInfo.InvariantCulture) : "", writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("aid", Fleet.DeviceId(found[start]));
            writer.WriteNumber("score", options.TrustScore(found[start++]));
            writer.WriteEndObject();
        }, end - start, "after");
    }

    private Task MembersAsync(HttpContext context, Fault? fault, string group)
    {
        var members = group.StartsWith("group-", StringComparison.Ordinal) && int.TryParse(group.AsSpan(6), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? Enumerable.Range(0, options.Hosts).Where(host => host % 20 == number).ToList() : null;
        return members is null ? Simulator.ErrorAsync(context, 404, "no such group")
            : PageAsync(context, fault, members.Count, i => JsonValue.Create(Fleet.DeviceId(members[i])), 5000);
    }

    private static int Number(string? text, int fallback) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : fallback;
}
