using System.Text.Json.Nodes;
using Comptroller.Sandbox.Http;
using Comptroller.Sandbox.Resources;
using Comptroller.Sandbox.Storage;

namespace Comptroller.Sandbox.Tests.Controllers;

/// <summary>The parts of a server without HTTP: store, catalog and running controllers.</summary>
internal sealed class Cluster : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _controllers;

    public Cluster(TimeProvider? time = null)
    {
        Store = new ObjectStore();
        Parts = ServerParts.Create(Store, time ?? TimeProvider.System, "admin-token", "-----BEGIN CERTIFICATE-----");
        _controllers = Task.WhenAll(Parts.Controllers.Select(controller => Task.Run(() => controller.RunAsync(_stopping.Token))));
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

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _controllers.ContinueWith(_ => { }, TaskScheduler.Default);
        _stopping.Dispose();
    }
}
