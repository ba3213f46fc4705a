using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Tests.Testing;

namespace Comptroller.Kubernetes.Tests.Runtime;

/// <summary>X5 and X7: a whole operator, with one call failed in each of many lives.</summary>
public sealed class FaultInjectionTests
{
    private const int MostCalls = 40;

    [Theory]
    [InlineData("500")]
    [InlineData("409")]
    [InlineData("timeout after commit")]
    public async Task X5_L2_whichever_call_fails_the_end_is_the_same(string fault)
    {
        var (expected, calls) = await LiveAsync(0, fault);
        calls.ShouldBeInRange(8, MostCalls);
        expected.ShouldNotContain("inventory\":[]");
        for (var n = 1; n <= calls; n++)
        {
            var (picture, _) = await LiveAsync(n, fault);
            picture.ShouldBe(expected, $"call {n} failed with {fault}");
        }
    }

    [Fact]
    public async Task X7_a_reconcile_that_changes_nothing_costs_no_write_and_no_read_also_after_a_restart()
    {
        using var context = new TestContext();
        var server = new FakeKubeClient();
        server.Put(Widget.Type, """{"metadata":{"namespace":"default","name":"w"},"spec":{"size":3}}""");
        await using (var first = new WidgetOperator(server, context))
        {
            await first.StartAsync();
            await ConvergedAsync(server, context, first, generation: 1);
            server.Calls.Clear();
            var runs = first.Reconciler.Runs;
            first.Controller.Enqueue(new("default", "w"));
            await Settle.UntilAsync(() => first.Reconciler.Runs > runs && first.Controller.Queue.Depth == 0);
            await Settle.BrieflyAsync();
            server.Calls.ShouldBeEmpty();
        }

        await using var second = new WidgetOperator(server, context);
        await second.StartAsync();
        await Settle.UntilAsync(() => second.Reconciler.Runs > 0 && second.Controller.Queue.Depth == 0);
        await Settle.BrieflyAsync();
        server.Calls.Where(call => call.Verb is not ("list" or "watch")).ShouldBeEmpty();
        server.Calls.Count(call => call.Verb == "list").ShouldBe(2);
    }

    [Fact]
    public async Task X7_a_new_object_costs_a_write_for_the_finalizer_each_rendered_object_and_the_status_and_no_read()
    {
        using var context = new TestContext();
        var server = new FakeKubeClient();
        await using var operation = new WidgetOperator(server, context);
        await operation.StartAsync();
        server.Put(Widget.Type, """{"metadata":{"namespace":"default","name":"w"},"spec":{"size":3}}""");
        await ConvergedAsync(server, context, operation, generation: 1);
        await Settle.BrieflyAsync();
        server.Writes.Select(call => $"{call.Verb} {call.Type.Plural}").ShouldBe(
            ["apply widgets", "apply configmaps", "apply configmaps", "apply widgets"], "finalizer, two objects, status");
        server.Calls.ShouldNotContain(call => call.Verb == "get");
    }

    /// <summary>Create, change, delete one of two widgets; the n-th request that is no list or watch meets the fault.</summary>
    private static async Task<(string Picture, int Calls)> LiveAsync(int n, string fault)
    {
        using var context = new TestContext();
        var server = new FakeKubeClient();
        var count = 0;
        Exception? Meet(KubeCall call, bool after)
        {
            if (call.Verb is "list" or "watch" || after != (fault == "timeout after commit") || Interlocked.Increment(ref count) != n)
            {
                return null;
            }

            return fault switch
            {
                "500" => FakeKubeClient.Error(500, "InternalError"),
                "409" => FakeKubeClient.Error(409, "Conflict"),
                _ => FakeKubeClient.Error(0, FailureReason.Timeout),
            };
        }

        server.FailBefore = call => Meet(call, after: false);
        server.FailAfter = call => Meet(call, after: true);
        server.Put(Widget.Type, """{"metadata":{"namespace":"default","name":"w"},"spec":{"size":3}}""");
        await using var operation = new WidgetOperator(server, context);
        await operation.StartAsync();
        await ConvergedAsync(server, context, operation, generation: 1);
        server.Put(Widget.Type, """{"metadata":{"namespace":"default","name":"w"},"spec":{"size":4}}""");
        await ConvergedAsync(server, context, operation, generation: 2);
        server.Put(Widget.Type, """{"metadata":{"namespace":"default","name":"x"},"spec":{"size":5}}""");
        await ConvergedAsync(server, context, operation, generation: 1, name: "x");
        await server.DeleteAsync(Widget.Type, "default", "x", new DeleteOptions(), default).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (server.Find(Widget.Type, "default", "x")?["metadata"]!["deletionTimestamp"] is null && server.Find(Widget.Type, "default", "x") is not null)
        {
            // The fault met the test's own request.
            await server.DeleteAsync(Widget.Type, "default", "x", new DeleteOptions(), default);
        }

        await context.Time.AdvanceUntilAsync(() => server.Find(Widget.Type, "default", "x") is null, TimeSpan.FromMilliseconds(50), TimeSpan.FromMinutes(10));
        return (server.Picture(Widget.Type, WidgetReconciler.Configs), count);
    }

    private static Task ConvergedAsync(FakeKubeClient server, TestContext context, WidgetOperator operation, int generation, string name = "w") =>
        context.Time.AdvanceUntilAsync(
            () => server.Find(Widget.Type, "default", name)?["status"] is { } status
                && (long?)status["observedGeneration"] == generation
                && status["conditions"]!.AsArray().Any(each => (string?)each!["type"] == "Ready" && (string?)each["status"] == "True")
                && status["conditions"]!.AsArray().Count == 1
                && operation.Controller.Queue.Depth == 0,
            TimeSpan.FromMilliseconds(50),
            TimeSpan.FromMinutes(10));
}
