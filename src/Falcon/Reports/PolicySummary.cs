using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Comptroller.Falcon.Grading;
using Comptroller.Falcon.Policies;

namespace Comptroller.Falcon.Reports;

/// <summary>Counts of policies. Ungradable ones neither passed nor failed.</summary>
/// <param name="Total">All of them.</param>
/// <param name="Passed">Every check passed.</param>
/// <param name="Failed">Some check failed, or the policy could not be read.</param>
/// <param name="Ungradable">Nothing is asked of their platform.</param>
/// <param name="Checks">Checks of all of them.</param>
/// <param name="Failures">Failed checks of all of them.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct PolicySummary(int Total, int Passed, int Failed, int Ungradable, long Checks, long Failures)
{
    /// <summary>Percent of passed checks over all policies, two decimals.</summary>
    public double Score => Scores.Percent(Checks, Failures);

    public static PolicySummary Of(IEnumerable<PolicyGrade> grades)
    {
        var sum = default(PolicySummary);
        foreach (var grade in grades)
        {
            sum = new PolicySummary(
                sum.Total + 1,
                sum.Passed + (grade.Passed == true ? 1 : 0),
                sum.Failed + (grade.Failed ? 1 : 0),
                sum.Ungradable + (grade.Passed is null ? 1 : 0),
                sum.Checks + grade.ChecksCount,
                sum.Failures + grade.FailuresCount);
        }

        return sum;
    }

    public static PolicySummary operator +(PolicySummary left, PolicySummary right) => new(
        left.Total + right.Total, left.Passed + right.Passed, left.Failed + right.Failed,
        left.Ungradable + right.Ungradable, left.Checks + right.Checks, left.Failures + right.Failures);

    public static PolicySummary Add(PolicySummary left, PolicySummary right) => left + right;
}

/// <summary>Which policies a report shows.</summary>
public sealed record PolicyFilter
{
    public ImmutableArray<PolicyType> Types { get; init; } = PolicyType.All;

    /// <summary>Windows, Mac or Linux; null for all.</summary>
    public string? Platform { get; init; }

    /// <summary><c>passed</c>, <c>failed</c> or <c>ungradable</c>; null for all.</summary>
    public string? Status { get; init; }

    public bool Matches(PolicyGrade grade) => Types.Contains(grade.Type)
        && (Platform is null || string.Equals(Platform, grade.Platform, StringComparison.OrdinalIgnoreCase))
        && Status switch
        {
            null => true,
            "passed" => grade.Passed == true,
            "failed" => grade.Failed,
            _ => grade.Passed is null,
        };
}
