using Comptroller.Kubernetes.Runtime;
using Comptroller.Kubernetes.Tests.Testing;

namespace Comptroller.Kubernetes.Tests.Runtime;

/// <summary>X2: the queue against a naive specification of itself, over 100 000 random steps.</summary>
public sealed class WorkQueueModelTests
{
    private const int Steps = 100_000;
    private const int Keys = 12;

    [Theory]
    [InlineData(1)]
    [InlineData(20_26)]
    [InlineData(777_777)]
    public void X2_the_queue_agrees_with_its_specification_over_100_000_random_steps(int seed)
    {
        var random = new Random(seed);
        var time = new ManualTimeProvider();
        using var queue = new WorkQueue<int>("model", time);
        var model = new NaiveQueue();
        var inWork = new List<int>();
        for (var step = 0; step < Steps; step++)
        {
            var key = random.Next(Keys);
            switch (random.Next(8))
            {
                case 0 or 1:
                    queue.Add(key);
                    model.Add(key);
                    break;
                case 2:
                    var delay = TimeSpan.FromMilliseconds(random.Next(-1, 50));
                    queue.AddAfter(key, delay);
                    model.AddAfter(key, delay);
                    break;
                case 3 or 4:
                    int? got = queue.TryGet(out var taken) ? taken : null;
                    got.ShouldBe(model.Get(), $"step {step}");
                    if (got is { } working)
                    {
                        inWork.ShouldNotContain(working, $"step {step}: two workers on one key");
                        inWork.Add(working);
                    }

                    break;
                case 5 when inWork.Count > 0:
                    var done = inWork[random.Next(inWork.Count)];
                    inWork.Remove(done);
                    queue.Done(done);
                    model.Done(done);
                    break;
                case 6:
                    var by = TimeSpan.FromMilliseconds(random.Next(0, 20));
                    time.Advance(by);
                    model.Advance(by);
                    break;
                case 7 when random.Next(10) == 0:
                    queue.Drop(key);
                    model.Drop(key);
                    break;
            }

            queue.Depth.ShouldBe(model.Depth, $"step {step}");
            queue.Waiting.ShouldBe(model.Waiting, $"step {step}");
        }
    }

    /// <summary>The rules, written down as plainly as possible: lists and scans.</summary>
    private sealed class NaiveQueue
    {
        private readonly List<int> order = [];
        private readonly HashSet<int> wanted = [];
        private readonly HashSet<int> working = [];
        private readonly List<(int Key, TimeSpan Due, int Turn)> delayed = [];
        private TimeSpan now;
        private int turn;

        public int Depth => order.Count;
        public int Waiting => delayed.Count;

        public void Add(int key)
        {
            if (wanted.Add(key) && !working.Contains(key))
            {
                order.Add(key);
            }
        }

        public void AddAfter(int key, TimeSpan delay)
        {
            if (delay <= TimeSpan.Zero)
            {
                Add(key);
                return;
            }

            var known = delayed.FindIndex(each => each.Key == key);
            if (known >= 0 && delayed[known].Due <= now + delay)
            {
                return;
            }

            if (known >= 0)
            {
                delayed.RemoveAt(known);
            }

            delayed.Add((key, now + delay, turn++));
        }

        public int? Get()
        {
            if (order.Count == 0)
            {
                return null;
            }

            var key = order[0];
            order.RemoveAt(0);
            wanted.Remove(key);
            working.Add(key);
            return key;
        }

        public void Done(int key)
        {
            working.Remove(key);
            if (wanted.Contains(key))
            {
                order.Add(key);
            }
        }

        public void Drop(int key) => delayed.RemoveAll(each => each.Key == key);

        public void Advance(TimeSpan by)
        {
            now += by;
            foreach (var (key, _, _) in delayed.Where(each => each.Due <= now).OrderBy(each => each.Due).ThenBy(each => each.Turn).ToList())
            {
                delayed.RemoveAll(each => each.Key == key);
                Add(key);
            }
        }
    }
}
