using Comptroller.Kubernetes.Runtime;

namespace Comptroller.Kubernetes.Tests.Runtime;

public sealed class HeapTrimTests
{
    private readonly HeapTrim trim = new();

    [Fact]
    public void A_burst_is_waited_out_and_trimmed_once()
    {
        long[] allocated = [40 << 20, 80 << 20, 80 << 20, 81 << 20, 81 << 20];
        allocated.Select(trim.IsDue).ShouldBe([false, false, true, false, false]);
    }

    [Fact]
    public void A_trickle_adds_up_to_a_trim_at_last()
    {
        var looks = Enumerable.Range(1, 70).Select(look => look * (1L << 20)).ToList();
        looks.Where(trim.IsDue).ShouldBe([32L << 20, 64L << 20]);
    }

    [Fact]
    public void What_is_small_is_left_to_the_collector()
    {
        trim.IsDue(20 << 20).ShouldBeFalse();
        trim.IsDue(20 << 20).ShouldBeFalse();
    }
}
