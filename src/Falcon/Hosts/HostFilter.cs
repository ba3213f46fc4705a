namespace Comptroller.Falcon.Hosts;

/// <summary>Which hosts to show: values of one kind are alternatives, kinds add up.</summary>
public sealed record HostFilter
{
    public string? Hostname { get; init; }

    public string? Platform { get; init; }

    /// <summary>True: all passed; false: any failed; null: all.</summary>
    public bool? Passed { get; init; }

    public IReadOnlyList<string> GroupIds { get; init; } = [];

    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Zero Trust scores by device id: only these hosts. Null: all.</summary>
    public IReadOnlyDictionary<string, int>? Scores { get; init; }

    public bool Matches(Host host, bool allPassed, bool anyFailed) =>
        (Hostname is null || string.Equals(Hostname, host.Hostname, StringComparison.OrdinalIgnoreCase))
        && (Platform is null || string.Equals(Platform, host.Platform, StringComparison.OrdinalIgnoreCase))
        && (Scores is null || Scores.ContainsKey(host.DeviceId))
        && (Passed is null || (Passed.Value ? allPassed : anyFailed))
        && (GroupIds.Count == 0 || GroupIds.Intersect(host.Groups, StringComparer.Ordinal).Any())
        && (Tags.Count == 0 || Tags.Select(HostTags.Normalize).Intersect(host.Tags.Select(HostTags.Normalize), StringComparer.OrdinalIgnoreCase).Any());
}
