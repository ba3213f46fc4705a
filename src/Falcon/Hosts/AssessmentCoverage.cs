using Comptroller.Falcon.Policies;

namespace Comptroller.Falcon.Hosts;

/// <summary>Which configuration assessments produce findings. Nothing known at all means that nothing was graded.</summary>
public sealed class AssessmentCoverage
{
    private readonly Dictionary<string, bool> _byHost = new(StringComparer.Ordinal);
    private readonly Dictionary<string, bool?> _byPolicy = new(StringComparer.Ordinal);

    public static AssessmentCoverage None { get; } = new();

    /// <summary>What is known of one host.</summary>
    public void Host(string deviceId, bool hasFindings) => _byHost[deviceId] = hasFindings;

    /// <summary>What is known of a policy: whether its hosts have findings; null when that could not be asked.</summary>
    public void Policy(string policy, bool? live) => _byPolicy[policy] = live;

    public HostStatus StatusOf(Host host)
    {
        if (_byHost.Count == 0 && _byPolicy.Count == 0)
        {
            return HostStatus.NotGraded;
        }

        if (_byHost.TryGetValue(host.DeviceId, out var found))
        {
            return found ? HostStatus.Passed : HostStatus.Failed;
        }

        return host.PolicyOf(PolicyType.ConfigurationAssessment) is { } policy && _byPolicy.TryGetValue(policy, out var live)
            ? live switch { true => HostStatus.Passed, false => HostStatus.Failed, null => HostStatus.NotGraded }
            : HostStatus.Failed;
    }
}
