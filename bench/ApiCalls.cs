namespace Comptroller.Bench;

/// <summary>What was asked of the API server between two readings of its counters.</summary>
internal sealed class ApiCalls
{
    private static readonly string[] WriteVerbs = ["POST", "PUT", "PATCH", "APPLY", "DELETE", "DELETECOLLECTION"];

    private const string AccessReviews = "selfsubjectaccessreviews";

    private readonly List<(string Verb, string Resource, double Count)> _calls;

    private ApiCalls(List<(string, string, double)> calls) => _calls = calls;

    /// <summary>
    /// Writes of the operator: the bench's own are the creation of AuditPolicies and namespaces, nothing else. An access review is a
    /// question in the form of a write; nothing is stored.
    /// </summary>
    public double Writes => _calls.Where(call => WriteVerbs.Contains(call.Verb) && call.Resource != AccessReviews).Sum(call => call.Count);

    /// <summary>Questions about the own permissions, asked once at the start.</summary>
    public double Reviews => _calls.Where(call => call.Resource == AccessReviews).Sum(call => call.Count);

    public double Lists => _calls.Where(call => call.Verb == "LIST").Sum(call => call.Count);

    public IEnumerable<(string Verb, string Resource, double Count)> All => _calls.OrderByDescending(call => call.Count);

    public static ApiCalls Between(MetricsPage before, MetricsPage after)
    {
        var earlier = before.ByAll("apiserver_request_total", "verb", "resource", "subresource");
        return new ApiCalls(
        [
            .. after.ByAll("apiserver_request_total", "verb", "resource", "subresource")
                .Select(entry => (Key: entry.Key.Split('|'), Count: entry.Value - earlier.GetValueOrDefault(entry.Key)))
                .Where(entry => entry.Count > 0 && entry.Key[1].Length > 0 && !(entry.Key[0] == "POST" && entry.Key[1] is "auditpolicies" or "namespaces"))
                .Select(entry => (entry.Key[0], entry.Key[2].Length == 0 ? entry.Key[1] : $"{entry.Key[1]}/{entry.Key[2]}", entry.Count)),
        ]);
    }
}
