using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Comptroller.Falcon.Policies;

namespace Comptroller.Falcon.Hosts;

/// <summary>A host's statuses and what follows from them.</summary>
/// <param name="Statuses">One for each type.</param>
/// <param name="AllPassed">Every audited type passed or does not apply, and at least one passed.</param>
/// <param name="AnyFailed">At least one audited type failed.</param>
/// <param name="HasUngradable">At least one audited type could not be graded.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct HostVerdict(HostStatuses Statuses, bool AllPassed, bool AnyFailed, bool HasUngradable)
{
    /// <summary>Rolls statuses up over the types that were audited: one that nobody asked for neither passes nor spoils a host.</summary>
    public static HostVerdict Of(HostStatuses statuses, ImmutableArray<PolicyType> audited)
    {
        var (passed, others, failed, ungradable) = (0, 0, 0, 0);
        foreach (var type in audited)
        {
            switch (statuses[type])
            {
                case HostStatus.Passed:
                    passed++;
                    break;
                case HostStatus.NotApplicable:
                    break;
                case HostStatus.Failed:
                    failed++;
                    break;
                case HostStatus.Ungradable:
                    ungradable++;
                    break;
                default:
                    others++;
                    break;
            }
        }

        return new HostVerdict(statuses, passed > 0 && failed + ungradable + others == 0, failed > 0, ungradable > 0);
    }

    /// <summary>Counts over hosts that are already counted by how they stand.</summary>
    public static HostCounts Counts(IEnumerable<KeyValuePair<HostStatuses, long>> statuses, ImmutableArray<PolicyType> audited)
    {
        var counts = default(HostCounts);
        foreach (var (standing, hosts) in statuses)
        {
            var verdict = Of(standing, audited);
            counts = new HostCounts(counts.Total + hosts, counts.AllPassed + (verdict.AllPassed ? hosts : 0), counts.AnyFailed + (verdict.AnyFailed ? hosts : 0));
        }

        return counts;
    }
}

/// <summary>Counts over a fleet. A host that neither passed nor failed is in the total only.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct HostCounts(long Total, long AllPassed, long AnyFailed)
{
    public HostCounts Plus(bool allPassed, bool anyFailed) => new(Total + 1, AllPassed + (allPassed ? 1 : 0), AnyFailed + (anyFailed ? 1 : 0));
}
