using System.Collections.Concurrent;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Diagnostics;
using Comptroller.Kubernetes.Informers;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Kubernetes.Tests.Testing;

namespace Comptroller.Kubernetes.Tests.Runtime;

/// <summary>A controller of widgets that runs what a test says, and remembers its runs, its reports and what it was told to forget.</summary>
public abstract class ControllerScene : IReconciler<Widget>, IFailureReporter<Widget>, IForgetter, IDisposable
{
    private protected TestContext Context { get; } = new();

    private protected PrometheusExporter Exporter { get; }

    private protected CancellationTokenSource Draining { get; } = new();

    private protected CancellationTokenSource Abort { get; } = new();

    private protected Informer<Widget> Widgets { get; }

    private protected ConcurrentQueue<Widget> Runs { get; } = [];

    private protected ConcurrentQueue<(ObjectMeta Metadata, Widget? Resource, Exception Failure)> Reports { get; } = [];

    private protected ConcurrentQueue<string> Forgotten { get; } = [];

    /// <summary>What a run does; nothing, unless a test says more.</summary>
    private protected Func<Widget, CancellationToken, Task<Outcome>> Behaviour { get; set; } = (_, _) => Task.FromResult(Outcome.Done);

    /// <summary>What telling of a failure comes to.</summary>
    private protected Func<Task> Reporting { get; set; } = () => Task.CompletedTask;

    /// <summary>Null until it is started.</summary>
    private protected Controller<Widget>? Controller { get; set; }

    private protected Task Running { get; private set; } = Task.CompletedTask;

    protected ControllerScene()
    {
        Exporter = new PrometheusExporter(meter => meter == Context.Metrics.Meter);
        Widgets = new Informer<Widget>(new ScriptedKubeClient<Widget>(), Widget.Type, new InformerOptions<Widget>(), Context.Runtime);
    }

    public void Dispose()
    {
        Abort.Cancel();
        Controller?.Dispose();
        Draining.Dispose();
        Abort.Dispose();
        Exporter.Dispose();
        Context.Dispose();
        GC.SuppressFinalize(this);
    }

    Task<Outcome> IReconciler<Widget>.ReconcileAsync(Widget resource, CancellationToken cancellationToken)
    {
        Runs.Enqueue(resource);
        return Behaviour(resource, cancellationToken);
    }

    Task IFailureReporter<Widget>.ReportFailureAsync(ObjectMeta metadata, Widget? resource, Exception failure, CancellationToken cancellationToken)
    {
        Reports.Enqueue((metadata, resource, failure));
        return Reporting();
    }

    void IForgetter.Forget(ObjectMeta metadata) => Forgotten.Enqueue(metadata.Uid!);

    private protected void Start(int workers = 4, Action<Controller<Widget>>? build = null)
    {
        Controller = new Controller<Widget>(
            new ControllerOptions { Name = "widget", MaxConcurrentReconciles = workers }, Widgets, this, Context.Runtime);
        build?.Invoke(Controller);
        Running = Task.Run(() => Controller.RunAsync(Draining.Token, Abort.Token));
    }

    private protected void Set(Widget widget) => Deliver(Widgets, WatchEventType.Modified, widget);

    private protected static void Deliver<T>(Informer<T> informer, WatchEventType type, T item)
        where T : class, IKubernetesObject =>
        ((IReflectorSink<T>)informer).Apply(null, new WatchEvent<T>(type, item, item.Metadata));

    private protected Task RunsAsync(int count) => Settle.UntilAsync(() => Runs.Count >= count, $"{count} runs");

    private protected Task MetricAsync(string line) => Settle.UntilAsync(() => Exporter.Render().Contains(line + "\n", StringComparison.Ordinal), line);
}
