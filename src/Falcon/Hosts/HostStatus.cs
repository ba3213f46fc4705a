using System.Collections.Immutable;
using Comptroller.Falcon.Policies;

namespace Comptroller.Falcon.Hosts;

/// <summary>Where a host stands with one type of policy. The numbers are stored; new values go to the end.</summary>
public enum HostStatus
{
    NotGraded,
    Passed,
    Failed,
    Ungradable,
    NoPolicyAssigned,
    NotApplicable,
}

/// <summary>How a status is written in reports.</summary>
public static class HostStatusText
{
    private static readonly ImmutableArray<string> Texts = ["NOT GRADED", "PASSED", "FAILED", "UNGRADABLE", "NO POLICY ASSIGNED", "N/A"];

    public static string Text(this HostStatus status) => Texts[(int)status];
}

/// <summary>The nine statuses of a host in 36 bits, four each in the order of <see cref="PolicyType.All"/>: a million hosts are a column of integers.</summary>
public readonly record struct HostStatuses(long Bits)
{
    public HostStatus this[PolicyType type] => (HostStatus)((Bits >> (type.Index * 4)) & 0xF);

    public HostStatuses With(PolicyType type, HostStatus status) =>
        new((Bits & ~(0xFL << (type.Index * 4))) | ((long)status << (type.Index * 4)));
}
