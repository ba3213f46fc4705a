using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.Falcon.Configuration;
using Comptroller.Falcon.Policies;
using Comptroller.Falcon.Reports;

namespace Comptroller.Falcon.Testing;

/// <summary>Cases about reports.</summary>
internal static class ReportCases
{
    public static JsonObject Summary(FalconCase test)
    {
        var types = test.Policy.Texts("policy_types").Concat(test.Policy.Texts("types"))
            .Select(name => PolicyType.TryParse(name, out var type) ? type : throw new FormatException($"no policy type \"{name}\"")).ToList();
        var filter = new PolicyFilter
        {
            Types = types.Count > 0 ? [.. types] : PolicyType.All,
            Platform = test.Policy.Text("platform"),
            Status = test.Policy.Text("status"),
        };
        var total = default(PolicySummary);
        var perType = new JsonObject();
        foreach (var (type, grades) in HostCases.Grades(test.Policy.Field("graded") ?? default).Where(entry => filter.Types.Contains(entry.Key)))
        {
            var summary = PolicySummary.Of(grades.Where(filter.Matches));
            total += summary;
            var shape = Shape(summary);
            shape["score_percentage"] = summary.Score;
            perType[type.Key] = shape;
        }

        var overall = Shape(total);
        overall["overall_score"] = total.Score;
        var filters = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(filters))
        {
            // Nothing in a case says which hosts: those that are asked for when nobody says otherwise.
            new ReportFilters(filter.Types, filter.Platform, filter.Status, new FalconConfig().AskedProductTypes).WriteTo(json);
        }

        return new JsonObject { ["summary"] = overall, ["per_type"] = perType, ["filters"] = JsonNode.Parse(filters.WrittenSpan) };
    }

    public static JsonObject Ttl(FalconCase test)
    {
        if (!PolicyType.TryParse(test.Policy.Text("policy_type"), out var type))
        {
            throw new FormatException($"no policy type \"{test.Policy.Text("policy_type")}\"");
        }

        var configured = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var entry in test.Policy.Field("ttl_policies")?.EnumerateObject() ?? default)
        {
            configured[entry.Name] = entry.Value.GetInt32();
        }

        return new JsonObject { ["ttl_s"] = PolicyTtl.Seconds(type, configured, test.Policy.Field("default")?.GetInt32() ?? PolicyTtl.DefaultSeconds) };
    }

    private static JsonObject Shape(PolicySummary summary) => new()
    {
        ["total_policies"] = summary.Total,
        ["passed_policies"] = summary.Passed,
        ["failed_policies"] = summary.Failed,
        ["ungradable_policies"] = summary.Ungradable,
    };
}
