using System.Text.Json;
using Comptroller.Falcon.Policies;

namespace Comptroller.Falcon.Hosts;

/// <summary>
/// Which scheduled scans cover a host: by its id, and by the groups its own record names. Asking the API for the members of every
/// group of every scan costs a call per 5 000 hosts and says the same; only for records without groups it has to be done.
/// </summary>
public sealed class ScanCoverage
{
    private readonly Dictionary<string, List<string>> _byHost = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<string>> _byGroup = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _lastCompliant = new(StringComparer.Ordinal);

    public static ScanCoverage None { get; } = new();

    /// <summary>Groups that scans name, each once however many do: a request for the members of each is what records without groups cost.</summary>
    public IReadOnlyCollection<string> Groups => _byGroup.Keys;

    /// <summary>Adds a scan that is not deleted.</summary>
    public void Add(string scan, IEnumerable<string> groups, IEnumerable<string> hosts)
    {
        Add(_byGroup, groups, scan);
        Add(_byHost, hosts, scan);
    }

    /// <summary>Records when a host was last scanned to the end by a scan that passes; the newest counts.</summary>
    /// <param name="host">Device id.</param>
    /// <param name="at">RFC 3339, as the API writes it.</param>
    public void Completed(string host, string at)
    {
        if (!_lastCompliant.TryGetValue(host, out var known) || IsLater(at, known))
        {
            _lastCompliant[host] = at;
        }
    }

    /// <summary>Records the hosts that a run of a passing scan has finished.</summary>
    /// <param name="run">As the API sent it, its hosts under <c>metadata</c>.</param>
    public void Completed(JsonElement run)
    {
        foreach (var host in run.Items("metadata").Where(host => host.Text("status") == "completed"))
        {
            if (host.Text("host_id") is { Length: > 0 } id && (host.Text("last_updated") ?? host.Text("completed_on")) is { Length: > 0 } at)
            {
                Completed(id, at);
            }
        }
    }

    /// <summary>Ids of the scans, each once.</summary>
    public IEnumerable<string> Of(Host host) => (_byHost.GetValueOrDefault(host.DeviceId) ?? [])
        .Concat(host.Groups.SelectMany(group => _byGroup.GetValueOrDefault(group) ?? []))
        .Distinct(StringComparer.Ordinal);

    /// <summary>Empty when no such scan is known.</summary>
    public string LastCompliant(string deviceId) => _lastCompliant.GetValueOrDefault(deviceId, "");

    public IReadOnlyDictionary<string, string> LastCompliantTimes => _lastCompliant;

    // Fractions of a second and offsets are written in more than one way: texts do not sort by time.
    private static bool IsLater(string at, string known) =>
        DateTimeOffset.TryParse(at, out var left) && DateTimeOffset.TryParse(known, out var right) ? left > right : string.CompareOrdinal(at, known) > 0;

    private static void Add(Dictionary<string, List<string>> index, IEnumerable<string> keys, string scan)
    {
        foreach (var key in keys)
        {
            if (!index.TryGetValue(key, out var scans))
            {
                index.Add(key, scans = []);
            }

            scans.Add(scan);
        }
    }
}
