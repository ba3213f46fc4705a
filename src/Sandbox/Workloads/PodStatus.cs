using System.Text.Json.Nodes;
using Comptroller.Sandbox.Kinds;
using Comptroller.Sandbox.Requests;
using static Comptroller.Sandbox.Resources.JsonReading;

namespace Comptroller.Sandbox.Workloads;

/// <summary>The status of Pods with one container, as scheduler and kubelet write it. Each function tells whether anything changed.</summary>
internal static class PodStatus
{
    /// <summary>Pods have this address: there is no network of their own.</summary>
    public const string Address = "127.0.0.1";

    public static bool Unschedulable(JsonObject pod, TimeProvider time, string message)
    {
        if (Text(Conditions.Find(pod, "PodScheduled"), "message") == message)
        {
            return false;
        }
        Conditions.Set(pod, time, "PodScheduled", holds: false, "Unschedulable", message);
        return true;
    }

    /// <summary>The container cannot be started now, or not yet.</summary>
    public static bool Waiting(JsonObject pod, TimeProvider time, string reason, string message)
    {
        var waiting = new JsonObject { ["reason"] = reason };
        if (message.Length > 0)
        {
            waiting["message"] = message;
        }
        var container = Container(pod);
        if (JsonNode.DeepEquals(container["state"]?["waiting"], waiting))
        {
            return false;
        }
        (container["ready"], container["started"]) = (false, false);
        container["state"] = new JsonObject { ["waiting"] = waiting };
        Scheduled(pod, time);
        Readiness(pod, time, ready: false, "ContainersNotReady", $"containers with unready status: [{Text(container, "name")}]");
        return true;
    }

    public static bool Running(JsonObject pod, TimeProvider time)
    {
        var (status, container) = (pod["status"]!.AsObject(), Container(pod));
        status["phase"] = "Running";
        status["podIP"] = Address;
        status["podIPs"] = new JsonArray(new JsonObject { ["ip"] = Address });
        (container["ready"], container["started"]) = (true, true);
        container["state"] = new JsonObject { ["running"] = new JsonObject { ["startedAt"] = Times.Format(time.GetUtcNow()) } };
        Scheduled(pod, time);
        Readiness(pod, time, ready: true, "", "");
        return true;
    }

    /// <summary>The container has ended. It is started again, after a pause, where the pod's restartPolicy wants that.</summary>
    /// <param name="started">When the container started; null when it never did.</param>
    /// <param name="message">The termination message.</param>
    public static bool Ended(JsonObject pod, TimeProvider time, int exitCode, DateTimeOffset? started, string message)
    {
        var (status, container) = (pod["status"]!.AsObject(), Container(pod));
        var now = Times.Format(time.GetUtcNow());
        var terminated = new JsonObject { ["exitCode"] = (long)exitCode, ["reason"] = exitCode == 0 ? "Completed" : "Error", ["startedAt"] = started is { } at ? Times.Format(at) : now, ["finishedAt"] = now };
        if (message.Length > 0)
        {
            terminated["message"] = message;
        }
        (container["ready"], container["started"]) = (false, false);
        if (IsStartedAgain(pod, exitCode))
        {
            container["restartCount"] = ((long?)container["restartCount"] ?? 0) + 1;
            container["lastState"] = new JsonObject { ["terminated"] = terminated };
            return Waiting(pod, time, "CrashLoopBackOff", $"back-off restarting failed container={Text(container, "name")} pod={Text(pod["metadata"], "name")}");
        }
        container["state"] = new JsonObject { ["terminated"] = terminated };
        status["phase"] = exitCode == 0 ? "Succeeded" : "Failed";
        Readiness(pod, time, ready: false, exitCode == 0 ? "PodCompleted" : "PodFailed", "");
        return true;
    }

    /// <summary>When the container ended, of a pod that is over; null for others.</summary>
    public static DateTimeOffset? FinishedAt(JsonObject pod) => Ownership.Time(Status(pod)?["state"]?["terminated"], "finishedAt");

    /// <summary>When the container ended the last time, and how often it did; null when it is in its first life.</summary>
    public static (DateTimeOffset At, long Restarts)? Restart(JsonObject pod) =>
        Ownership.Time(Status(pod)?["lastState"]?["terminated"], "finishedAt") is { } at ? (at, (long?)Status(pod)!["restartCount"] ?? 0) : null;

    private static bool IsStartedAgain(JsonObject pod, int exitCode) =>
        pod["metadata"]!["deletionTimestamp"] is null && Text(pod["spec"], "restartPolicy") switch { "Always" => true, "OnFailure" => exitCode != 0, _ => false };

    private static void Scheduled(JsonObject pod, TimeProvider time)
    {
        pod["status"]!["startTime"] ??= Times.Format(time.GetUtcNow());
        Set(pod, time, "PodScheduled", holds: true, "", "");
        Set(pod, time, "Initialized", holds: true, "", "");
    }

    private static void Readiness(JsonObject pod, TimeProvider time, bool ready, string reason, string message)
    {
        Set(pod, time, "Ready", ready, reason, message);
        Set(pod, time, "ContainersReady", ready, reason, message);
    }

    private static void Set(JsonObject pod, TimeProvider time, string type, bool holds, string reason, string message)
    {
        Conditions.Set(pod, time, type, holds, reason, message);
        var condition = Conditions.Find(pod, type)!;
        condition["lastProbeTime"] = null;
        foreach (var field in ((string[])["reason", "message"]).Where(field => Text(condition, field).Length == 0))
        {
            condition.Remove(field);
        }
    }

    private static JsonNode? Status(JsonObject pod) => (pod["status"]?["containerStatuses"] as JsonArray ?? []).FirstOrDefault();

    private static JsonObject Container(JsonObject pod)
    {
        var status = pod["status"]!.AsObject();
        if (status["containerStatuses"] is JsonArray { Count: > 0 } known)
        {
            return known[0]!.AsObject();
        }
        var container = pod["spec"]!["containers"]![0]!;
        var created = new JsonObject
        {
            ["name"] = Text(container, "name"),
            ["image"] = Text(container, "image"),
            ["imageID"] = "",
            ["ready"] = false,
            ["started"] = false,
            ["restartCount"] = 0L,
            ["state"] = new JsonObject(),
            ["lastState"] = new JsonObject(),
        };
        status["containerStatuses"] = new JsonArray(created);
        return created;
    }
}
