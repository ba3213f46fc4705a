namespace Comptroller.Falcon.Hosts;

/// <summary>Grouping tags as people write them.</summary>
public static class HostTags
{
    private static readonly string[] Prefixes = ["FalconGroupingTags/", "SensorGroupingTags/"];

    /// <summary>With its prefix in the API's spelling; a bare tag was set in Falcon.</summary>
    public static string Normalize(string tag)
    {
        var text = tag.Trim();
        foreach (var prefix in Prefixes)
        {
            if (text.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            {
                return prefix + text[prefix.Length..];
            }
        }

        return Prefixes[0] + text;
    }

    /// <summary>A comma list; null when it names none.</summary>
    public static IReadOnlyList<string>? Parse(string? list)
    {
        var tags = (list ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(Normalize).ToList();
        return tags.Count > 0 ? tags : null;
    }
}
