using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Kubernetes.Tests.Testing;

namespace Comptroller.Kubernetes.Tests.Runtime;

public sealed class StatusWriterTests
{
    internal static readonly JsonTypeInfo<WidgetStatus> Json =
        (JsonTypeInfo<WidgetStatus>)new JsonSerializerOptions(JsonSerializerDefaults.Web) { TypeInfoResolver = new DefaultJsonTypeInfoResolver() }
            .GetTypeInfo(typeof(WidgetStatus));

    private readonly FakeKubeClient server = new();
    private readonly StatusWriter writer;

    public StatusWriterTests()
    {
        writer = new StatusWriter(server, "comptroller");
        server.Put(Widget.Type, """{"metadata":{"namespace":"default","name":"a"},"spec":{"size":1}}""");
    }

    [Fact]
    public async Task W5_the_status_is_written_whole_to_its_subresource_under_its_own_manager()
    {
        var widget = await ReadAsync();
        var written = await WriteAsync(widget, new WidgetStatus { ObservedGeneration = 1 });
        var stored = await ReadAsync();
        written!.ResourceVersion.ShouldBe(stored.Metadata.ResourceVersion);
        stored.Status!.ObservedGeneration.ShouldBe(1);
        stored.Spec!.Size.ShouldBe(1);
        var call = server.Writes.Single();
        (call.Subresource, call.Manager).ShouldBe(("status", "comptroller-status"));
        ((string?)call.Body!["metadata"]!["resourceVersion"]).ShouldBe(widget.Metadata.ResourceVersion);
    }

    [Fact]
    public async Task W3_a_status_that_says_the_same_is_not_written()
    {
        await WriteAsync(await ReadAsync(), new WidgetStatus { ObservedGeneration = 1 });
        var widget = await ReadAsync();
        (await WriteAsync(widget, new WidgetStatus { ObservedGeneration = 1 })).ShouldBeNull();
        server.Writes.Count().ShouldBe(1);
    }

    [Fact]
    public async Task W4_a_status_computed_from_an_older_state_is_refused_as_a_conflict()
    {
        var stale = await ReadAsync();
        server.Put(Widget.Type, """{"metadata":{"namespace":"default","name":"a"},"spec":{"size":2}}""");
        (await Should.ThrowAsync<KubeApiException>(() => WriteAsync(stale, new WidgetStatus { ObservedGeneration = 1 }))).IsConflict.ShouldBeTrue();
    }

    [Fact]
    public async Task L7_a_run_on_a_state_older_than_our_own_write_costs_no_request()
    {
        var stale = await ReadAsync();
        await WriteAsync(stale, new WidgetStatus { ObservedGeneration = 1 });
        (await WriteAsync(stale, new WidgetStatus { ObservedGeneration = 1 })).ShouldBeNull();
        (await Should.ThrowAsync<KubeApiException>(() => WriteAsync(stale, new WidgetStatus { ObservedGeneration = 2 }))).IsConflict.ShouldBeTrue();
        server.Writes.Count().ShouldBe(1);
        await WriteAsync(await ReadAsync(), new WidgetStatus { ObservedGeneration = 2 });
        server.Writes.Count().ShouldBe(2);
    }

    [Fact]
    public async Task L3_what_was_written_to_a_resource_that_is_gone_is_forgotten()
    {
        var stale = await ReadAsync();
        await WriteAsync(stale, new WidgetStatus { ObservedGeneration = 1 });
        writer.Forget(stale.Metadata.Uid!);
        await Should.ThrowAsync<KubeApiException>(() => WriteAsync(stale, new WidgetStatus { ObservedGeneration = 1 }));
        server.Writes.Count().ShouldBe(2, "nothing is known any more, so the server is asked");
    }

    private Task<ObjectMeta?> WriteAsync(Widget widget, WidgetStatus status) =>
        writer.WriteAsync(Widget.Type, widget, widget.Status, status, Json, default);

    private Task<Widget> ReadAsync() => server.GetAsync(Widget.Type, "default", "a", default);
}
