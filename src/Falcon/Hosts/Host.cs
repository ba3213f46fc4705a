using Comptroller.Falcon.Policies;

namespace Comptroller.Falcon.Hosts;

/// <summary>What an audit needs to know of a host; one lives only as long as its row is being handled.</summary>
public sealed record Host
{
    public required string DeviceId { get; init; }

    public string Cid { get; init; } = "";

    public string Hostname { get; init; } = "";

    /// <summary><c>platform_name</c>: Windows, Mac or Linux.</summary>
    public string Platform { get; init; } = "";

    /// <summary><c>product_type_desc</c>: Workstation, Server, Domain Controller and so on.</summary>
    public string ProductType { get; init; } = "";

    public string OsVersion { get; init; } = "";

    public string AgentVersion { get; init; } = "";

    public string LastSeen { get; init; } = "";

    public IReadOnlyList<string> Groups { get; init; } = [];

    /// <summary>The record names its groups, be it none. One that does not leaves open which scans cover the host.</summary>
    public bool KnowsGroups { get; init; } = true;

    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Ids of the assigned policies, indexed by <see cref="PolicyType.Index"/>; null where none is.</summary>
    public IReadOnlyList<string?> Policies { get; init; } = new string?[PolicyType.All.Length];

    /// <summary>
    /// Types whose assigned policy the record says is not applied, a bit each by <see cref="PolicyType.Index"/>: the host does not have yet what it was
    /// assigned. A record that says nothing leaves the policy in force.
    /// </summary>
    public int Unapplied { get; init; }

    public bool Applies(PolicyType type) => (Unapplied >> type.Index & 1) == 0;

    public string? PolicyOf(PolicyType type) => Policies[type.Index] is { Length: > 0 } id ? id : null;
}
