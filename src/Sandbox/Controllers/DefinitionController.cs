using System.Text.Json.Nodes;
using Comptroller.Sandbox.Kinds;
using Comptroller.Sandbox.Resources;
using Comptroller.Sandbox.Storage;

namespace Comptroller.Sandbox.Controllers;

/// <summary>
/// The life of CustomResourceDefinitions: accepts their names or says who has them, serves their kinds, and when one is deleted takes
/// its objects away first. A definition that lost a name heals when its rival goes.
/// </summary>
internal sealed class DefinitionController(ObjectStore store, ResourceCatalog catalog, ObjectWriter writer, TimeProvider time) : IController
{
    private const string Manager = "kube-apiserver";

    private readonly ServedResource _definitions = catalog.Find("apiextensions.k8s.io", "v1", "customresourcedefinitions")!;

    /// <summary>What is served for each definition, and from which spec it was read.</summary>
    private readonly Dictionary<string, (JsonNode? Spec, JsonNode? Names)> _served = new(StringComparer.Ordinal);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            using var watcher = store.WatchEverything();
            ReviewAll();
            await foreach (var change in watcher.Events.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                var content = change.Object.Content;
                if ((string?)content["kind"] == _definitions.Kind && (string?)content["apiVersion"] == _definitions.ApiVersion)
                {
                    ReviewAll();
                }
                else if (change.Type == StoreEventType.Deleted && OwnerOf(content) is { } definition && ObjectWriter.IsTerminating(definition.Content))
                {
                    CleanUp(definition);
                }
            }
        }
    }

    /// <summary>There are few definitions, and each may depend on any other of its group: all are looked at whenever one changes.</summary>
    private void ReviewAll()
    {
        var present = store.Snapshot(BuiltInKinds.Definitions).Objects;
        foreach (var gone in _served.Keys.Where(name => !present.Any(definition => definition.Name == name)).ToList())
        {
            Withdraw(gone);
        }
        foreach (var definition in present.OrderBy(definition => definition.Revision))
        {
            if (ObjectWriter.IsTerminating(definition.Content))
            {
                CleanUp(definition);
                continue;
            }
            var others = store.Snapshot(BuiltInKinds.Definitions).Objects.Where(other => other.Uid != definition.Uid).ToList();
            writer.Change(_definitions, definition, Manager, "status", updated =>
            {
                var before = updated["status"]!.DeepClone();
                DefinitionNames.Review(updated, others.Select(other => other.Content), time);
                // Before it is said to be: who reads Established asks for it next.
                Serve(definition, updated);
                return !JsonNode.DeepEquals(before, updated["status"]);
            });
        }
    }

    private void Serve(StoredObject definition, JsonObject content)
    {
        if (!Conditions.IsTrue(content, "Established"))
        {
            return;
        }
        var (spec, names) = (content["spec"], content["status"]!["acceptedNames"]);
        if (_served.TryGetValue(definition.Name, out var served) && JsonNode.DeepEquals(served.Spec, spec) && JsonNode.DeepEquals(served.Names, names))
        {
            return;
        }
        _served[definition.Name] = (spec, names);
        store.Open(PlaceOf(definition));
        catalog.Publish(definition.Name, CustomKinds.Of(content));
    }

    private void CleanUp(StoredObject definition)
    {
        var place = PlaceOf(definition);
        if (catalog.All.FirstOrDefault(resource => resource.Storage == place) is { } kind)
        {
            foreach (var item in store.Snapshot(place).Objects)
            {
                writer.Delete(kind, item);
            }
        }
        if (store.Snapshot(place).Objects.IsEmpty)
        {
            // Nothing may be created between the last look and the end of service.
            Withdraw(definition.Name);
            writer.Release(_definitions, definition, Manager, DefinitionStrategy.CleanupFinalizer);
            store.Close(place);
        }
    }

    private void Withdraw(string definition)
    {
        _served.Remove(definition);
        catalog.Withdraw(definition);
    }

    private StoredObject? OwnerOf(JsonObject content) =>
        catalog.FindKind((string?)content["apiVersion"] ?? "", (string?)content["kind"] ?? "") is { IsCustom: true } kind
            ? store.Get(BuiltInKinds.Definitions, null, $"{kind.Storage.Plural}.{kind.Storage.Group}") : null;

    private static StorageName PlaceOf(StoredObject definition) =>
        new((string)definition.Content["spec"]!["group"]!, (string)definition.Content["spec"]!["names"]!["plural"]!);
}
