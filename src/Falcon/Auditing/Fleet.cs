using Comptroller.Falcon.Hosts;
using Comptroller.Falcon.Policies;

namespace Comptroller.Falcon.Auditing;

/// <summary>What is remembered of hosts that have gone by: a few for each assessment policy.</summary>
internal sealed class Fleet
{
    private const int MostCustomers = 1000;

    public string Cid { get; private set; } = "";

    /// <summary>Whose hosts were received: a parent tenant sees those of its members as well. No more than a thousand are told apart.</summary>
    public HashSet<string> Customers { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Different hosts received.</summary>
    public long Count { get; set; }

    public Dictionary<string, List<Host>> Assessed { get; } = new(StringComparer.Ordinal);

    public void See(Host host)
    {
        Cid = Cid.Length > 0 ? Cid : host.Cid;
        if (host.Cid.Length > 0 && Customers.Count < MostCustomers)
        {
            Customers.Add(host.Cid);
        }

        if (host.PolicyOf(PolicyType.ConfigurationAssessment) is not { } policy)
        {
            return;
        }

        if (!Assessed.TryGetValue(policy, out var hosts))
        {
            Assessed.Add(policy, hosts = []);
        }

        // Those seen last are the likeliest to have been assessed.
        if (hosts.Count < AssessmentProbe.MostHosts)
        {
            hosts.Add(host);
        }
        else if (hosts.Min(each => each.LastSeen) is { } oldest && string.CompareOrdinal(host.LastSeen, oldest) > 0)
        {
            hosts[hosts.FindIndex(each => each.LastSeen == oldest)] = host;
        }
    }
}
