using System.Globalization;
using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Model;
using Comptroller.Sandbox.Controllers;
using Comptroller.Sandbox.Kinds;
using Comptroller.Sandbox.Requests;
using Comptroller.Sandbox.Resources;
using Comptroller.Sandbox.Storage;
using static Comptroller.Sandbox.Resources.JsonReading;

namespace Comptroller.Sandbox.Workloads;

/// <summary>Makes a Job whenever a CronJob's schedule fires, and deletes finished ones beyond the history limits.</summary>
internal sealed class CronJobController(ObjectStore store, ResourceCatalog catalog, ObjectWriter writer, TimeProvider time) : IController
{
    private const string Manager = "kube-controller-manager";

    private readonly ServedResource _cronJobs = catalog.Find("batch", "v1", "cronjobs")!;
    private readonly ServedResource _jobs = catalog.Find("batch", "v1", "jobs")!;

    public Task RunAsync(CancellationToken cancellationToken) =>
        new SyncLoop(store, time, item => Ownership.KeyOf(item, "CronJob"), Sync).RunAsync(() => store.Snapshot(_cronJobs.Storage).Objects, cancellationToken);

    private DateTimeOffset? Sync(ObjectKey key)
    {
        if (store.Get(_cronJobs.Storage, key.Namespace, key.Name) is not { } cronJob)
        {
            return null;
        }
        var jobs = store.ControlledBy(_jobs, cronJob);
        Observe(cronJob, jobs);
        DeleteOld(cronJob.Content["spec"]!, jobs);
        // What was just written is read again: the schedule is held against it.
        return store.Get(_cronJobs.Storage, key.Namespace, key.Name) is { } newest && newest.Uid == cronJob.Uid && !ObjectWriter.IsTerminating(newest.Content)
            ? Fire(newest, jobs) : null;
    }

    /// <summary>Tells in the status which of its Jobs are at work, and when the last one succeeded.</summary>
    private void Observe(StoredObject cronJob, List<StoredObject> jobs) => writer.Change(_cronJobs, cronJob, Manager, "status", updated =>
    {
        var status = updated["status"]!.AsObject();
        var changed = false;
        foreach (var reference in (status["active"] as JsonArray ?? []).ToList())
        {
            if (jobs.Find(job => job.Uid == Text(reference, "uid")) is not { } job || IsFinished(job))
            {
                status["active"]!.AsArray().Remove(reference);
                changed = true;
            }
        }
        if (status["active"] is JsonArray { Count: 0 })
        {
            status.Remove("active");
        }
        foreach (var completed in jobs.Select(job => Ownership.Time(job.Content["status"], "completionTime")).OfType<DateTimeOffset>())
        {
            if (Ownership.Time(status, "lastSuccessfulTime") is not { } known || completed > known)
            {
                status["lastSuccessfulTime"] = Times.Format(completed);
                changed = true;
            }
        }
        return changed;
    });

    private void DeleteOld(JsonNode spec, List<StoredObject> jobs)
    {
        foreach (var (condition, limit) in new[] { ("Complete", (long?)spec["successfulJobsHistoryLimit"]), ("Failed", (long?)spec["failedJobsHistoryLimit"]) })
        {
            var finished = jobs.Where(job => Conditions.IsTrue(job.Content, condition)).OrderByDescending(job => Ownership.Time(job.Content["status"], "startTime")).ThenByDescending(job => job.Name, StringComparer.Ordinal);
            foreach (var job in limit is { } keep ? finished.Skip((int)keep) : [])
            {
                writer.Delete(_jobs, job);
            }
        }
    }

    /// <summary>Makes the Job that is due; when to look again.</summary>
    private DateTimeOffset? Fire(StoredObject cronJob, List<StoredObject> jobs)
    {
        var (spec, status) = (cronJob.Content["spec"]!, cronJob.Content["status"]!);
        var zone = TimeZoneInfo.FindSystemTimeZoneById(Text(spec, "timeZone") is { Length: > 0 } named ? named : "Etc/UTC");
        if ((bool?)spec["suspend"] == true || !CronJobSchedule.TryParse(Text(spec, "schedule"), out var schedule, out _))
        {
            return null;
        }
        var now = time.GetUtcNow();
        var deadline = (long?)spec["startingDeadlineSeconds"] is { } seconds ? TimeSpan.FromSeconds(seconds) : (TimeSpan?)null;
        var since = Ownership.Time(status, "lastScheduleTime") ?? Ownership.Time(cronJob.Content["metadata"], "creationTimestamp")!.Value;
        if (deadline is { } late && now - late > since)
        {
            since = now - late;
        }
        var next = schedule.Next(now, zone);
        if (LastBetween(schedule, since, now, zone) is not { } due)
        {
            return next;
        }
        var active = jobs.Where(job => (status["active"] as JsonArray ?? []).Any(reference => Text(reference, "uid") == job.Uid)).ToList();
        switch (Text(spec, "concurrencyPolicy"))
        {
            case "Forbid" when active.Count > 0:
                return next;
            case "Replace":
                foreach (var job in active)
                {
                    writer.Delete(_jobs, job);
                }
                break;
        }
        if (Create(cronJob, due, zone) is { } created)
        {
            Note(cronJob, due, created);
        }
        return next;
    }

    /// <summary>The last firing in a time, its end included. Earlier ones that were missed are skipped, as the real controller does.</summary>
    private static DateTimeOffset? LastBetween(CronJobSchedule schedule, DateTimeOffset since, DateTimeOffset until, TimeZoneInfo zone)
    {
        // From ever closer before the end, so that a year of missed minutes costs a few steps.
        for (var back = TimeSpan.FromMinutes(2); ; back *= 4)
        {
            var from = until - since <= back ? since : until - back;
            DateTimeOffset? last = null;
            for (var next = schedule.Next(from, zone); next is { } found && found <= until; next = schedule.Next(found, zone))
            {
                last = found;
            }
            if (last is not null || from == since)
            {
                return last;
            }
        }
    }

    private StoredObject? Create(StoredObject cronJob, DateTimeOffset due, TimeZoneInfo zone)
    {
        var template = cronJob.Content["spec"]!["jobTemplate"]!;
        // One name per firing: the same one is never started twice.
        var name = $"{cronJob.Name}-{due.ToUnixTimeSeconds() / 60}";
        var metadata = new JsonObject { ["name"] = name, ["namespace"] = cronJob.Namespace };
        if (template["metadata"]?["labels"] is { } labels)
        {
            metadata["labels"] = labels.DeepClone();
        }
        var annotations = template["metadata"]?["annotations"]?.DeepClone().AsObject() ?? [];
        annotations["batch.kubernetes.io/cronjob-scheduled-timestamp"] = TimeZoneInfo.ConvertTime(due, zone).ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture).Replace("+00:00", "Z", StringComparison.Ordinal);
        metadata["annotations"] = annotations;
        metadata["ownerReferences"] = Ownership.ReferenceTo(_cronJobs, cronJob);
        writer.Create(
            _jobs, new JsonObject { ["apiVersion"] = _jobs.ApiVersion, ["kind"] = _jobs.Kind, ["metadata"] = metadata, ["spec"] = template["spec"]!.DeepClone() }, Manager);
        return store.Get(_jobs.Storage, cronJob.Namespace, name) is { } created && Text(Ownership.ControllerOf(created.Content), "uid") == cronJob.Uid ? created : null;
    }

    private void Note(StoredObject cronJob, DateTimeOffset due, StoredObject job) => writer.Change(_cronJobs, cronJob, Manager, "status", updated =>
    {
        var status = updated["status"]!.AsObject();
        status["lastScheduleTime"] = Times.Format(due);
        if (status["active"] is not JsonArray active)
        {
            status["active"] = active = [];
        }
        if (!IsFinished(job))
        {
            active.Add((JsonNode)new JsonObject
            {
                ["kind"] = _jobs.Kind,
                ["namespace"] = job.Namespace,
                ["name"] = job.Name,
                ["uid"] = job.Uid,
                ["apiVersion"] = _jobs.ApiVersion,
                ["resourceVersion"] = Text(job.Content["metadata"], "resourceVersion"),
            });
        }
        return true;
    });

    private static bool IsFinished(StoredObject job) => Conditions.IsTrue(job.Content, "Complete") || Conditions.IsTrue(job.Content, "Failed");
}
