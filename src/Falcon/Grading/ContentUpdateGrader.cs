using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.Falcon.Policies;

namespace Comptroller.Falcon.Grading;

/// <summary>Content update: each category arrives soon enough, from a ring that delivers, and is not pinned.</summary>
internal static class ContentUpdateGrader
{
    public static PolicyGrade Grade(PolicyNode policy, GradingFile file, CheckList checks)
    {
        if (file.BlockFor(policy.TextOrNull("platform_name"), orAll: true) is not { } block)
        {
            return checks.Ungradable();
        }

        var limits = Limits(block);
        checks.Enabled(policy, block.Field("enabled"), countWhenFalse: true);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var setting in policy.Object("settings")?.Objects("ring_assignment_settings") ?? [])
        {
            if (setting.TextOrNull("id") is { } id && limits.TryGetValue(id, out var limit))
            {
                seen.Add(id);
                checks.Add(Judge(setting, id, limit));
            }
        }

        foreach (var (id, limit) in limits.Where(entry => !seen.Contains(entry.Key)))
        {
            checks.Missing(id, "ring_assignment", JsonValue.Create($"<= {limit}"));
        }

        return checks.Grade();
    }

    private static CheckResult Judge(PolicyNode setting, string id, long limit)
    {
        var ring = ContentRing.Read(setting);
        var actual = JsonValue.Create($"{ring.Ring} + {ring.DelayHours}h = {ring.Points}");
        var wanted = JsonValue.Create($"<= {limit}");
        var failures = ImmutableArray.CreateBuilder<CheckFailure>();
        if (setting["pinned_content_version"] is { } pinned && !IsUnpinned(pinned.Element))
        {
            failures.Add(new CheckFailure("pinned_content_version", PolicyNode.ToNode(pinned.Element), JsonValue.Create("empty or None")));
        }

        if (!ring.Delivers)
        {
            failures.Add(new CheckFailure("ring_assignment", setting.Raw("ring_assignment"), JsonValue.Create("ga or ea")));
        }
        else if (ring.Points > limit)
        {
            failures.Add(new CheckFailure("ring_points", actual.DeepClone(), wanted.DeepClone()));
        }

        // An override stands above the ring: one that pauses delivery holds content back whatever the ring says.
        if (setting["override"]?.Element.Text("value") is { Length: > 0 } value && value is not "None" && !new ContentRing(value, 0).Delivers)
        {
            failures.Add(new CheckFailure("override", JsonValue.Create(value), JsonValue.Create("empty, ga or ea")));
        }

        return new CheckResult(id, id, "ring_assignment", actual, wanted, failures.ToImmutable());
    }

    private static bool IsUnpinned(JsonElement version) => version.ValueKind == JsonValueKind.String && version.GetString() is "" or "None";

    private static OrderedDictionary<string, long> Limits(JsonElement block)
    {
        var limits = new OrderedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var entry in block.Field("settings")?.Items("ring_assignment_settings") ?? [])
        {
            if (entry.Text("id") is { } id && entry.Field("ring_points") is { } points)
            {
                limits[id] = points.ValueKind == JsonValueKind.Number ? points.GetInt64() : long.Parse(points.GetString()!, CultureInfo.InvariantCulture);
            }
        }

        return limits;
    }
}
