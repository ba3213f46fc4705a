using System.Text.Json.Nodes;
using Comptroller.Crds.PolicyAuditSchedules;
using Comptroller.Kubernetes.Yaml;
using Comptroller.Operator.PolicyAuditSchedules;
using Comptroller.Operator.Workloads;

namespace Comptroller.Operator.Tests.PolicyAuditSchedules;

/// <summary>
/// What each resource under testdata/schedules is rendered into, byte for byte. A case without input.yaml is the sample of its name in
/// config/samples. COMPTROLLER_UPDATE_GOLDENS=1 writes the expectations anew; read the difference before committing it.
/// </summary>
public sealed class PolicyAuditPlanTests
{
    private static readonly string Folder = Repository.PathOf("tests", "Operator.Tests", "testdata", "schedules");
    private static readonly PolicyAuditInputs Inputs = new() { Image = "registry.example.com/comptroller:1.2.3" };

    public static TheoryData<string> Cases() => [.. Directory.EnumerateDirectories(Folder).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_schedule_is_rendered_as_recorded(string name)
    {
        var text = Text(Plan(name));
        var expectation = Path.Combine(Folder, name, "expected.yaml");
        if (Environment.GetEnvironmentVariable("COMPTROLLER_UPDATE_GOLDENS") == "1")
        {
            File.WriteAllText(expectation, text);
        }

        text.ShouldBe(File.ReadAllText(expectation));
    }

    [Fact]
    public void What_the_newest_complete_run_found_is_written_in_the_kinds_that_are_asked_for()
    {
        var ended = new DateTimeOffset(2026, 3, 1, 10, 0, 0, TimeSpan.Zero);
        var found = new PolicyAuditScheduleStatus
        {
            LastRun = new AuditRunStatus { Name = "a", Outcome = AuditOutcomes.Complete, EndTime = ended },
            LastSuccessTime = ended,
            Audit = new AuditFindingsStatus
            {
                Score = 82,
                Policies = [new AuditedPolicies { Type = "prevention", Passed = 3 }, new AuditedPolicies { Type = "firewall", Passed = 1, Failed = 2 }],
            },
        };
        var report = Reports(found, ended.AddHours(1)).ShouldHaveSingleItem();
        ((string?)report["kind"], (string?)report["metadata"]!["name"]).ShouldBe(("PolicyReport", "tenant-policy-audit"));
        report["summary"]!.ToJsonString().ShouldBe("""{"pass":2,"fail":1,"warn":0,"error":0,"skip":0}""");
        report["results"]!.AsArray().Select(result => $"{result!["rule"]} {result["result"]} {result["message"]}").ShouldBe(
            ["score pass score 82 %, at least 80 % wanted", "prevention pass 0 of 3 policies failed", "firewall fail 2 of 3 policies failed"]);
        ((long)report["results"]![0]!["timestamp"]!["seconds"]!).ShouldBe(ended.ToUnixTimeSeconds());

        // A pass of yesterday is none today, and a failure is told beside it.
        var failed = found with { LastRun = new AuditRunStatus { Name = "b", Outcome = AuditOutcomes.Failed, EndTime = ended.AddHours(20), Message = "no scope" } };
        var old = Reports(failed, ended.AddHours(20)).ShouldHaveSingleItem();
        old["summary"]!.ToJsonString().ShouldBe("""{"pass":0,"fail":0,"warn":0,"error":4,"skip":0}""");
        ((string?)old["results"]![0]!["message"]).ShouldBe("no scope");

        Reports(new PolicyAuditScheduleStatus(), ended).ShouldBeEmpty();
        Reports(found, ended, "[OpenReports, PolicyReport]").Count.ShouldBe(2);
        Reports(found, ended, "[]").ShouldBeEmpty();

        static List<JsonObject> Reports(PolicyAuditScheduleStatus status, DateTimeOffset now, string kinds = "[PolicyReport]") =>
        [
            .. PolicyAuditPlan.Make(Schedules.Of($"{{{Schedules.Sound}, output: {{policyReports: {kinds}}}}}") with { Status = status }, Inputs with { Now = now })
                .Objects.Where(item => RenderedKinds.IsOptional(item.Type)).Select(item => item.Body),
        ];
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_pod_is_restricted_and_holds_no_token(string name)
    {
        var pods = Pods(Plan(name)).ToList();
        pods.ShouldNotBeEmpty();
        foreach (var pod in pods)
        {
            ((bool)pod["automountServiceAccountToken"]!).ShouldBeFalse();
            ((bool)pod["securityContext"]!["runAsNonRoot"]!).ShouldBeTrue();
            ((int)pod["securityContext"]!["runAsUser"]!).ShouldBe(1001);
            ((string)pod["securityContext"]!["seccompProfile"]!["type"]!).ShouldBe("RuntimeDefault");
            pod["volumes"]!.AsArray().ShouldAllBe(volume => volume!["hostPath"] == null && volume["projected"] == null);
            var container = pod["containers"]!.AsArray().ShouldHaveSingleItem()!;
            var security = container["securityContext"]!;
            ((bool)security["allowPrivilegeEscalation"]!).ShouldBeFalse();
            ((bool)security["readOnlyRootFilesystem"]!).ShouldBeTrue();
            security["capabilities"]!.ToJsonString().ShouldBe("""{"drop":["ALL"]}""");
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Nothing_rendered_holds_a_credential_but_by_reference(string name)
    {
        foreach (var variable in Pods(Plan(name)).SelectMany(pod => pod["containers"]![0]!["env"]!.AsArray()).Where(each => ((string)each!["name"]!).EndsWith("SECRET", StringComparison.Ordinal)))
        {
            variable!["value"].ShouldBeNull();
            variable["valueFrom"]!["secretKeyRef"].ShouldNotBeNull();
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_configuration_is_one_that_runs_read(string name) => Configuration(Plan(name)).Prefix.ShouldBe("FALCON_");

    [Theory]
    [InlineData("", "all")]
    [InlineData("productTypes: [], ", "all")]
    [InlineData("productTypes: [Server], ", "Server")]
    public void Hosts_of_every_product_count_where_the_schedule_names_none(string types, string asked) =>
        string.Join(',', Configuration(PolicyAuditPlan.Make(Schedules.Of($"{{{types}{Schedules.Sound}}}"), Inputs)).AskedProductTypes).ShouldBe(asked);

    [Fact]
    public void Old_reports_are_deleted_unasked_in_either_mode()
    {
        var cronJob = PolicyAuditPlan.Make(Schedules.Of($"{{{Schedules.Sound}}}"), Inputs).Objects.Single(item => (string)item.Body["metadata"]!["name"]! == "tenant-cleanup").Body;
        ((string)cronJob["spec"]!["schedule"]!).ShouldBe("0 2 * * *");
        Configuration(PolicyAuditPlan.Make(Schedules.Of($"{{mode: Daemon, {Schedules.Sound}}}"), Inputs)).Cleanup.Text.ShouldBe("0 2 * * *");
    }

    [Fact]
    public void Only_a_cleanup_goes_without_credentials()
    {
        foreach (var cronJob in Plan("full").Objects.Where(item => item.Type == RenderedKinds.CronJobs))
        {
            cronJob.Body.ToJsonString().Contains("secretKeyRef", StringComparison.Ordinal).ShouldBe(!((string)cronJob.Body["metadata"]!["name"]!).EndsWith("-cleanup", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Nothing_is_started_while_something_is_missing_or_the_schedule_is_suspended()
    {
        var missing = new Dependency(IsMissing: true, Revision: null);
        foreach (var (spec, inputs) in new[]
        {
            (Schedules.Sound, Inputs with { Credentials = missing }),
            (Schedules.Sound, Inputs with { Grading = missing }),
            ($"{{suspend: true, {Schedules.Sound}}}", Inputs),
        })
        {
            var cronJob = PolicyAuditPlan.Make(Schedules.Of(spec), inputs).Audit!.Body;
            ((bool)cronJob["spec"]!["suspend"]!).ShouldBeTrue();
        }

        ((bool)PolicyAuditPlan.Make(Schedules.Of(Schedules.Sound), Inputs).Audit!.Body["spec"]!["suspend"]!).ShouldBeFalse();
        Deployment(Inputs with { Credentials = missing }).ShouldContain("\"replicas\":0");
        Deployment(Inputs).ShouldContain("\"replicas\":1");
    }

    [Fact]
    public void Rotated_credentials_reach_a_daemon_by_its_files_and_restart_nothing()
    {
        var (old, rotated) = (Inputs with { Credentials = new Dependency(false, "uid/7") }, Inputs with { Credentials = new Dependency(false, "uid/8") });
        Deployment(rotated).ShouldBe(Deployment(old));
        var pod = Pods(Plan("daemon")).Single();
        pod["volumes"]!.AsArray().ShouldContain(volume => (string)volume!["name"]! == "credentials" && (bool)volume["secret"]!["optional"]!);
        foreach (var variable in (string[])["FALCON_CLIENT_ID_FILE", "FALCON_CLIENT_SECRET_FILE"])
        {
            pod["containers"]![0]!["env"]!.AsArray().Single(each => (string)each!["name"]! == variable)!["value"]!.ToString().ShouldStartWith("/etc/comptroller/credentials/");
        }

        Pods(Plan("full")).ShouldAllBe(job => !job.ToJsonString().Contains("\"credentials\"", StringComparison.Ordinal));
    }

    [Fact]
    public void A_changed_grading_and_a_request_start_another_daemon_and_the_request_makes_it_audit_at_once()
    {
        Deployment(Inputs with { Grading = new Dependency(false, "uid/8") }).ShouldNotBe(Deployment(Inputs));
        Deployment(Inputs).ShouldNotContain("--immediate");
        var (first, second) = (Deployment(Inputs with { Request = "first" }), Deployment(Inputs with { Request = "second" }));
        first.ShouldContain("--immediate");
        second.ShouldNotBe(first);
        var schedule = Schedules.Of(Schedules.Sound);
        PolicyAuditPlan.Make(schedule, Inputs with { Request = "first" }).Audit!.Body.ToJsonString().ShouldBe(PolicyAuditPlan.Make(schedule, Inputs).Audit!.Body.ToJsonString());
    }

    [Theory]
    [InlineData("{schedules: {fetchAndGrade: \"61 * * * *\"}, FALCON}", "spec.schedules.fetchAndGrade", "end of range (61) above maximum (59)")]
    [InlineData("{schedules: {fetchAndGrade: \"0 0 * * 7\"}, FALCON}", "spec.schedules.fetchAndGrade", "end of range (7) above maximum (6)")]
    [InlineData("{schedules: {fetchAndGrade: \"@every 1h\"}, FALCON}", "spec.schedules.fetchAndGrade", "names no time of the clock")]
    [InlineData("{mode: Daemon, schedules: {fetchAndGrade: \"61 * * * *\"}, FALCON}", "spec.schedules.fetchAndGrade", "minute")]
    [InlineData("{mode: Daemon, schedules: {fetchAndGrade: \"0 0 30 2 *\"}, FALCON}", "spec.schedules.fetchAndGrade", "never")]
    [InlineData("{schedules: {fetchAndGrade: \"0 0 30 2 *\"}, FALCON}", "spec.schedules.fetchAndGrade", "never")]
    [InlineData("{schedules: {cleanup: \"0 0 * *\"}, FALCON}", "spec.schedules.cleanup", "cron")]
    [InlineData("{timeZone: Europe/Atlantis, FALCON}", "spec.timeZone", "Europe/Atlantis")]
    [InlineData("{falcon: {credentialsSecretRef: {name: a}}}", "spec.falcon.cloud", "exactly one")]
    [InlineData("{falcon: {cloud: us-1, baseURL: \"https://a.example.com\", credentialsSecretRef: {name: a}}}", "spec.falcon.cloud", "exactly one")]
    [InlineData("{falcon: {cloud: us-9, credentialsSecretRef: {name: a}}}", "spec.falcon.cloud", "us-9")]
    [InlineData("{falcon: {baseURL: \"ftp://a.example.com\", credentialsSecretRef: {name: a}}}", "spec.falcon.baseURL", "http")]
    [InlineData("{rateLimit: {profile: Huge}, FALCON}", "spec.rateLimit.profile", "VeryLarge")]
    [InlineData("{network: {falconCIDRs: [10.0.0.0/33]}, FALCON}", "spec.network.falconCIDRs[0]", "10.0.0.0/33")]
    [InlineData("{alerts: {disabled: [PolicyAuditQuiet]}, FALCON}", "spec.alerts.disabled[0]", "PolicyAuditQuiet")]
    [InlineData("{interval: 0s, FALCON}", "spec.interval", "longer")]
    [InlineData("{jobs: {timeout: never}, FALCON}", "spec.jobs.timeout", "never")]
    public void What_could_never_run_is_refused_with_its_field(string spec, string field, string problem)
    {
        var plan = PolicyAuditPlan.Make(Schedules.Of(spec.Replace("FALCON", Schedules.Sound, StringComparison.Ordinal)), Inputs);
        plan.Objects.ShouldBeEmpty();
        var error = plan.Errors.ShouldHaveSingleItem();
        error.ShouldStartWith(field + ":");
        error.ShouldContain(problem);
    }

    [Fact]
    public void A_name_that_leaves_no_room_is_refused() =>
        PolicyAuditPlan.Make(Schedules.Of(Schedules.Sound, new string('a', 41)), Inputs).Errors.ShouldHaveSingleItem().ShouldContain("metadata.name");

    private static string Deployment(PolicyAuditInputs inputs) =>
        PolicyAuditPlan.Make(Schedules.Of($"{{mode: Daemon, {Schedules.Sound}}}"), inputs).Objects.Single(item => item.Type == RenderedKinds.Deployments).Body.ToJsonString();

    private static PolicyAuditPlan Plan(string name)
    {
        var input = Path.Combine(Folder, name, "input.yaml");
        var plan = PolicyAuditPlan.Make(
            Schedules.Read(File.ReadAllText(File.Exists(input) ? input : Repository.PathOf("config", "samples", $"policyauditschedule-{name}.yaml"))), Inputs);
        plan.Errors.ShouldBeEmpty();
        return plan;
    }

    private static IEnumerable<JsonNode> Pods(PolicyAuditPlan plan) =>
        plan.Objects.Select(item => item.Body["spec"]?["jobTemplate"]?["spec"]?["template"]?["spec"] ?? item.Body["spec"]?["template"]?["spec"]).OfType<JsonNode>();

    private static Comptroller.Falcon.Configuration.FalconConfig Configuration(PolicyAuditPlan plan)
    {
        var document = YamlReader.ReadFirst((string)plan.Objects.Single(item => item.Type == RenderedKinds.ConfigMaps).Body["data"]!["config.yaml"]!);
        return Comptroller.Falcon.Configuration.FalconConfigReader.Read(document.Root, "config.yaml", path => document.Locate(path).Line);
    }

    private static string Text(PolicyAuditPlan plan) => YamlWriter.WriteAll(plan.Objects.Select(item => item.Body));
}
