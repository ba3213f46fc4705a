using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Comptroller.Crds;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Model;
using Comptroller.Operator.Tests.AuditBackups;
using Comptroller.Operator.Tests.Estates;
using Comptroller.Operator.Workloads;
using Comptroller.Sandbox;
using Comptroller.Sandbox.Try;
using Comptroller.Sandbox.Workloads;

namespace Comptroller.Operator.Tests.EndToEnd;

/// <summary>Everything in its place: operator, CronJobs, Jobs, and the verbs of the archive as processes on directories that stand for volumes.</summary>
public sealed class AuditBackupRunTests : IAsyncLifetime
{
    private static readonly ResourceType Backup = ResourceTypes.AuditBackups;

    private readonly CronClock _cron = new();
    private Estate _estate = null!;

    public async Task InitializeAsync()
    {
        _estate = await Estate.StartAsync(new SandboxOptions { Workloads = new WorkloadOptions { CronTime = _cron } });
        await _estate.ApplyAsync(Claim("trail"), Claim("archive"), Claim("back"), SigningKey(), WritingJob());
        await _estate.UntilAsync(ObservedJob.Type, "default", "writer", job => job?["status"]?["completionTime"] is not null);
    }

    public async Task DisposeAsync() => await _estate.DisposeAsync();

    [Fact]
    public async Task A_backup_is_made_proved_repeated_by_schedule_and_restored_when_somebody_asks()
    {
        await _estate.OperateAsync();
        await ApplyAsync($"restore: {{claimName: back}}, {Backups.Sound}", request: "now");
        var proved = await UntilAsync(item => item.Says("Protected=True/Protected"));
        proved.Says("Ready=True/Succeeded").ShouldBeTrue();
        proved.Says("Verified=True/Proved").ShouldBeTrue();
        var status = proved["status"]!;
        ((string)status["lastHandledReconcileAt"]!).ShouldBe("now");
        ((long)status["lastBackup"]!["number"]!).ShouldBe(1);
        ((long)status["lastBackup"]!["bytes"]!).ShouldBeGreaterThan(0);
        ((string)status["lastBackup"]!["rootHash"]!).Length.ShouldBe(64);
        ((string)status["lastBackup"]!["rootHash"]!).ShouldBe((string)status["lastVerification"]!["rootHash"]!);
        ((long)status["lastVerification"]!["restoredFiles"]!).ShouldBe((long)status["lastBackup"]!["files"]!);
        ((bool)status["chainIntact"]!).ShouldBeTrue();
        ((bool)status["locationAvailable"]!).ShouldBeTrue();
        status["recoverableFrom"].ShouldNotBeNull();

        // By schedule, and content that has not changed is not sent again.
        _cron.PutForwardTo((DateTimeOffset)status["nextRunTime"]!);
        var second = await UntilAsync(item => (long?)item["status"]!["lastBackup"]!["number"] == 2);
        ((string)second["status"]!["lastRun"]!["name"]!).ShouldStartWith("evidence-backup-");
        ((long?)second["status"]!["lastBackup"]!["sentBytes"] ?? 0).ShouldBe(0);

        await RestoreAsync("1");
        var restored = await UntilAsync(item => (string?)item["status"]!["lastRestore"]?["outcome"] == "Succeeded");
        ((string)restored["status"]!["lastHandledRestore"]!).ShouldBe("1");
        ((long)restored["status"]!["lastRestore"]!["number"]!).ShouldBe(1);
        ((long)restored["status"]!["lastRestore"]!["restoredFiles"]!).ShouldBe((long)status["lastBackup"]!["files"]!);

        await RestoreAsync("yesterday");
        var refused = await UntilAsync(item => (string?)item["status"]!["lastHandledRestore"] == "yesterday");
        ((string)refused["status"]!["lastRestore"]!["message"]!).ShouldContain("neither latest");
        (await JobsAsync()).Count(name => name.StartsWith("evidence-restore-", StringComparison.Ordinal)).ShouldBe(1, "one request, one restore");
        refused.ToJsonString().ShouldNotContain("PRIVATE KEY");
    }

    [Fact]
    public async Task A_backup_that_fails_says_why_and_the_next_one_that_does_not_ends_it()
    {
        await _estate.OperateAsync();
        await ApplyAsync(Backups.Sound.Replace("{claimName: trail}", "{claimName: trail, directory: nowhere}", StringComparison.Ordinal), request: "first");
        var failed = await UntilAsync(item => (int?)item["status"]!["consecutiveFailures"] == 1);
        failed.Says("Ready=True/Succeeded").ShouldBeTrue("that a run fails keeps none from starting");
        failed.Says("Protected=False/NoBackup").ShouldBeTrue();
        failed.Condition("Ready")!.Message.ShouldContain("no such file or directory");

        await ApplyAsync(Backups.Sound, request: "second");
        var made = await UntilAsync(item => item.Says("Protected=True/Protected"));
        ((int?)made["status"]!["consecutiveFailures"] ?? 0).ShouldBe(0);
        ((int)made["status"]!["failedRuns"]!).ShouldBe(1);
    }

    private Task ApplyAsync(string spec, string request)
    {
        var document = Backups.Document(spec, "evidence", "default");
        document["metadata"]!["annotations"] = new JsonObject { ["reconcile.fluxcd.io/requestedAt"] = request };
        return _estate.ApplyAsync(document);
    }

    private Task RestoreAsync(string what) => _estate.MergeAsync(Backup, "default", "evidence", $$"""{"metadata": {"annotations": {"comptroller.dev/restore": "{{what}}"} } }""");

    private async Task<List<string>> JobsAsync() =>
        [.. (await _estate.Admin.ListAllAsync(KubernetesTypes.UntypedOf(ObservedJob.Type), "default", new ListOptions(), default)).Items.Select(job => (string)job["metadata"]!["name"]!)];

    private async Task<JsonObject> UntilAsync(Func<JsonObject, bool> holds) =>
        (await _estate.UntilAsync(Backup, "default", "evidence", item => item is not null && item.IsObserved() && holds(item)))!;

    private static JsonObject Claim(string name) => (JsonObject)JsonNode.Parse(
        $$"""{"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "{{name}}", "namespace": "default"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"} } } }""")!;

    private static JsonObject SigningKey()
    {
        using var pair = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Secret",
            ["metadata"] = new JsonObject { ["name"] = "archive-key", ["namespace"] = "default" },
            ["stringData"] = new JsonObject { ["archive.pem"] = pair.ExportPkcs8PrivateKeyPem() },
        };
    }

    /// <summary>Writes one event to the log that is backed up.</summary>
    private static JsonObject WritingJob() => (JsonObject)JsonNode.Parse(
        """
        {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "writer", "namespace": "default"}, "spec": {"template": {"spec": {
          "restartPolicy": "Never", "volumes": [{"name": "trail", "persistentVolumeClaim": {"claimName": "trail"}}],
          "containers": [{"name": "writer", "image": "comptroller:dev", "args": ["archive", "append", "--log-file", "/trail/audit.log", "--type", "policy_updated", "--actor", "alice"],
            "volumeMounts": [{"name": "trail", "mountPath": "/trail"}]}]
        }}}}
        """)!;
}
