using System.Collections.Immutable;
using Comptroller.Falcon.Grading;
using Comptroller.Falcon.Policies;

namespace Comptroller.Falcon.Hosts;

/// <summary>From the grades of policies to the status of hosts, in one dictionary look-up per type and host.</summary>
public sealed class HostRollup
{
    private readonly ImmutableArray<PolicyType> _audited;
    private readonly Dictionary<string, HostStatus>?[] _byPolicy = new Dictionary<string, HostStatus>?[PolicyType.All.Length];
    private readonly ScanCoverage _scans;
    private readonly AssessmentCoverage _assessments;

    /// <param name="audited">The types that this audit is about.</param>
    /// <param name="grades">Grades by type; a type whose policies could not be fetched is missing here, and its hosts are not graded.</param>
    /// <param name="scans">Which scans cover a host.</param>
    /// <param name="assessments">Which assessments produce findings.</param>
    public HostRollup(ImmutableArray<PolicyType> audited, IReadOnlyDictionary<PolicyType, IReadOnlyList<PolicyGrade>> grades, ScanCoverage scans, AssessmentCoverage assessments)
    {
        (_audited, _scans, _assessments) = (audited, scans, assessments);
        foreach (var (type, list) in grades)
        {
            var statuses = new Dictionary<string, HostStatus>(StringComparer.Ordinal);
            foreach (var grade in list)
            {
                statuses[grade.Id] = StatusOf(grade);
            }

            _byPolicy[type.Index] = statuses;
        }
    }

    public HostVerdict Verdict(Host host)
    {
        var statuses = default(HostStatuses);
        foreach (var type in _audited)
        {
            statuses = statuses.With(type, Status(host, type));
        }

        return HostVerdict.Of(statuses, _audited);
    }

    // A scan that passes outweighs one that does not: the host is scanned as asked.
    private HostStatus Status(Host host, PolicyType type)
    {
        if (type == PolicyType.ConfigurationAssessment)
        {
            return _assessments.StatusOf(host);
        }

        var graded = _byPolicy[type.Index];
        if (type == PolicyType.ScheduledScan)
        {
            return !string.Equals(host.Platform, "Windows", StringComparison.OrdinalIgnoreCase) ? HostStatus.NotApplicable
                : graded is null ? HostStatus.NotGraded
                : _scans.Of(host).Any(scan => graded.GetValueOrDefault(scan) == HostStatus.Passed) ? HostStatus.Passed
                : HostStatus.Failed;
        }

        return host.PolicyOf(type) is not { } policy ? HostStatus.NoPolicyAssigned
            : graded is null ? HostStatus.NotGraded
            // However good the policy is, the host does not have it.
            : !host.Applies(type) ? HostStatus.Failed
            : graded.GetValueOrDefault(policy, HostStatus.NotGraded);
    }

    private static HostStatus StatusOf(PolicyGrade grade) =>
        grade.Ungradable == UngradableReason.NoPlatformConfig ? HostStatus.Ungradable
        : grade.Passed == true ? HostStatus.Passed
        : HostStatus.Failed;
}
