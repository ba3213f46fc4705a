using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Informers;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;

namespace Comptroller.Kubernetes.Tests.Testing;

/// <summary>One process of a small operator: caches, controller and reconciler over one client.</summary>
internal sealed class WidgetOperator : IAsyncDisposable
{
    private readonly CancellationTokenSource stop = new();
    private readonly List<Task> running = [];

    public WidgetOperator(IKubeClient client, TestContext context)
    {
        var owned = new OwnedObjects();
        Configs = owned.Watch(client, WidgetReconciler.Configs, "comptroller", [], required: true, context.Runtime);
        Widgets = new Informer<Widget>(client, Widget.Type, new InformerOptions<Widget>(), context.Runtime);
        Reconciler = new WidgetReconciler(client, new Applier(client, owned, "comptroller", context.Runtime), context.Time);
        Controller = new Controller<Widget>(new ControllerOptions { Name = "widget" }, Widgets, Reconciler, context.Runtime);
        Controller.Owns(Configs);
    }

    public Informer<Widget> Widgets { get; }
    public Informer<PartialObjectMetadata> Configs { get; }
    public WidgetReconciler Reconciler { get; }
    public Controller<Widget> Controller { get; }

    public async Task StartAsync()
    {
        running.Add(Task.Run(() => Widgets.RunAsync(stop.Token)));
        running.Add(Task.Run(() => Configs.RunAsync(stop.Token)));
        await Task.WhenAll(Widgets.Synced, Configs.Synced).EndsAsync();
        running.Add(Task.Run(() => Controller.RunAsync(stop.Token, CancellationToken.None)));
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await Task.WhenAll(running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Controller.Dispose();
        stop.Dispose();
    }
}
