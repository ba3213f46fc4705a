using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;

namespace Comptroller.Kubernetes.Tests.Runtime;

public sealed class ConditionsTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero);

    /// <summary>Every row of the table: situation, generation, deleting, then Ready, Reconciling, Stalled, observedGeneration, kstatus.</summary>
    public static TheoryData<string, Conditions, long, bool, string?, string?, string?, long, string> Table { get; } = new()
    {
        { "just created", Conditions.Initial, 1, false, null, null, null, -1, "InProgress" },
        { "working on a new generation", Done(1).Progressing(2, Now, "rendering"), 2, false, "Unknown/Progressing", "True/Progressing", null, 1, "InProgress" },
        { "success", Conditions.Initial.Progressing(1, Now, "x").Succeeded(1, Now, "applied"), 1, false, "True/Succeeded", null, null, 1, "Current" },
        { "transient failure", Done(1).Failed(2, Now, "no answer"), 2, false, "False/Failed", "True/ProgressingWithRetry", null, 2, "InProgress" },
        { "invalid spec", Done(1).InvalidSpec(2, Now, "rules[0]"), 2, false, "False/InvalidSpec", null, "True/InvalidSpec", 2, "Failed" },
        { "waiting for a dependency", Done(1).DependencyNotReady(2, Now, "x"), 2, false, "False/DependencyNotReady", "True/ProgressingWithRetry", null, 2, "InProgress" },
        { "drift found, report only", Done(2).With("Drifted", "True", "Drifted", "3 fields", 2, Now), 2, false, "True/Succeeded", null, null, 2, "Current" },
        { "suspended", Done(2).Suspended(2, Now, "by spec.suspend"), 2, false, "True/Succeeded", null, null, 2, "Current" },
        { "deleting, cleanup fails", Done(1).DeletionFailed(2, Now, "x"), 2, true, "False/DeletionFailed", null, null, 2, "Terminating" },
        { "stalled, then corrected", Done(1).InvalidSpec(2, Now, "x").Progressing(3, Now, "y").Succeeded(3, Now, "z"), 3, false, "True/Succeeded", null, null, 3, "Current" },
        { "failed, then stalled", Done(1).Failed(2, Now, "x").InvalidSpec(2, Now, "y"), 2, false, "False/InvalidSpec", null, "True/InvalidSpec", 2, "Failed" },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public void The_status_table_of_kstatus_holds_in_every_row(
        string situation, Conditions conditions, long generation, bool deleting, string? ready, string? reconciling, string? stalled, long observed, string kstatus)
    {
        Show(conditions, Conditions.Ready).ShouldBe(ready, situation);
        Show(conditions, Conditions.Reconciling).ShouldBe(reconciling, situation);
        Show(conditions, Conditions.Stalled).ShouldBe(stalled, situation);
        conditions.ObservedGeneration.ShouldBe(observed, situation);
        Kstatus(conditions, generation, deleting).ShouldBe(kstatus, situation);
    }

    [Fact]
    public void W6_the_transition_time_moves_only_with_the_status()
    {
        var later = Now.AddMinutes(1);
        var conditions = Done(1).Succeeded(2, later, "other words");
        conditions.Find(Conditions.Ready)!.LastTransitionTime.ShouldBe(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
        conditions.Find(Conditions.Ready)!.Message.ShouldBe("other words");
        conditions.Failed(2, later, "x").Find(Conditions.Ready)!.LastTransitionTime.ShouldBe(new DateTimeOffset(2026, 1, 2, 3, 5, 5, TimeSpan.Zero));
    }

    [Fact]
    public void W6_the_same_verdict_twice_is_the_same_status()
    {
        var once = Done(1);
        var twice = once.Succeeded(1, Now.AddHours(1), "applied");
        twice.ObservedGeneration.ShouldBe(once.ObservedGeneration);
        twice.Items.ShouldBe(once.Items);
    }

    [Fact]
    public void Suspension_changes_nothing_but_its_own_condition_and_leaves_with_the_next_verdict()
    {
        var suspended = Done(1).Suspended(2, Now, "by spec.suspend");
        suspended.ObservedGeneration.ShouldBe(1);
        suspended.IsTrue(Conditions.SuspendedType).ShouldBeTrue();
        suspended.Succeeded(2, Now, "applied").Find(Conditions.SuspendedType).ShouldBeNull();
        suspended.Progressing(2, Now, "x").Find(Conditions.SuspendedType).ShouldBeNull();
    }

    private static Conditions Done(long generation) => Conditions.Initial.Succeeded(generation, Now, "applied");

    private static string? Show(Conditions conditions, string type) =>
        conditions.Find(type) is { } found ? $"{found.Status}/{found.Reason}" : null;

    /// <summary>The generic part of kstatus' compute, as its authors wrote it down.</summary>
    private static string Kstatus(Conditions conditions, long generation, bool deleting)
    {
        if (deleting)
        {
            return "Terminating";
        }

        if (conditions.ObservedGeneration != generation)
        {
            return "InProgress";
        }

        Condition? Of(string type) => conditions.Find(type);
        if (Of("Reconciling") is { Status: "True" })
        {
            return "InProgress";
        }

        if (Of("Stalled") is { Status: "True" })
        {
            return "Failed";
        }

        return Of("Ready") is { Status: not "True" } ? "InProgress" : "Current";
    }
}
