using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Comptroller.Archive.Evidence;
using Comptroller.Archive.Tests.Objects;
using Comptroller.Archive.Tests.Testing;
using Comptroller.Crds.AuditBackups;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Yaml;
using Comptroller.Operator.AuditBackups;
using Comptroller.Operator.AuditBackups.Rendering;
using Comptroller.Operator.AuditBackups.Runs;
using Comptroller.Operator.Tests.Estates;
using Comptroller.Operator.Tests.Verbs.Archive;
using Comptroller.Operator.Workloads;
using Comptroller.Sandbox.Http;
using Microsoft.Data.Sqlite;

namespace Comptroller.Operator.Tests.AuditBackups;

/// <summary>
/// What is rendered, run: each CronJob's pod as a process with its own arguments, variables, keys and volumes, against Ceph's gateway, Azure's emulator,
/// the fake of Google's store and a directory. From what the runs hand back comes the status that the operator would write.
/// </summary>
[Collection(SharedGateway.Name)]
public sealed class RenderedPodTests(RadosGateway gateway, Azurite azurite) : IClassFixture<Azurite>, IDisposable
{
    private const string Key = "signingKeySecretRef: {name: archive-key, key: archive.pem}";
    private static readonly string[] Nearby = ["--allow-local-endpoint"];

    private readonly TemporaryDirectory _directory = new();
    private PodProcess? _pods;

    private PodProcess Pods => _pods ??= Prepare();

    public void Dispose() => _directory.Dispose();

    [RadosFact]
    public async Task Nodes_to_S3_each_under_its_own_stream_and_one_that_is_gone_is_still_proved_and_pruned()
    {
        await using var bucket = await gateway.StoreAsync(locked: true);
        (Pods.Secrets["s3/access_key_id"], Pods.Secrets["s3/secret_access_key"]) = ("AUDITKEY", "AUDITSECRET");
        var resource = Backups.Of(
            $"stream: prod, sources: [{{name: api, nodeAuditLog: {{nodes: 2}}}}], destination: {{s3: {{bucket: {bucket.Location.Split('/')[2]}, prefix: estate, endpoint: \"{Plain(gateway.Endpoint)}\", allowHTTP: true, credentialsSecretRef: {{name: s3}}}}}}, "
            + $"objectLock: {{mode: Governance, days: 1}}, retention: {{keepLast: 1}}, restore: {{claimName: back}}, {Key}");
        foreach (var node in new[] { "cp-1", "cp-2", "old" })
        {
            Write(Pods.Volume($"{node}/var/log/kubernetes/audit"), "audit.log", node);
        }

        // The node called old was there once.
        (await Pods.RunAsync(PodOf(resource, BackupTask.Backup), "old", Nearby)).Result.Success.ShouldBeTrue();
        var status = await RunAsync(resource, new AuditBackupStatus(), BackupTask.Backup, ["cp-1", "cp-2"], Nearby);
        status.LastBackup!.Streams!.Select(stream => stream.Name).ShouldBe(["prod.cp-1", "prod.cp-2"]);
        status.LastBackup.LockedUntil.ShouldNotBeNull();
        status = await RunAsync(resource, status, BackupTask.Digest, ["anywhere"], Nearby);
        status = await RunAsync(resource, status, BackupTask.Verify, ["anywhere"], Nearby);
        (status.LastVerification!.Files, status.LastVerification.RestoredFiles, status.LastVerification.LocksHold, status.ChainIntact).ShouldBe((3, 3, true, true));
        status.DigestsUntil.ShouldNotBeNull();
        status = await RunAsync(resource, status, BackupTask.Prune, ["anywhere"], Nearby);
        status.LastPrune!.Deleted.ShouldBe(0, "there is one of each");
        Says(resource, status).ShouldContain("Protected=True/Protected");

        await RestoreAsync(resource, "old/latest", Nearby);
        Directory.GetFiles(Pods.Volume("back"), "audit.log", SearchOption.AllDirectories).ShouldHaveSingleItem();
        (await File.ReadAllTextAsync(Directory.GetFiles(Pods.Volume("back"), "audit.log", SearchOption.AllDirectories)[0])).ShouldContain("\"old\"");
    }

    [AzuriteFact]
    public async Task Reports_and_databases_of_volumes_to_Azure_encrypted()
    {
        await using var container = await azurite.StoreAsync();
        using var recipient = RSA.Create(2048);
        Pods.Secrets["azure/key"] = Azurite.Key;
        (Pods.Secrets["recipient/public.pem"], Pods.Secrets["recipient/private.pem"]) = (recipient.ExportSubjectPublicKeyInfoPem(), recipient.ExportPkcs8PrivateKeyPem());
        var resource = Backups.Of(
            "sources: [{name: reports, pvc: {claimName: falcon-data, path: reports}}, {name: drift, sqlite: {claimName: drift-data, path: drift.db}}], "
            + $"destination: {{azureBlob: {{account: {Azurite.Account}, container: {container.Location.Split('/')[3]}, prefix: estate, endpoint: \"{Plain(azurite.Endpoint)}\", allowHTTP: true, accountKeySecretRef: {{name: azure, key: key}}}}}}, "
            + $"encryption: {{publicKeySecretRef: {{name: recipient, key: public.pem}}, privateKeySecretRef: {{name: recipient, key: private.pem}}}}, retention: {{maxAgeDays: 30}}, restore: {{claimName: back}}, {Key}");
        Write(Path.Combine(Pods.Volume("falcon-data"), "reports"), "2026-11-21.json", "report");
        await using var writer = new SqliteConnection($"Data Source={Path.Combine(Pods.Volume("drift-data"), "drift.db")};Pooling=False");
        await writer.OpenAsync();
        await using var command = writer.CreateCommand();
        command.CommandText = "PRAGMA journal_mode = WAL; CREATE TABLE drift (id INT); INSERT INTO drift VALUES (7)";
        await command.ExecuteNonQueryAsync();

        var status = await RoundAsync(resource, Nearby);
        (status.LastBackup!.Files, status.LastVerification!.RestoredFiles).ShouldBe((2, 2));
        await RestoreAsync(resource, "latest", Nearby);
        var back = Directory.GetFiles(Pods.Volume("back"), "*", SearchOption.AllDirectories);
        await using var restored = new SqliteConnection($"Data Source={back.Single(path => path.EndsWith("drift.db", StringComparison.Ordinal))};Pooling=False");
        await restored.OpenAsync();
        await using var query = restored.CreateCommand();
        query.CommandText = "SELECT id FROM drift";
        (await query.ExecuteScalarAsync()).ShouldBe(7L);
    }

    [Fact]
    public async Task A_trail_and_VictoriaLogs_to_Google_with_Brotli_and_a_limit()
    {
        await using var google = FakeGoogleStorage.Start();
        await using var logs = ScriptedServer.Start(request => request.Header("Authorization") != "Bearer t0ken" ? Answer.Of(401)
            : request.Form["query"].EndsWith("| stats count() as rows", StringComparison.Ordinal) ? Answer.Of(200, "{\"rows\":\"1\"}\n")
            : Answer.Of(200, "{\"_time\":\"2026-11-21T10:00:00Z\",\"_msg\":\"one\"}\n"));
        using var account = RSA.Create(2048);
        Pods.Secrets["google/key.json"] = new JsonObject
        {
            ["type"] = "service_account",
            ["client_email"] = "backup@project.example",
            ["private_key_id"] = "k1",
            ["private_key"] = account.ExportPkcs8PrivateKeyPem(),
            ["token_uri"] = $"{google.Endpoint}token",
        }.ToJsonString();
        Pods.Secrets["logs/token"] = "t0ken";
        var resource = Backups.Of(
            $"sources: [{{name: trail, auditLog: {{claimName: trail, directory: logs}}}}, {{name: logs, victoriaLogs: {{url: \"{Plain(logs.Endpoint)}\", networkCIDRs: [10.0.0.0/8], query: \"app:audit\", since: \"2026-11-21T10:00:00Z\", until: \"2026-11-21T12:00:00Z\", tokenSecretRef: {{name: logs, key: token}}}}}}], "
            + $"destination: {{gcs: {{bucket: bucket, prefix: estate, endpoint: \"{Plain(google.Endpoint)}\", allowHTTP: true, keySecretRef: {{name: google, key: key.json}}}}}}, compression: {{codec: brotli, level: 1}}, bandwidthLimitMBps: 50, "
            + $"objectLock: {{mode: Compliance, days: 2, legalHold: true}}, retention: {{keepDaily: 3}}, {Key}");
        Write(Path.Combine(Pods.Volume("trail"), "logs"), "audit.log", "trail");

        var status = await RoundAsync(resource, Nearby);
        (status.LastBackup!.Files, status.LastVerification!.LocksHold).ShouldBe((3, true));
        google.Requests.ShouldContain(request => request.Url.Contains(".br", StringComparison.Ordinal) || request.Text.Contains(".br\"", StringComparison.Ordinal));
        google.Requests.ShouldContain(request => request.Text.Contains("\"mode\":\"Locked\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Objects_of_a_cluster_with_the_one_token_that_may_read_them()
    {
        await using var estate = await Estate.StartAsync();
        await estate.NamespaceAsync("security");
        await estate.ApplyAsync(YamlReader.ReadAll(await File.ReadAllTextAsync(Repository.PathOf("deploy", "estate-backup", "role.yaml"))).Select(document => document.Root).OfType<JsonObject>());
        await estate.ApplyAsync("default", "production", "{rules: [{level: Metadata}]}");
        await File.WriteAllTextAsync(_directory["kubeconfig"], Kubeconfig.Text(estate.Server.Address, estate.Server.CaCertificatePem, await EstateExportTests.TokenAsync(estate)));
        var resource = Backups.Of($"sources: [{{name: estate, kubernetesObjects: {{serviceAccountName: estate-backup}}}}], destination: {{pvc: {{claimName: archive}}}}, restore: {{claimName: back}}, {Key}");
        var (backup, verification) = (PodOf(resource, BackupTask.Backup), PodOf(resource, BackupTask.Verify));
        ((string?)backup["serviceAccountName"], (bool?)backup["automountServiceAccountToken"]).ShouldBe(("estate-backup", true));
        ((string?)verification["serviceAccountName"], (bool?)verification["automountServiceAccountToken"]).ShouldBe((null, false));

        // A process has no token where a pod finds it; all else is the pod's.
        var status = await RunAsync(resource, new AuditBackupStatus(), BackupTask.Backup, ["anywhere"], ["--kubeconfig", _directory["kubeconfig"]]);
        status = await RunAsync(resource, status, BackupTask.Verify, ["anywhere"], []);
        (status.LastBackup!.Files, status.LastVerification!.RestoredFiles).ShouldBe((2, 2));
        await RestoreAsync(resource, "latest", []);
        var kept = Directory.GetFiles(Pods.Volume("back"), "objects.jsonl", SearchOption.AllDirectories).ShouldHaveSingleItem();
        File.ReadAllLines(kept).Select(line => JsonNode.Parse(line)!).ShouldContain(item => (string?)item["kind"] == "AuditPolicy" && (string?)item["metadata"]!["name"] == "production");
    }

    [Fact]
    public async Task Volumes_to_a_volume_pruned_by_count()
    {
        var resource = Backups.Of($"sources: [{{name: trail, auditLog: {{claimName: trail}}}}], destination: {{pvc: {{claimName: archive, path: prod}}}}, retention: {{keepLast: 1}}, {Key}");
        var status = new AuditBackupStatus();
        foreach (var text in new[] { "first", "second" })
        {
            Write(Pods.Volume("trail"), "audit.log", text);
            status = await RunAsync(resource, status, BackupTask.Backup, ["anywhere"], []);
        }

        status = await RunAsync(resource, status, BackupTask.Verify, ["anywhere"], []);
        status = await RunAsync(resource, status, BackupTask.Prune, ["anywhere"], []);
        status.LastPrune!.Deleted.ShouldBe(1);
        status.RecoverableFrom.ShouldBe(status.LastSuccessTime);
        status = await RunAsync(resource, status, BackupTask.Digest, ["anywhere"], []);
        status = await RunAsync(resource, status, BackupTask.Verify, ["anywhere"], []);
        status.ChainIntact.ShouldBe(true);

        // Somebody takes the newest backup away: the next digest tells, before any verification is due.
        File.Delete(Path.Combine(Pods.Volume("archive"), "prod", "backups", "evidence", "0000000002.manifest.json"));
        var (end, _) = await Pods.RunAsync(PodOf(resource, BackupTask.Digest), "anywhere");
        end.ExitCode.ShouldBe(1);
        status = BackupRuns.AddTo(status, BackupTask.Digest, Ended([end]), 1);
        status.ChainIntact.ShouldBe(false);
        status.LastDigest!.Message!.ShouldContain("0000000002.manifest.json: missing");
        Says(resource, status).ShouldContain("Protected=False/ChainBroken");
    }

    private async Task<AuditBackupStatus> RoundAsync(AuditBackup resource, string[] more)
    {
        var status = new AuditBackupStatus();
        foreach (var task in new[] { BackupTask.Backup, BackupTask.Digest, BackupTask.Verify, BackupTask.Prune })
        {
            // VictoriaLogs is only asked by a backup.
            status = await RunAsync(resource, status, task, ["anywhere"], task == BackupTask.Backup ? [.. more, "--allow-local-victorialogs"] : more);
        }

        (status.ChainIntact, status.LocationAvailable).ShouldBe((true, true));
        Says(resource, status).ShouldContain("Protected=True/Protected");
        return status;
    }

    private async Task<AuditBackupStatus> RunAsync(AuditBackup resource, AuditBackupStatus status, BackupTask task, string[] nodes, string[] more)
    {
        var ends = new List<ContainerEnd>();
        foreach (var node in nodes)
        {
            ends.Add((await Pods.RunAsync(PodOf(resource, task), node, more)).End);
        }

        var next = BackupRuns.AddTo(status, task, Ended(ends), new BackupPod(resource.Metadata, resource.Spec, new AuditBackupInputs()).PodsOf(task));
        BackupRuns.Last(next, task)!.Message.ShouldBeNull();
        return next;
    }

    private async Task RestoreAsync(AuditBackup resource, string what, string[] more)
    {
        var job = AuditBackupPlan.Make(resource, new AuditBackupInputs()).Restore(RestoreRequest.Read(resource.Spec, what, out _)!);
        (await Pods.RunAsync(job["spec"]!["template"]!["spec"]!, "anywhere", more)).Result.Error.ShouldBeNull();
    }

    private static JsonNode PodOf(AuditBackup resource, BackupTask task)
    {
        var plan = AuditBackupPlan.Make(resource, new AuditBackupInputs());
        plan.Errors.ShouldBeEmpty();
        return plan.Objects.Single(item => item.Type == RenderedKinds.CronJobs && (string)item.Body["metadata"]!["name"]! == BackupObjects.CronJobName(resource.Metadata, task)).Body["spec"]!["jobTemplate"]!["spec"]!["template"]!["spec"]!;
    }

    private static List<string> Says(AuditBackup resource, AuditBackupStatus status) =>
        [.. AuditBackupConditions.Rendered(resource, status, AuditBackupPlan.Make(resource, new AuditBackupInputs()), new Kubernetes.Runtime.ApplyReport([], []), null, DateTimeOffset.UtcNow).Conditions!
            .Select(condition => $"{condition.Type}={condition.Status}/{condition.Reason}")];

    private static EndedRun Ended(IReadOnlyList<ContainerEnd> ends) => new(new ObservedJob { Metadata = new ObjectMeta { Name = "run" } }, DateTimeOffset.UtcNow, DateTimeOffset.UtcNow, ends);

    private PodProcess Prepare()
    {
        using var key = SigningKey.Create();
        return new PodProcess(_directory.Path) { Secrets = { ["archive-key/archive.pem"] = key.ToPem() } };
    }

    private static string Plain(Uri address) => address.ToString().TrimEnd('/');

    private static void Write(string directory, string name, string actor)
    {
        Directory.CreateDirectory(directory);
        File.AppendAllLines(Path.Combine(directory, name), Enumerable.Range(0, 50).Select(i => string.Create(CultureInfo.InvariantCulture, $$"""{"timestamp":"2026-11-21T10:00:{{i:00}}Z","event_type":"step","actor":"{{actor}}"}""")));
    }
}
