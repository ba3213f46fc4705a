using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Informers;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Tests.Testing;

namespace Comptroller.Kubernetes.Tests.Informers;

/// <summary>A kind that the server does not serve, beside a scripted watch of the definitions.</summary>
public sealed class KindArrivalsTests : IDisposable
{
    private static readonly KubeApiException Missing = new("LIST", "/widgets", 404, "NotFound", "no");
    private static readonly string Definition = Widget.Type.ToString();
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(1);

    private readonly TestContext context = new();
    private readonly ScriptedKubeClient<Widget> server = new();
    private readonly ScriptedKubeClient<PartialObjectMetadata> definitions = new();
    private readonly CancellationTokenSource stop = new();
    private readonly TaskCompletionSource installed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Dispose()
    {
        stop.Cancel();
        stop.Dispose();
        context.Dispose();
    }

    [Fact]
    public async Task A_kind_without_a_definition_is_not_asked_for_until_its_definition_comes()
    {
        definitions.List("10", Of("others.example.dev")).Watch((_, _) => WhenInstalled());
        server.List(Missing).List("20", Widget.Of("a", "15"));
        var informer = await StartAsync();
        await Settle.UntilAsync(() => informer.IsKindMissing && context.Time.ArmedTimers == 2, "one wait for the watch, one for the definition");
        context.Time.NextDue()!.Value.ShouldBeGreaterThan(TimeSpan.FromMinutes(5));
        context.Time.Advance(TimeSpan.FromMinutes(4));
        await Settle.BrieflyAsync();
        server.Lists.Count.ShouldBe(1);
        informer.IsKindMissing.ShouldBeTrue();

        installed.SetResult();
        await informer.Synced.EndsAsync();
        informer.Store.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_kind_that_comes_without_a_definition_is_found_all_the_same()
    {
        definitions.List("10");
        server.List(Missing).List("20");
        var informer = await StartAsync();
        await context.Time.AdvanceUntilAsync(() => informer.HasSynced, Step, KindArrivals.Longest + TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task A_definition_that_is_not_established_yet_is_asked_for_again_soon()
    {
        definitions.List("10", Of(Definition));
        server.List(Missing).List(Missing).List(Missing).List("20");
        var informer = await StartAsync();
        await context.Time.AdvanceUntilAsync(() => informer.HasSynced, Step, TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Where_definitions_cannot_be_watched_the_kind_is_asked_for_as_before()
    {
        var refused = new KubeApiException("LIST", "/customresourcedefinitions", 403, "Forbidden", "no");
        for (var i = 0; i < 100; i++)
        {
            definitions.List(refused);
        }

        server.List(Missing).List(Missing).List(Missing).List("20");
        var informer = await StartAsync(listed: false);
        await context.Time.AdvanceUntilAsync(() => informer.HasSynced, Step, TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Of_a_definition_only_the_name_is_kept()
    {
        definitions.List("10", Of(Definition) with { Metadata = new ObjectMeta { Name = Definition, Annotations = new Dictionary<string, string> { ["big"] = "text" } } });
        var arrivals = new KindArrivals(definitions, context.Runtime);
        _ = Task.Run(() => arrivals.Definitions.RunAsync(stop.Token));
        await arrivals.Definitions.Synced.EndsAsync();
        arrivals.Definitions.Store.List().Single().Metadata.Annotations.ShouldBeNull();
    }

    private async Task<Informer<Widget>> StartAsync(bool listed = true)
    {
        var arrivals = new KindArrivals(definitions, context.Runtime);
        _ = Task.Run(() => arrivals.Definitions.RunAsync(stop.Token));
        if (listed)
        {
            await arrivals.Definitions.Synced.EndsAsync();
        }

        var informer = new Informer<Widget>(server, Widget.Type, new InformerOptions<Widget> { Required = false }, context.Runtime with { Arrivals = arrivals });
        _ = Task.Run(() => informer.RunAsync(stop.Token));
        return informer;
    }

    private async IAsyncEnumerable<WatchEvent<PartialObjectMetadata>> WhenInstalled()
    {
        await installed.Task.WaitAsync(stop.Token);
        yield return new WatchEvent<PartialObjectMetadata>(WatchEventType.Added, Of(Definition), Of(Definition).Metadata);
        await Task.Delay(Timeout.Infinite, stop.Token);
    }

    private static PartialObjectMetadata Of(string name) => new() { Metadata = new ObjectMeta { Name = name, Uid = name, ResourceVersion = "9" } };
}
