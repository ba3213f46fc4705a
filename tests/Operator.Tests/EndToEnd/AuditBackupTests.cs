using System.Text.Json.Nodes;
using Comptroller.Crds;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Yaml;
using Comptroller.Operator.Tests.AuditBackups;
using Comptroller.Operator.Tests.Estates;
using Comptroller.Operator.Workloads;

namespace Comptroller.Operator.Tests.EndToEnd;

/// <summary>The operator against a cluster in which nobody runs Jobs.</summary>
public sealed class AuditBackupTests
{
    private static readonly ResourceType Backup = ResourceTypes.AuditBackups;

    [Fact]
    public async Task A_backup_is_rendered_and_its_objects_go_with_what_asked_for_them()
    {
        await using var estate = await Estate.StartAsync();
        await estate.OperateAsync();
        await estate.ApplyAsync(Backups.Document($"retention: {{keepLast: 3}}, {Backups.ToBucket.Replace("auditLog: {claimName: trail}", "nodeAuditLog: {}", StringComparison.Ordinal)}", "evidence", "default"));
        var seen = await UntilAsync(estate, item => item.Says("Ready=True/Succeeded"));
        seen.Says("Protected=False/NoBackup").ShouldBeTrue();
        seen.Says("Verified=Unknown/NotVerified").ShouldBeTrue();
        seen["status"]!["nextRunTime"].ShouldNotBeNull();
        foreach (var (type, name) in new[]
        {
            (RenderedKinds.NetworkPolicies, "evidence-archive"), (RenderedKinds.CronJobs, "evidence-backup"), (RenderedKinds.CronJobs, "evidence-verify"),
            (RenderedKinds.CronJobs, "evidence-prune"), (RenderedKinds.VmRules, "evidence-audit-backup"),
        })
        {
            (await estate.ExistsAsync(type, "default", name)).ShouldBeTrue($"{type.Kind} {name}");
        }

        await estate.MergeAsync(Backup, "default", "evidence", """{"spec": {"retention": null, "alerts": {"enabled": false}, "suspend": true}}""");
        await estate.UntilGoneAsync(RenderedKinds.CronJobs, "default", "evidence-prune");
        await estate.UntilGoneAsync(RenderedKinds.VmRules, "default", "evidence-audit-backup");
        var suspended = await UntilAsync(estate, item => item.Says("Suspended=True/Suspended"));
        suspended["status"]!["nextRunTime"].ShouldBeNull();
        ((bool)(await estate.GetAsync(RenderedKinds.CronJobs, "default", "evidence-backup"))["spec"]!["suspend"]!).ShouldBeTrue();
    }

    [Fact]
    public async Task Of_two_requests_at_once_the_second_waits_for_the_first_and_a_restart_starts_none_again()
    {
        await using var estate = await Estate.StartAsync();
        var run = await estate.OperateAsync();
        var document = Backups.Document($"retryInterval: 1s, {Backups.ToBucket.Replace("auditLog: {claimName: trail}", "nodeAuditLog: {}", StringComparison.Ordinal)}", "evidence", "default");
        document["metadata"]!["annotations"] = new JsonObject { ["reconcile.fluxcd.io/requestedAt"] = "first" };
        await estate.ApplyAsync(document);
        await UntilAsync(estate, item => (string?)item["status"]!["lastHandledReconcileAt"] == "first");

        await estate.MergeAsync(Backup, "default", "evidence", """{"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": "second"}}, "spec": {"bandwidthLimitMBps": 5}}""");
        var waiting = await UntilAsync(estate, item => (int?)item["spec"]!["bandwidthLimitMBps"] == 5);
        ((string)waiting["status"]!["lastHandledReconcileAt"]!).ShouldBe("first");
        (await run.StopAsync()).ShouldBe(0);
        await estate.OperateAsync();
        await estate.MergeAsync(Backup, "default", "evidence", """{"spec": {"bandwidthLimitMBps": 4}}""");
        await UntilAsync(estate, item => (int?)item["spec"]!["bandwidthLimitMBps"] == 4);
        (await estate.Admin.ListAllAsync(KubernetesTypes.UntypedOf(ObservedJob.Type), "default", new ListOptions(), default)).Items.Count.ShouldBe(1);
    }

    [Fact]
    public async Task What_cannot_run_stalls_with_its_field_and_a_missing_volume_is_told()
    {
        await using var estate = await Estate.StartAsync();
        await estate.OperateAsync();
        await estate.ApplyAsync(Backups.Document($"timeZone: Europe/Atlantis, {Backups.Sound}", "evidence", "default"));
        (await UntilAsync(estate, item => item.Says("Stalled=True/InvalidSpec"))).Condition("Ready")!.Message.ShouldContain("spec.timeZone");

        await estate.MergeAsync(Backup, "default", "evidence", """{"spec": {"timeZone": "Etc/UTC", "retryInterval": "1s"}}""");
        (await UntilAsync(estate, item => item.Says("Ready=False/ClaimMissing"))).Condition("Ready")!.Message.ShouldContain("PersistentVolumeClaim trail of spec.sources[0]");
    }

    [Fact]
    public async Task A_missing_Secret_shows_before_the_first_run_and_holds_it_where_the_operator_may_look()
    {
        await using var estate = await Estate.StartAsync();
        await estate.ApplyAsync(YamlReader.ReadAll(File.ReadAllText(Repository.PathOf("deploy", "credentials-check", "role.yaml"))).Select(document => document.Root).OfType<JsonObject>());
        await estate.OperateAsync();
        await estate.ApplyAsync(Backups.Document(Backups.ToBucket, "evidence", "default"));
        var held = await UntilAsync(estate, item => item.Says("Ready=False/CredentialsMissing"));
        held.Condition("Ready")!.Message.ShouldContain("Secret archive-key of spec.signingKeySecretRef does not exist");
        held["status"]!["nextRunTime"].ShouldBeNull();
        ((bool)(await estate.GetAsync(RenderedKinds.CronJobs, "default", "evidence-backup"))["spec"]!["suspend"]!).ShouldBeTrue();
    }

    private static async Task<JsonObject> UntilAsync(Estate estate, Func<JsonObject, bool> holds) =>
        (await estate.UntilAsync(Backup, "default", "evidence", item => item is not null && item.IsObserved() && holds(item)))!;
}
