using System.Text.Json;

namespace Comptroller.Falcon.Store;

/// <summary>
/// How far a run had got when its process stopped, stored beside its rows. The policies are stored already; hosts go on at a page,
/// Zero Trust scores at a device. Whoever goes on from it counts time and requests from the first start.
/// </summary>
public sealed record RunCheckpoint
{
    internal const string Fact = "checkpoint";

    /// <summary>What the run is about. One about something else does not go on from here.</summary>
    public required string About { get; init; }

    public required DateTimeOffset Started { get; init; }

    /// <summary>When it was made: tokens of pages live for two minutes.</summary>
    public required DateTimeOffset Saved { get; init; }

    /// <summary>The customer, once a host has told it.</summary>
    public string Cid { get; init => field = value ?? ""; } = "";

    /// <summary>Token of the next page of hosts; null before the first page and after the last.</summary>
    public string? NextPage { get; init; }

    /// <summary>Hosts received on the pages before.</summary>
    public long Received { get; init; }

    /// <summary>Hosts there are, as those pages said.</summary>
    public long Total { get; init; }

    /// <summary>Every host is stored.</summary>
    public bool HostsComplete { get; init; }

    /// <summary>The last device whose Zero Trust score was asked for; empty before the first.</summary>
    public string LastAssessed { get; init => field = value ?? ""; } = "";

    public long ApiCalls { get; init; }

    public long ApiErrors { get; init; }

    public long Throttled { get; init; }

    public string ToJson() => JsonSerializer.Serialize(this, FalconJson.Default.RunCheckpoint);

    /// <summary>Null when it is none: another version may have written it.</summary>
    public static RunCheckpoint? Read(string json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, FalconJson.Default.RunCheckpoint);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
