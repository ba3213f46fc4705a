using System.Text.Json.Nodes;
using Comptroller.Crds.AuditBackups;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Kubernetes.Yaml;
using Comptroller.Operator.AuditBackups;
using Comptroller.Operator.Verbs.Archive;

namespace Comptroller.Operator.Tests.AuditBackups;

/// <summary>
/// What each resource under testdata/backups is rendered into, byte for byte. A case without input.yaml is the sample of its name in
/// config/samples. COMPTROLLER_UPDATE_GOLDENS=1 writes the expectations anew; read the difference before committing it.
/// </summary>
public sealed class AuditBackupPlanTests
{
    private static readonly string Folder = Repository.PathOf("tests", "Operator.Tests", "testdata", "backups");
    private static readonly AuditBackupInputs Inputs = new() { Image = "registry.example.com/comptroller:1.2.3" };

    public static TheoryData<string> Cases() => [.. Directory.EnumerateDirectories(Folder).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_backup_is_rendered_as_recorded(string name)
    {
        var text = YamlWriter.WriteAll(Plan(name).Objects.Select(item => item.Body));
        var expectation = Path.Combine(Folder, name, "expected.yaml");
        if (Environment.GetEnvironmentVariable("COMPTROLLER_UPDATE_GOLDENS") == "1")
        {
            File.WriteAllText(expectation, text);
        }

        text.ShouldBe(File.ReadAllText(expectation));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_pod_is_restricted_holds_no_token_and_writes_to_no_source(string name)
    {
        var pods = Pods(Plan(name)).ToList();
        pods.Count.ShouldBeGreaterThan(1);
        foreach (var pod in pods)
        {
            ((bool)pod["automountServiceAccountToken"]!).ShouldBe(Arguments(pod).Contains("--estate"), "but for the objects of the cluster nobody asks Kubernetes");
            ((bool)pod["securityContext"]!["runAsNonRoot"]!).ShouldBeTrue();
            ((int)pod["securityContext"]!["runAsUser"]!).ShouldBeGreaterThan(0);
            pod["volumes"]!.AsArray().ShouldAllBe(volume => volume!["projected"] == null);
            var container = pod["containers"]!.AsArray().ShouldHaveSingleItem()!;
            container["securityContext"]!.ToJsonString().ShouldBe("""{"allowPrivilegeEscalation":false,"readOnlyRootFilesystem":true,"capabilities":{"drop":["ALL"]}}""");
            container["volumeMounts"]!.AsArray().Where(mount => ((string)mount!["mountPath"]!).StartsWith("/sources/", StringComparison.Ordinal)).ShouldAllBe(mount => (bool)mount!["readOnly"]!);
            container["env"]!.AsArray().Where(variable => ((string)variable!["name"]!).Contains("SECRET", StringComparison.Ordinal)).ShouldAllBe(variable => variable!["value"] == null);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void What_pods_are_told_is_what_the_verbs_understand(string name)
    {
        foreach (var arguments in Pods(Plan(name)).Select(Arguments))
        {
            ArchiveVerb.Create().Parse(arguments.Skip(1).ToArray()).Errors.Select(error => error.Message).ShouldBeEmpty(string.Join(' ', arguments));
        }
    }

    [Fact]
    public void The_audit_log_of_nodes_is_read_by_its_own_user_on_each_control_plane_node_and_mounted_for_backups_alone()
    {
        var pods = Pods(Plan("full")).ToList();
        pods.Count(pod => pod["volumes"]!.AsArray().Any(volume => volume!["hostPath"] is not null)).ShouldBe(1);
        pods.ShouldAllBe(pod => (int)pod["securityContext"]!["runAsUser"]! == 65534);
        foreach (var job in Plan("full").Objects.Where(item => item.Type == RenderedKinds.CronJobs).Select(item => item.Body["spec"]!["jobTemplate"]!["spec"]!))
        {
            var (pod, runs) = (job["template"]!["spec"]!, Arguments(job["template"]!["spec"]!));
            if (runs[1] == "backup")
            {
                ((int)job["completions"]!, (int)job["parallelism"]!).ShouldBe((3, 3));
                pod["nodeSelector"]!["node-role.kubernetes.io/control-plane"].ShouldNotBeNull();
                pod["affinity"]!["podAntiAffinity"]!["requiredDuringSchedulingIgnoredDuringExecution"]!.AsArray().ShouldHaveSingleItem();
                runs.ShouldContain("prod-api-server.$(NODE_NAME)");
            }
            else
            {
                (job["completions"], pod["nodeSelector"], pod["tolerations"]).ShouldBe((null, null, null), "what is done to backups needs no node, and a node that is gone has none");
                runs[runs.IndexOf("--streams-of") + 1].ShouldBe("prod-api-server");
            }
        }

        // One node: nothing to keep apart.
        Pods(AuditBackupPlan.Make(Backups.Of(Backups.OfNodes.Replace("nodes: 3", "nodes: 1", StringComparison.Ordinal)), Inputs)).ShouldAllBe(pod => pod["affinity"] == null);
    }

    [Fact]
    public void Without_the_private_key_a_verification_restores_nothing_and_with_it_backups_still_do_not_hold_it()
    {
        Pods(Plan("trail")).SelectMany(Arguments).ShouldNotContain("--drill");
        foreach (var pod in Pods(Plan("full")))
        {
            var arguments = Arguments(pod);
            var holds = pod["volumes"]!.ToJsonString().Contains("private.pem", StringComparison.Ordinal);
            holds.ShouldBe(arguments[1] == "verify");
            arguments.Contains("--drill").ShouldBe(arguments[1] == "verify");
        }
    }

    [Fact]
    public void A_restore_goes_to_a_directory_of_its_own_and_forces_nothing()
    {
        var backup = Backups.Of($"restore: {{claimName: back}}, {Backups.Sound}");
        var request = RestoreRequest.Read(backup.Spec, "2026-11-21T10:00:00Z", out _)!;
        var job = AuditBackupPlan.Make(backup, Inputs).Restore(request);
        var arguments = Arguments(job["spec"]!["template"]!["spec"]!);
        arguments.ShouldBe(
        [
            "archive", "restore", "--store", "/store", "--stream", "evidence", "--signing-key", "/etc/comptroller/keys/signing.pem",
            "--target", $"/restore/{job["metadata"]!["name"]}", "--at", "2026-11-21T10:00:00Z", "--result-file", "/dev/termination-log",
        ]);
        job["metadata"]!["ownerReferences"]!.AsArray().ShouldHaveSingleItem();

        var ofNodes = Backups.Of($"restore: {{claimName: back}}, {Backups.OfNodes}");
        var numbered = AuditBackupPlan.Make(ofNodes, Inputs).Restore(RestoreRequest.Read(ofNodes.Spec, "cp-1.example/7", out _)!)["spec"]!["template"]!["spec"]!;
        Arguments(numbered).ShouldContain("evidence.cp-1.example");
        Arguments(numbered).ShouldContain("--number");
        numbered["nodeSelector"].ShouldBeNull("the files may be wanted where that node no longer is");
    }

    [Fact]
    public void A_backup_that_somebody_asks_for_waits_for_no_window()
    {
        var plan = AuditBackupPlan.Make(Backups.Of($"timeZone: Europe/Berlin, windows: [{{start: \"22:00\", end: \"05:00\"}}, {{days: [Sat, Sun], start: \"00:00\", end: \"24:00\"}}], {Backups.Sound}"), Inputs);
        string.Join(' ', ArgumentsOf(plan.Backup!)).ShouldContain("--window 22:00-05:00 --window Sat,Sun 00:00-24:00 --time-zone Europe/Berlin");
        ArgumentsOf(plan.BackupNow!).ShouldBe(ArgumentsOf(plan.Backup!).Except(["--window", "22:00-05:00", "Sat,Sun 00:00-24:00", "--time-zone", "Europe/Berlin"]));

        static List<string> ArgumentsOf(DesiredObject cronJob) => [.. Arguments(cronJob.Body["spec"]!["jobTemplate"]!["spec"]!["template"]!["spec"]!)];
    }

    [Theory]
    [InlineData("latest", null)]
    [InlineData("12", null)]
    [InlineData("2026-11-21", null)]
    [InlineData("cp-1/latest", "names a node")]
    [InlineData("yesterday", "neither latest")]
    [InlineData("0", "neither latest")]
    [InlineData("", "neither latest")]
    public void What_is_to_be_restored_is_understood_or_refused(string text, string? problem)
    {
        var request = RestoreRequest.Read(Backups.Of($"restore: {{claimName: back}}, {Backups.Sound}").Spec, text, out var error);
        (request is null).ShouldBe(problem is not null);
        (error ?? "").ShouldContain(problem ?? "");
    }

    [Fact]
    public void A_restore_without_a_volume_or_without_the_node_is_refused()
    {
        RestoreRequest.Read(Backups.Of(Backups.Sound).Spec, "latest", out var error).ShouldBeNull();
        error!.ShouldContain("spec.restore.claimName");
        RestoreRequest.Read(Backups.Of($"restore: {{claimName: back}}, {Backups.OfNodes}").Spec, "latest", out error).ShouldBeNull();
        error!.ShouldContain("cp-1/latest");
    }

    [Fact]
    public void Nothing_is_started_while_a_Secret_is_missing_or_the_resource_is_suspended_and_a_missing_volume_holds_nothing()
    {
        static bool Held(string spec, AuditBackupInputs inputs) => (bool)AuditBackupPlan.Make(Backups.Of(spec), inputs).Backup!.Body["spec"]!["suspend"]!;

        Held(Backups.Sound, Inputs).ShouldBeFalse();
        Held($"suspend: true, {Backups.Sound}", Inputs).ShouldBeTrue();
        Held(Backups.Sound, Inputs with { Missing = [new NeededObject(true, "archive-key", "spec.signingKeySecretRef", "archive.pem")] }).ShouldBeTrue();
        Held(Backups.Sound, Inputs with { Missing = [new NeededObject(false, "archive", "spec.destination.pvc", "")] }).ShouldBeFalse();
        NeededObject.Of(Read("full").Spec).Select(each => each.Name).ShouldBe(["archive-key", "archive-s3", "archive-recipient", "archive-recipient", "audit-restore"]);
    }

    [Fact]
    public void Jitter_moves_a_resource_by_the_same_minutes_each_time_and_resources_apart()
    {
        static string Schedule(string name) => (string)AuditBackupPlan.Make(Backups.Of($"schedule: \"10 2 * * *\", jitterMinutes: 40, {Backups.Sound}", name), Inputs).Backup!.Body["spec"]!["schedule"]!;

        var all = Enumerable.Range(0, 40).Select(number => Schedule($"evidence-{number}")).ToList();
        all.ShouldBe(Enumerable.Range(0, 40).Select(number => Schedule($"evidence-{number}")));
        all.Distinct().Count().ShouldBeGreaterThan(10);
        all.ShouldAllBe(schedule => schedule.EndsWith(" 2 * * *", StringComparison.Ordinal) && int.Parse(schedule.Split(' ')[0]) >= 10 && int.Parse(schedule.Split(' ')[0]) <= 50);
    }

    [Theory]
    [InlineData("schedule: \"61 * * * *\", SOUND", "spec.schedule", "end of range (61)")]
    [InlineData("digests: {schedule: \"0 25 * * *\"}, SOUND", "spec.digests.schedule", "end of range (25)")]
    [InlineData("sources: [{name: a, sqlite: {claimName: b, path: drift.db}}], destination: {pvc: {claimName: b}}, signingKeySecretRef: {name: k, key: k}", "spec.sources[0]", "is the destination")]
    [InlineData("verify: {schedule: \"0 0 30 2 *\"}, SOUND", "spec.verify.schedule", "never")]
    [InlineData("retention: {keepLast: 3, schedule: \"0 0 * *\"}, SOUND", "spec.retention.schedule", "CronJob")]
    [InlineData("timeZone: Europe/Atlantis, SOUND", "spec.timeZone", "Europe/Atlantis")]
    [InlineData("schedule: \"*/5 * * * *\", jitterMinutes: 4, SOUND", "spec.jitterMinutes", "one number")]
    [InlineData("schedule: \"30 * * * *\", jitterMinutes: 30, SOUND", "spec.jitterMinutes", "at most 29")]
    [InlineData("windows: [{start: \"22:00\", end: \"22:00\"}], SOUND", "spec.windows[0]", "when it begins")]
    [InlineData("windows: [{start: \"22:00\", end: \"25:00\"}], SOUND", "spec.windows[0]", "no time of day at which a window ends")]
    [InlineData("windows: [{start: \"22:00\", end: \"05:00\"}, {start: \"24:00\", end: \"05:00\"}], SOUND", "spec.windows[1]", "no time of day at which a window begins")]
    [InlineData("windows: [{days: [Monday], start: \"22:00\", end: \"05:00\"}], SOUND", "spec.windows[0]", "no day")]
    [InlineData("schedule: \"0 12 * * *\", windows: [{start: \"22:00\", end: \"05:00\"}], SOUND", "spec.windows", "never due")]
    [InlineData("schedule: \"0 23 * * 1\", windows: [{days: [Tue], start: \"22:00\", end: \"05:00\"}], SOUND", "spec.windows", "never due")]
    [InlineData("retention: {}, SOUND", "spec.retention", "keepLast")]
    [InlineData("objectLock: {mode: Compliance, days: 3}, SOUND", "spec.objectLock", "volume")]
    [InlineData("network: {storeCIDRs: [10.0.0.0/33]}, SOUND", "spec.network.storeCIDRs[0]", "10.0.0.0/33")]
    [InlineData("alerts: {disabled: [AuditBackupQuiet]}, SOUND", "spec.alerts.disabled[0]", "AuditBackupQuiet")]
    [InlineData("compression: {level: 10}, SOUND", "spec.compression.level", "1 to 9")]
    [InlineData("encryption: {}, SOUND", "spec.encryption", "exactly one")]
    [InlineData("sources: [{name: a, victoriaLogs: {url: victoria, networkCIDRs: [10.0.0.0/8]}}], destination: {pvc: {claimName: b}}, signingKeySecretRef: {name: k, key: k}", "spec.sources[0].victoriaLogs.url", "no address")]
    [InlineData("sources: [{name: a, kubernetesObjects: {serviceAccountName: x, apiServerCIDRs: [10.0.0.1]}}], destination: {pvc: {claimName: b}}, signingKeySecretRef: {name: k, key: k}", "spec.sources[0].kubernetesObjects.apiServerCIDRs[0]", "not a network")]
    [InlineData("sources: [{name: a, kubernetesObjects: {serviceAccountName: x, apiServerCIDRs: [10.0.0.1/32]}}], destination: {gcs: {bucket: evidence, serviceAccountName: other}}, signingKeySecretRef: {name: k, key: k}", "spec.sources[0].kubernetesObjects.serviceAccountName", "one service account")]
    [InlineData("sources: [{name: a, pvc: {claimName: c}}], destination: {azureBlob: {account: evidence, container: audit}}, signingKeySecretRef: {name: k, key: k}", "spec.destination.azureBlob", "exactly one")]
    [InlineData("interval: 0s, SOUND", "spec.interval", "longer")]
    [InlineData("sources: [{name: a}], destination: {pvc: {claimName: b}}, signingKeySecretRef: {name: k, key: k}", "spec.sources[0]", "exactly one")]
    [InlineData("sources: [{name: a, pvc: {claimName: b}}], destination: {pvc: {claimName: b}}, signingKeySecretRef: {name: k, key: k}", "spec.sources[0]", "is the destination")]
    [InlineData("sources: [{name: a, nodeAuditLog: {}}, {name: c, pvc: {claimName: c}}], destination: {pvc: {claimName: b}}, signingKeySecretRef: {name: k, key: k}", "spec.sources[0]", "of its own")]
    [InlineData("sources: [{name: a, nodeAuditLog: {path: /var/../etc}}], destination: {pvc: {claimName: b}}, signingKeySecretRef: {name: k, key: k}", "spec.sources[0].nodeAuditLog.path", "..")]
    [InlineData("sources: [{name: a, pvc: {claimName: c}}], destination: {}, signingKeySecretRef: {name: k, key: k}", "spec.destination", "exactly one")]
    [InlineData("sources: [{name: a, pvc: {claimName: c}}], destination: {s3: {bucket: evidence}}, signingKeySecretRef: {name: k, key: k}", "spec.destination.s3", "exactly one")]
    [InlineData("sources: [{name: a, pvc: {claimName: c}}], destination: {s3: {bucket: evidence, endpoint: \"http://s3.example.com\", serviceAccountName: a}}, signingKeySecretRef: {name: k, key: k}", "spec.destination.s3.endpoint", "https")]
    public void What_could_never_run_is_refused_with_its_field(string spec, string field, string problem)
    {
        var plan = AuditBackupPlan.Make(Backups.Of(spec.Replace("SOUND", Backups.Sound, StringComparison.Ordinal)), Inputs);
        plan.Objects.ShouldBeEmpty();
        var error = plan.Errors.ShouldHaveSingleItem();
        error.ShouldStartWith(field + ":");
        error.ShouldContain(problem);
    }

    [Fact]
    public void A_name_that_leaves_no_room_is_refused() =>
        AuditBackupPlan.Make(Backups.Of(Backups.Sound, new string('a', 41)), Inputs).Errors.ShouldHaveSingleItem().ShouldContain("metadata.name");

    private static AuditBackup Read(string name)
    {
        var input = Path.Combine(Folder, name, "input.yaml");
        return Backups.Read(File.ReadAllText(File.Exists(input) ? input : Repository.PathOf("config", "samples", $"auditbackup-{name}.yaml")));
    }

    private static AuditBackupPlan Plan(string name)
    {
        var plan = AuditBackupPlan.Make(Read(name), Inputs);
        plan.Errors.ShouldBeEmpty();
        return plan;
    }

    private static List<string> Arguments(JsonNode pod) => [.. pod["containers"]![0]!["args"]!.AsArray().Select(argument => (string)argument!)];

    private static IEnumerable<JsonNode> Pods(AuditBackupPlan plan) =>
        plan.Objects.Select(item => item.Body["spec"]?["jobTemplate"]?["spec"]?["template"]?["spec"]).OfType<JsonNode>();
}
