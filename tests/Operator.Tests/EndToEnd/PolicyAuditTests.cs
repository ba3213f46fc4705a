using System.Text.Json.Nodes;
using Comptroller.Crds;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Model;
using Comptroller.Operator.Tests.Estates;
using Comptroller.Operator.Tests.PolicyAuditSchedules;
using Comptroller.Operator.Workloads;

namespace Comptroller.Operator.Tests.EndToEnd;

/// <summary>The operator against a cluster in which the test is kubelet and Job controller.</summary>
public sealed class PolicyAuditTests
{
    private static readonly ResourceType Schedule = ResourceTypes.PolicyAuditSchedules;

    [Fact]
    public async Task A_schedule_is_rendered_and_its_objects_go_with_what_asked_for_them()
    {
        await using var estate = await Estate.StartAsync();
        await estate.OperateAsync();
        await estate.ApplyAsync(Schedules.Document($"{{schedules: {{cleanup: \"@daily\"}}, {Schedules.Sound}}}", "tenant", "default"));
        var seen = await UntilAsync(estate, item => item.Says("Ready=True/Succeeded"));
        seen.Says("Compliant=Unknown/NoCompleteRun").ShouldBeTrue();
        seen["status"]!["nextRunTime"].ShouldNotBeNull();
        foreach (var (type, name) in new[]
        {
            (RenderedKinds.ConfigMaps, "tenant-config"), (RenderedKinds.VolumeClaims, "tenant-data"), (RenderedKinds.NetworkPolicies, "tenant-audit"),
            (RenderedKinds.CronJobs, "tenant-audit"), (RenderedKinds.CronJobs, "tenant-cleanup"), (RenderedKinds.VmRules, "tenant-policy-audit"),
        })
        {
            (await estate.ExistsAsync(type, "default", name)).ShouldBeTrue($"{type.Kind} {name}");
        }

        await estate.ApplyAsync(Schedules.Document($"{{mode: Daemon, alerts: {{enabled: false}}, {Schedules.Sound}}}", "tenant", "default"));
        await estate.UntilGoneAsync(RenderedKinds.CronJobs, "default", "tenant-audit");
        await estate.UntilGoneAsync(RenderedKinds.VmRules, "default", "tenant-policy-audit");
        await UntilAsync(estate, item => item.Says("Ready=False/DaemonNotReady"));
        (await estate.ExistsAsync(RenderedKinds.Deployments, "default", "tenant-daemon")).ShouldBeTrue();
    }

    [Fact]
    public async Task A_request_starts_one_run_and_its_result_arrives_by_the_termination_message()
    {
        await using var estate = await Estate.StartAsync();
        var run = await estate.OperateAsync();
        var document = Schedules.Document(Schedules.Sound, "tenant", "default");
        document["metadata"]!["annotations"] = new JsonObject { ["reconcile.fluxcd.io/requestedAt"] = "now" };
        await estate.ApplyAsync(document);
        var asked = await UntilAsync(estate, item => (string?)item["status"]?["lastHandledReconcileAt"] == "now");
        var job = (await estate.Admin.ListAllAsync(KubernetesTypes.UntypedOf(ObservedJob.Type), "default", new ListOptions(), default)).Items.ShouldHaveSingleItem();

        await EndAsync(estate, job, """{"version":1,"outcome":"Complete","score":91.5,"hosts":12,"apiCalls":9,"policies":[{"type":"firewall","passed":1,"failed":1}]}""");
        var seen = await UntilAsync(estate, item => item.Says("Compliant=True/ScoreMet"));
        ((int)seen["status"]!["audit"]!["score"]!).ShouldBe(91);
        ((string)seen["status"]!["lastRun"]!["name"]!).ShouldBe((string)job["metadata"]!["name"]!);
        seen.Condition("Ready")!.Message.ShouldContain("91 %");
        asked["status"]!["audit"].ShouldBeNull();

        // Another start finds the request handled and the run counted.
        (await run.StopAsync()).ShouldBe(0);
        await estate.OperateAsync();
        await estate.MergeAsync(Schedule, "default", "tenant", """{"spec": {"thresholds": {"minScore": 95}}}""");
        seen = await UntilAsync(estate, item => item.Says("Compliant=False/BelowThreshold"));
        ((int)seen["status"]!["runs"]!).ShouldBe(1);
        (await estate.Admin.ListAllAsync(KubernetesTypes.UntypedOf(ObservedJob.Type), "default", new ListOptions(), default)).Items.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_pod_that_only_carries_the_label_says_nothing()
    {
        await using var estate = await Estate.StartAsync();
        var run = await estate.OperateAsync();
        await estate.ApplyAsync(Schedules.Document(Schedules.Sound, "tenant", "default"));
        await UntilAsync(estate, item => item.Says("Ready=True/Succeeded"));
        var forged = (JsonObject)JsonNode.Parse(
            """
            {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "forged", "namespace": "default", "labels": {"comptroller.dev/policy-audit": "tenant"}},
             "spec": {"template": {"metadata": {"labels": {"comptroller.dev/policy-audit": "tenant"}}, "spec": {"restartPolicy": "Never", "containers": [{"name": "audit", "image": "a"}]}}}}
            """)!;
        var job = await estate.Admin.CreateAsync(KubernetesTypes.UntypedOf(ObservedJob.Type), "default", forged, "test", default);
        await EndAsync(estate, job, """{"version":1,"outcome":"Complete","score":100}""");
        await estate.MergeAsync(Schedule, "default", "tenant", """{"spec": {"thresholds": {"minScore": 95}}}""");
        var seen = await UntilAsync(estate, item => item.IsObserved() && (int?)item["spec"]!["thresholds"]?["minScore"] == 95);
        seen.Says("Compliant=Unknown/NoCompleteRun").ShouldBeTrue(run.Log.ToString());
        seen["status"]!["lastRun"].ShouldBeNull();
    }

    [Fact]
    public async Task A_spec_that_cannot_run_stalls_and_a_missing_grading_file_waits()
    {
        await using var estate = await Estate.StartAsync();
        await estate.OperateAsync();
        await estate.ApplyAsync(Schedules.Document($"{{timeZone: Europe/Atlantis, {Schedules.Sound}}}", "tenant", "default"));
        (await UntilAsync(estate, item => item.Says("Stalled=True/InvalidSpec"))).Condition("Ready")!.Message.ShouldContain("spec.timeZone");

        await estate.ApplyAsync(Schedules.Document($"{{gradingConfigMapRef: {{name: grading}}, retryInterval: 1s, {Schedules.Sound}}}", "tenant", "default"));
        await UntilAsync(estate, item => item.Says("Ready=False/GradingMissing"));
        ((bool)(await estate.GetAsync(RenderedKinds.CronJobs, "default", "tenant-audit"))["spec"]!["suspend"]!).ShouldBeTrue();
        await estate.ApplyAsync(new JsonObject { ["apiVersion"] = "v1", ["kind"] = "ConfigMap", ["metadata"] = new JsonObject { ["name"] = "grading", ["namespace"] = "default" } });
        await UntilAsync(estate, item => item.Says("Ready=True/Succeeded"));
        ((bool?)(await estate.GetAsync(RenderedKinds.CronJobs, "default", "tenant-audit"))["spec"]!["suspend"] ?? false).ShouldBeFalse();
    }

    private static async Task<JsonObject> UntilAsync(Estate estate, Func<JsonObject, bool> holds) =>
        (await estate.UntilAsync(Schedule, "default", "tenant", item => item is not null && item.IsObserved() && holds(item)))!;

    /// <summary>What kubelet and Job controller write when a run ends.</summary>
    private static async Task EndAsync(Estate estate, JsonObject job, string message)
    {
        var (name, uid) = ((string)job["metadata"]!["name"]!, (string)job["metadata"]!["uid"]!);
        var template = job["spec"]!["template"]!;
        await estate.Admin.CreateAsync(
            KubernetesTypes.UntypedOf(ObservedPod.Type), "default",
            new JsonObject
            {
                ["apiVersion"] = "v1",
                ["kind"] = "Pod",
                ["metadata"] = new JsonObject
                {
                    ["name"] = $"{name}-x",
                    ["labels"] = template["metadata"]!["labels"]!.DeepClone(),
                    ["ownerReferences"] = new JsonArray(new JsonObject { ["apiVersion"] = "batch/v1", ["kind"] = "Job", ["name"] = name, ["uid"] = uid, ["controller"] = true }),
                },
                ["spec"] = template["spec"]!.DeepClone(),
            },
            "kubelet", default);
        var pod = (JsonObject)JsonNode.Parse(
            $$"""
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "{{name}}-x"},
             "status": {"phase": "Succeeded", "containerStatuses": [{
               "name": "audit", "ready": false, "restartCount": 0, "image": "a", "imageID": "a",
               "state": {"terminated": {"exitCode": 0, "reason": "Completed", "startedAt": "2026-03-01T10:00:00Z", "finishedAt": "2026-03-01T10:01:00Z"} }
             }]} }
            """)!;
        pod["status"]!["containerStatuses"]![0]!["state"]!["terminated"]!["message"] = message;
        await estate.Admin.ApplyAsync(
            KubernetesTypes.UntypedOf(ObservedPod.Type), "default", $"{name}-x", pod, new ApplyOptions("kubelet", Force: true, Subresource: "status"), default);
        var now = DateTimeOffset.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
        var over = (JsonObject)JsonNode.Parse(
            $$"""
            {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "{{name}}"},
             "status": {"startTime": "{{now}}", "completionTime": "{{now}}", "succeeded": 1,
               "conditions": [{"type": "Complete", "status": "True", "lastTransitionTime": "{{now}}", "lastProbeTime": "{{now}}"}]} }
            """)!;
        await estate.Admin.ApplyAsync(
            KubernetesTypes.UntypedOf(ObservedJob.Type), "default", name, over, new ApplyOptions("job-controller", Force: true, Subresource: "status"), default);
    }
}
