using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Kubernetes.Tests.Runtime;

namespace Comptroller.Kubernetes.Tests.Testing;

/// <summary>A small but whole reconciler: finalizer, two rendered ConfigMaps, conditions, cleanup. It uses every part that writes.</summary>
internal sealed class WidgetReconciler(IKubeClient client, Applier applier, TimeProvider time) : IReconciler<Widget>
{
    public static readonly ResourceType Configs = new("", "v1", "configmaps", "ConfigMap", Namespaced: true);

    private readonly Finalizers finalizers = new(client, "comptroller", "tests.example.dev/cleanup");
    private readonly StatusWriter status = new(client, "comptroller");
    private int runs;

    public int Runs => Volatile.Read(ref runs);

    public async Task<Outcome> ReconcileAsync(Widget resource, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref runs);
        var inventory = resource.Status?.Inventory ?? [];
        if (resource.Metadata.DeletionTimestamp is not null)
        {
            if (finalizers.IsOn(resource))
            {
                (await applier.ApplyAsync(Widget.Type, resource, [], inventory, cancellationToken)).ThrowIfFailed();
                await finalizers.RemoveAsync(Widget.Type, resource, cancellationToken);
            }

            return Outcome.Done;
        }

        if (await finalizers.EnsureAsync(Widget.Type, resource, cancellationToken))
        {
            return Outcome.Done;
        }

        var report = await applier.ApplyAsync(Widget.Type, resource, [Render(resource, "one"), Render(resource, "two")], inventory, cancellationToken);
        var before = new Conditions(resource.Status?.ObservedGeneration ?? -1, resource.Status?.Conditions ?? []);
        var failed = report.Of(ApplyAction.Failed).Any();
        var after = failed
            ? before.Failed(resource.Metadata.Generation, time.GetUtcNow(), "not everything could be applied")
            : before.Succeeded(resource.Metadata.Generation, time.GetUtcNow(), $"{report.Inventory.Count} objects");
        await status.WriteAsync(
            Widget.Type,
            resource,
            resource.Status,
            new WidgetStatus { ObservedGeneration = after.ObservedGeneration, Conditions = after.Items, Inventory = report.Inventory },
            StatusWriterTests.Json,
            cancellationToken);
        report.ThrowIfFailed();
        return Outcome.Done;
    }

    private static DesiredObject Render(Widget widget, string suffix) => new(Configs, new JsonObject
    {
        ["metadata"] = new JsonObject { ["name"] = $"{widget.Metadata.Name}-{suffix}" },
        ["data"] = new JsonObject { ["size"] = $"{widget.Spec?.Size}" },
    });
}
