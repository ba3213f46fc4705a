using System.Text.Json.Nodes;
using Comptroller.Sandbox.Http;
using Comptroller.Sandbox.Resources;
using Comptroller.Sandbox.Storage;
using Comptroller.Sandbox.Workloads;

namespace Comptroller.Sandbox.Tests.Controllers;

/// <summary>The parts of a server without HTTP: store, catalog and running controllers.</summary>
internal sealed class Cluster : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _controllers;

    /// <param name="time">The clock of everything in it.</param>
    /// <param name="workloads">Runs Jobs and Pods; null leaves them alone.</param>
    /// <param name="without">Controllers to leave out: their part is played by the test.</param>
    public Cluster(TimeProvider? time = null, WorkloadOptions? workloads = null, params Type[] without)
    {
        Store = new ObjectStore();
        Parts = ServerParts.Create(Store, time ?? TimeProvider.System, "admin-token", "-----BEGIN CERTIFICATE-----", workloads);
        _controllers = Task.WhenAll(Parts.Controllers.Where(controller => !without.Contains(controller.GetType())).Select(controller => Task.Run(() => controller.RunAsync(_stopping.Token))));
    }

    public ObjectStore Store { get; }
    public ServerParts Parts { get; }

    public ServedResource Kind(string group, string plural) => Parts.Catalog.Find(group, "v1", plural).ShouldNotBeNull();

    /// <summary>Stores an object as it stands, with a uid of its own.</summary>
    public StoredObject Create(ServedResource resource, string json)
    {
        var content = JsonNode.Parse(json)!.AsObject();
        content["kind"] = resource.Kind;
        content["apiVersion"] = resource.ApiVersion;
        content["metadata"]!["uid"] ??= Guid.NewGuid().ToString();
        resource.Strategy.Decode(content).ShouldBeNull();
        resource.Strategy.PrepareForCreate(content);
        Store.TryCreate(resource.Storage, content, out var stored).ShouldBeTrue();
        return stored;
    }

    /// <summary>The newest state of an object in the default namespace; null when it is gone.</summary>
    public JsonObject? Find(ServedResource resource, string name) => Store.Get(resource.Storage, "default", name)?.Content;

    public List<JsonObject> All(ServedResource resource) => [.. Store.Snapshot(resource.Storage).Objects.Select(item => item.Content)];

    public StoredObject Replace(ServedResource resource, StoredObject existing, Action<JsonObject> change)
    {
        var content = (JsonObject)existing.Content.DeepClone();
        change(content);
        Store.TryReplace(resource.Storage, existing, content, out var stored).ShouldBeTrue();
        return stored;
    }

    /// <summary>Waits for a state of the store. Looks again whenever something changed anywhere.</summary>
    public async Task UntilAsync(Func<bool> reached)
    {
        using var deadline = new CancellationTokenSource(Patience);
        using var watcher = Store.WatchEverything();
        while (!reached())
        {
            await watcher.Events.ReadAsync(deadline.Token);
        }
    }

    /// <summary>The same for what a timer brings about: nobody knows when a controller has set it, so the clock goes on in seconds.</summary>
    public async Task UntilAsync(ManualClock clock, Func<bool> reached)
    {
        using var deadline = new CancellationTokenSource(Patience);
        while (!reached())
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(TimeSpan.FromMilliseconds(2), deadline.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _controllers.ContinueWith(_ => { }, TaskScheduler.Default);
        _stopping.Dispose();
    }
}
