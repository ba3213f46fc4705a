using System.Collections.Concurrent;
using System.ComponentModel;
using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Model;
using Comptroller.Sandbox.Controllers;
using Comptroller.Sandbox.Resources;
using Comptroller.Sandbox.Storage;
using static Comptroller.Sandbox.Resources.JsonReading;

namespace Comptroller.Sandbox.Workloads;

/// <summary>
/// Scheduler and kubelet of the one node there is: a process of this machine for each pod, for as long as the pod is there. No process
/// outlives the server.
/// </summary>
internal sealed class PodRunner(ObjectStore store, ResourceCatalog catalog, ObjectWriter writer, TimeProvider time, WorkloadOptions options) : IController
{
    private const string Node = "sandbox";
    private const string Manager = "kubelet";
    private const int LongestMessage = 4096;

    /// <summary>Between two looks at what a pod waits for.</summary>
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(2);

    /// <summary>How long a process has to end when the server does.</summary>
    private static readonly TimeSpan Shutdown = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);

    private readonly ServedResource _pods = catalog.Find("", "v1", "pods")!;
    private readonly ServedResource _claims = catalog.Find("", "v1", "persistentvolumeclaims")!;
    private readonly ConcurrentDictionary<ObjectKey, RunningPod> _running = new();
    private readonly string _root = Path.Combine(Path.GetTempPath(), $"comptroller-sandbox-{Environment.ProcessId}-{Guid.NewGuid():N}");

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsWindows())
        {
            // Values of Secrets lie below, and everybody may look into the directory for temporary files.
            Directory.CreateDirectory(_root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        var sandbox = new PodSandbox(store, options, _root);
        try
        {
            await Task.WhenAll(
                new SyncLoop(store, time, item => Ownership.KeyOf(item, "Pod"), key => Sync(sandbox, key))
                    .RunAsync(() => store.Snapshot(_pods.Storage).Objects, cancellationToken),
                ForgetClaimsAsync(sandbox, cancellationToken)).ConfigureAwait(false);
        }
        finally
        {
            foreach (var pod in _running.Values)
            {
                pod.Stop(Shutdown);
            }
            await Task.WhenAll(_running.Values.SelectMany(pod => (Task[])[pod.Completion, pod.Stopping])).ConfigureAwait(false);
            if (Directory.Exists(_root))
            {
                Directory.Delete(_root, recursive: true);
            }
        }
    }

    private DateTimeOffset? Sync(PodSandbox sandbox, ObjectKey key)
    {
        var pod = store.Get(_pods.Storage, key.Namespace, key.Name);
        if (_running.TryGetValue(key, out var running))
        {
            if (pod is null || pod.Uid != running.Pod.Uid || ObjectWriter.IsTerminating(pod.Content))
            {
                running.Stop(TimeSpan.FromSeconds((long?)running.Pod.Content["spec"]!["terminationGracePeriodSeconds"] ?? 30));
                // Its end makes an event only where the pod is still there to be written to.
                return pod is null ? null : time.GetUtcNow() + Retry;
            }
            return null;
        }
        if (pod is null || IsOver(pod))
        {
            return null;
        }
        if (ObjectWriter.IsTerminating(pod.Content))
        {
            Change(pod, updated => PodStatus.Ended(updated, time, 137, started: null, "deleted before it started"));
            return null;
        }
        if (PodStatus.Restart(pod.Content) is { } restart && restart.At + Pause(restart.Restarts) is var again && again > time.GetUtcNow())
        {
            return again;
        }
        if (_running.Count >= options.MostProcesses)
        {
            Change(pod, updated => PodStatus.Unschedulable(updated, time, "0/1 nodes are available: 1 Too many pods."));
            return time.GetUtcNow() + Retry;
        }
        return Start(sandbox, key, pod);
    }

    private DateTimeOffset? Start(PodSandbox sandbox, ObjectKey key, StoredObject pod)
    {
        writer.Change(_pods, pod, "kube-scheduler", null, updated =>
        {
            var isNew = updated["spec"]!["nodeName"] is null;
            updated["spec"]!["nodeName"] = Node;
            return isNew;
        });
        try
        {
            var container = sandbox.Prepare(pod);
            Bind(pod);
            var process = LocalProcess.Start(container);
            // The status first: what ends at once must not be told as running afterwards.
            Change(pod, updated => PodStatus.Running(updated, time));
            var running = new RunningPod(pod, process);
            _running[key] = running;
            running.Completion = FinishAsync(sandbox, key, running, container, time.GetUtcNow());
            return null;
        }
        catch (CannotStartException e)
        {
            Change(pod, updated => PodStatus.Waiting(updated, time, e.Reason, e.Message));
            // Neither an image nor the pod's own spec changes.
            return e.Reason is "ErrImagePull" or "CreateContainerError" ? null : time.GetUtcNow() + Retry;
        }
        catch (Exception e) when (e is Win32Exception or IOException or UnauthorizedAccessException)
        {
            Change(pod, updated => PodStatus.Waiting(updated, time, "RunContainerError", e.Message));
            return time.GetUtcNow() + Retry;
        }
    }

    private async Task FinishAsync(PodSandbox sandbox, ObjectKey key, RunningPod running, LocalContainer container, DateTimeOffset started)
    {
        var code = await running.Process.ExitAsync().ConfigureAwait(false);
        var message = await MessageAsync(running, container, code).ConfigureAwait(false);
        running.Process.Dispose();
        _running.TryRemove(key, out _);
        Change(running.Pod, updated => PodStatus.Ended(updated, time, code, started, message));
        if (store.Get(_pods.Storage, key.Namespace, key.Name) is not { } left || left.Uid != running.Pod.Uid || IsOver(left))
        {
            sandbox.Remove(running.Pod.Uid);
        }
    }

    private static async Task<string> MessageAsync(RunningPod running, LocalContainer container, int code)
    {
        var bytes = new byte[LongestMessage];
        var length = 0;
        if (File.Exists(container.MessageFile))
        {
            await using var file = File.OpenRead(container.MessageFile);
            length = await file.ReadAtLeastAsync(bytes, LongestMessage, throwOnEndOfStream: false).ConfigureAwait(false);
        }
        return length > 0 ? System.Text.Encoding.UTF8.GetString(bytes, 0, length)
            : code != 0 && Text(running.Pod.Content["spec"]!["containers"]![0], "terminationMessagePolicy") == "FallbackToLogsOnError" ? running.Process.Output
            : "";
    }

    /// <summary>A claim is bound when its first pod starts, to a directory.</summary>
    private void Bind(StoredObject pod)
    {
        foreach (var name in (pod.Content["spec"]!["volumes"] as JsonArray ?? []).Select(volume => Text(volume?["persistentVolumeClaim"], "claimName")).Where(name => name.Length > 0))
        {
            if (store.Get(_claims.Storage, pod.Namespace, name) is { } claim)
            {
                writer.Change(_claims, claim, "kube-controller-manager", "status", updated =>
                {
                    var isNew = Text(updated["status"], "phase") != "Bound";
                    updated["status"] = new JsonObject
                    {
                        ["phase"] = "Bound",
                        ["accessModes"] = updated["spec"]!["accessModes"]!.DeepClone(),
                        ["capacity"] = updated["spec"]!["resources"]!["requests"]!.DeepClone(),
                    };
                    return isNew;
                });
            }
        }
    }

    private async Task ForgetClaimsAsync(PodSandbox sandbox, CancellationToken cancellationToken)
    {
        while (true)
        {
            using var watcher = store.WatchFromNow(_claims.Storage).Watcher;
            await foreach (var change in watcher.Events.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                if (change.Type == StoreEventType.Deleted)
                {
                    sandbox.RemoveClaim(change.Object.Uid);
                }
            }
        }
    }

    private void Change(StoredObject pod, Func<JsonObject, bool> change) => writer.Change(_pods, pod, Manager, "status", change);

    private static bool IsOver(StoredObject pod) => Text(pod.Content["status"], "phase") is "Succeeded" or "Failed";

    private static TimeSpan Pause(long restarts) => FirstPause * Math.Pow(2, Math.Min(restarts, 20) - 1) is var pause && pause < LongestPause ? pause : LongestPause;

    /// <summary>A pod whose process is there. Stopped by the loop alone.</summary>
    private sealed class RunningPod(StoredObject pod, LocalProcess process)
    {
        public StoredObject Pod => pod;

        public LocalProcess Process => process;

        /// <summary>Until the end of the process is told.</summary>
        public Task Completion { get; set; } = Task.CompletedTask;

        public Task Stopping { get; private set; } = Task.CompletedTask;

        public void Stop(TimeSpan grace)
        {
            if (Stopping.IsCompleted)
            {
                Stopping = process.StopAsync(grace);
            }
        }
    }
}
