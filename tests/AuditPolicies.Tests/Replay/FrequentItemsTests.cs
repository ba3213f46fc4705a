using Comptroller.AuditPolicies.Replay;

namespace Comptroller.AuditPolicies.Tests.Replay;

public sealed class FrequentItemsTests
{
    [Fact]
    public void Counts_are_exact_until_there_are_too_many_names()
    {
        var items = new FrequentItems(capacity: 3);
        items.Add("a", 1, 10);
        items.Add("b", 1, 30);
        items.Add("c", 2, 30);
        items.Add("a", 1, 5);

        items.IsExact.ShouldBeTrue();
        items.Top(2).ShouldBe([new TopItem("b", 1, 30, 0), new TopItem("c", 2, 30, 0)]);
    }

    [Fact]
    public void With_too_many_names_the_true_weight_lies_between_the_count_and_the_count_with_its_error()
    {
        var random = new Random(29);
        for (var round = 0; round < 50; round++)
        {
            var items = new FrequentItems(capacity: 40);
            var truth = new Dictionary<string, long>();
            for (var i = 0; i < 5_000; i++)
            {
                var name = random.Next(3) == 0 ? $"heavy{random.Next(5)}" : $"n{random.Next(1_000)}";
                var bytes = random.Next(1, 100);
                truth[name] = truth.GetValueOrDefault(name) + bytes;
                items.Add(name, 1, bytes);
            }

            var top = items.Top(40).ToList();
            items.IsExact.ShouldBeFalse();
            top.ShouldAllBe(item => item.Bytes <= truth[item.Name] && truth[item.Name] <= item.Bytes + item.Error);
            top.Take(5).Select(item => item.Name).Order(StringComparer.Ordinal).ShouldBe(["heavy0", "heavy1", "heavy2", "heavy3", "heavy4"]);
        }
    }
}
