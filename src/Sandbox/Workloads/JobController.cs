using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Model;
using Comptroller.Sandbox.Controllers;
using Comptroller.Sandbox.Kinds;
using Comptroller.Sandbox.Requests;
using Comptroller.Sandbox.Resources;
using Comptroller.Sandbox.Storage;
using static Comptroller.Sandbox.Resources.JsonReading;

namespace Comptroller.Sandbox.Workloads;

/// <summary>
/// Keeps the pods of Jobs going until enough of them have succeeded or too many have failed. Indexed Jobs, and Jobs with a policy on
/// failures or successes, are left alone.
/// </summary>
internal sealed class JobController(ObjectStore store, ResourceCatalog catalog, ObjectWriter writer, TimeProvider time) : IController
{
    /// <summary>Holds a pod until its end was counted.</summary>
    public const string TrackingFinalizer = "batch.kubernetes.io/job-tracking";

    private const string Manager = "kube-controller-manager";
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(10);

    private readonly ServedResource _jobs = catalog.Find("batch", "v1", "jobs")!;
    private readonly ServedResource _pods = catalog.Find("", "v1", "pods")!;

    public Task RunAsync(CancellationToken cancellationToken) =>
        new SyncLoop(store, time, item => Ownership.KeyOf(item, "Job"), Sync).RunAsync(() => [.. store.Snapshot(_jobs.Storage).Objects, .. store.Snapshot(_pods.Storage).Objects], cancellationToken);

    private DateTimeOffset? Sync(ObjectKey key)
    {
        var found = store.Get(_jobs.Storage, key.Namespace, key.Name);
        // The pods of a Job that is gone are nobody's to count, also when another one has its name now.
        Release(store.Snapshot(_pods.Storage).Objects.Where(pod => Ownership.KeyOf(pod.Content, "Job") == key && Text(Ownership.ControllerOf(pod.Content), "uid") != found?.Uid));
        if (found is not { } job)
        {
            return null;
        }
        var spec = job.Content["spec"]!;
        if (Text(spec, "completionMode") == "Indexed" || spec["podFailurePolicy"] is not null || spec["successPolicy"] is not null)
        {
            return null;
        }
        var pods = store.ControlledBy(_pods, job);
        if (End(job) is { } end)
        {
            Release(pods);
            return Expire(job, end);
        }
        if (ObjectWriter.IsTerminating(job.Content))
        {
            Release(pods.Where(IsOver));
            return null;
        }
        return Advance(job, pods);
    }

    private DateTimeOffset? Advance(StoredObject job, List<StoredObject> pods)
    {
        var (spec, status, now) = (job.Content["spec"]!, job.Content["status"]!, time.GetUtcNow());
        var over = pods.Where(pod => IsOver(pod) && ObjectWriter.HasFinalizer(pod.Content, TrackingFinalizer)).ToList();
        var active = pods.Where(pod => !IsOver(pod) && !ObjectWriter.IsTerminating(pod.Content)).ToList();
        var terminating = pods.Count(pod => !IsOver(pod) && ObjectWriter.IsTerminating(pod.Content));
        var progress = new JobProgress(
            ((long?)status["succeeded"] ?? 0) + over.Count(pod => Phase(pod) == "Succeeded"), ((long?)status["failed"] ?? 0) + over.Count(pod => Phase(pod) == "Failed"), active.Count);
        var suspended = (bool?)spec["suspend"] == true;
        var started = suspended ? (DateTimeOffset?)null : Ownership.Time(status, "startTime") ?? now;
        var failure = Conditions.IsTrue(job.Content, "FailureTarget") ? Conditions.Find(job.Content, "FailureTarget") is { } told ? (Text(told, "reason"), Text(told, "message")) : default
            : progress.Failure(spec, active, now - started);
        var complete = failure is null && progress.IsComplete(spec);
        DateTimeOffset? again = null;
        if (failure is not null || complete || suspended)
        {
            Delete(active);
            terminating += active.Count;
            active = [];
        }
        else
        {
            again = Earlier(Deadline(spec, started), Supply(job, progress, pods, active, now));
            active = [.. store.ControlledBy(_pods, job).Where(pod => !IsOver(pod) && !ObjectWriter.IsTerminating(pod.Content))];
        }
        // Where nothing holds them, deleted pods are gone already.
        terminating = Math.Min(terminating, store.ControlledBy(_pods, job).Count(pod => !IsOver(pod) && ObjectWriter.IsTerminating(pod.Content)));
        writer.Change(_jobs, job, Manager, "status", updated =>
        {
            var before = updated["status"]!.DeepClone();
            JobStatus.Write(updated, progress with { Active = active.Count }, active.Count(pod => Conditions.IsTrue(pod.Content, "Ready")), terminating, started);
            Suspension(updated, suspended);
            if (complete || failure is not null)
            {
                JobStatus.End(updated, time, failure, isLast: terminating == 0);
            }
            return !JsonNode.DeepEquals(updated["status"], before);
        });
        Release(over);
        return again;
    }

    /// <summary>Makes the pods that are missing, or deletes those that are too many; when to try again while a failure makes it wait.</summary>
    private DateTimeOffset? Supply(StoredObject job, JobProgress progress, List<StoredObject> pods, List<StoredObject> active, DateTimeOffset now)
    {
        var wanted = progress.Wanted(job.Content["spec"]!);
        if (active.Count > wanted)
        {
            Delete(active.Skip((int)wanted));
            return null;
        }
        if (active.Count == wanted)
        {
            return null;
        }
        var failures = pods.Where(pod => Phase(pod) == "Failed").Select(pod => PodStatus.FinishedAt(pod.Content)).OfType<DateTimeOffset>().Order().ToList();
        if (failures.Count > 0)
        {
            var pause = FirstPause * Math.Pow(2, Math.Min(failures.Count, 20) - 1);
            var at = failures[^1] + (pause < LongestPause ? pause : LongestPause);
            if (at > now)
            {
                return at;
            }
        }
        for (var missing = wanted - active.Count; missing > 0; missing--)
        {
            Create(job);
        }
        return null;
    }

    private void Create(StoredObject job)
    {
        var template = job.Content["spec"]!["template"]!;
        var metadata = template["metadata"]?.DeepClone().AsObject() ?? [];
        metadata["generateName"] = $"{job.Name}-";
        metadata["name"] = ObjectNames.Generate($"{job.Name}-");
        metadata["namespace"] = job.Namespace;
        metadata["ownerReferences"] = Ownership.ReferenceTo(_jobs, job);
        metadata["finalizers"] = new JsonArray(TrackingFinalizer);
        writer.Create(
            _pods, new JsonObject { ["apiVersion"] = _pods.ApiVersion, ["kind"] = _pods.Kind, ["metadata"] = metadata, ["spec"] = template["spec"]!.DeepClone() }, Manager);
    }

    private void Delete(IEnumerable<StoredObject> pods)
    {
        foreach (var pod in pods)
        {
            writer.Delete(_pods, pod);
        }
    }

    private void Release(IEnumerable<StoredObject> pods)
    {
        foreach (var pod in pods)
        {
            writer.Release(_pods, pod, Manager, TrackingFinalizer);
        }
    }

    /// <summary>Deletes a finished Job when its time is over; when that is.</summary>
    private DateTimeOffset? Expire(StoredObject job, DateTimeOffset end)
    {
        if ((long?)job.Content["spec"]!["ttlSecondsAfterFinished"] is not { } seconds || ObjectWriter.IsTerminating(job.Content))
        {
            return null;
        }
        var until = end.AddSeconds(seconds);
        if (until > time.GetUtcNow())
        {
            return until;
        }
        writer.Delete(_jobs, job);
        return null;
    }

    private void Suspension(JsonObject job, bool suspended)
    {
        if (suspended)
        {
            Conditions.Set(job, time, "Suspended", holds: true, "JobSuspended", "Job suspended");
        }
        else if (Conditions.IsTrue(job, "Suspended"))
        {
            Conditions.Set(job, time, "Suspended", holds: false, "JobResumed", "Job resumed");
        }
    }

    private static DateTimeOffset? End(StoredObject job) =>
        ((string[])["Complete", "Failed"]).Where(type => Conditions.IsTrue(job.Content, type)).Select(type => Ownership.Time(Conditions.Find(job.Content, type), "lastTransitionTime")).FirstOrDefault();

    private static DateTimeOffset? Deadline(JsonNode spec, DateTimeOffset? started) => (long?)spec["activeDeadlineSeconds"] is { } seconds ? started?.AddSeconds(seconds) : null;

    private static DateTimeOffset? Earlier(DateTimeOffset? one, DateTimeOffset? other) => one is null || other < one ? other ?? one : one;

    private static bool IsOver(StoredObject pod) => Phase(pod) is "Succeeded" or "Failed";

    private static string Phase(StoredObject pod) => Text(pod.Content["status"], "phase");
}
