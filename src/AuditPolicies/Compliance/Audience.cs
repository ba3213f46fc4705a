using System.Collections.Immutable;
using Comptroller.AuditPolicies.Alerting;
using Comptroller.AuditPolicies.Evaluation;

namespace Comptroller.AuditPolicies.Compliance;

/// <summary>Whose requests an expectation is about.</summary>
/// <param name="Callers">One of each kind.</param>
/// <param name="Includes">Whether a request that was made to fit a rule is by such a caller.</param>
internal sealed record Audience(ImmutableArray<Identity> Callers, Func<AuditRequest, bool> Includes)
{
    public static readonly Audience Everybody = new([Probe.Person, Probe.ServiceAccount, Probe.Node, Probe.ControllerManager], _ => true);

    public static readonly Audience People = new([Probe.Person], IsByPerson);

    /// <summary>Without what the cluster does by itself.</summary>
    public static readonly Audience PeopleAndWorkloads = new([Probe.Person, Probe.ServiceAccount], request => IsByPerson(request) || IsByWorkload(request));

    /// <summary>Those whose credentials are refused. No rule can single them out.</summary>
    public static readonly Audience Nobody = new([Probe.Nobody], _ => false);

    // A person who is in a group of the system's is not meant by a rule about that group, and in no cluster.
    private static bool IsByPerson(AuditRequest request) =>
        request.User is { } user && (user == Known.Administrator || !user.StartsWith("system:", StringComparison.Ordinal))
        && !request.Groups.Any(group => group is "system:nodes" or "system:unauthenticated" || group.StartsWith("system:serviceaccounts", StringComparison.Ordinal));

    private static bool IsByWorkload(AuditRequest request) =>
        request.User is { } user && user.StartsWith("system:serviceaccount:", StringComparison.Ordinal) && !user.StartsWith("system:serviceaccount:kube-system:", StringComparison.Ordinal)
        && !request.Groups.Contains("system:serviceaccounts:kube-system");
}
