using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.Crds.AuditPolicies;

namespace Comptroller.Crds.Tests;

public sealed class SamplesTests
{
    private static readonly JsonObject Schema = SchemaWalk.Of(Repository.Yaml("config/crd/comptroller.dev_auditpolicies.yaml"));

    private static readonly JsonObject ScheduleSchema = SchemaWalk.Of(Repository.Yaml("config/crd/comptroller.dev_policyauditschedules.yaml"));

    private static readonly JsonObject BackupSchema = SchemaWalk.Of(Repository.Yaml("config/crd/comptroller.dev_auditbackups.yaml"));

    private static readonly JsonObject WatchSchema = SchemaWalk.Of(Repository.Yaml("config/crd/comptroller.dev_driftwatches.yaml"));

    private static readonly string[] Backups = Matching("auditbackup-*.yaml");
    private static readonly string[] Policies = Matching("auditpolicy-*.yaml");
    private static readonly string[] Watches = Matching("driftwatch-*.yaml");
    private static readonly string[] Schedules = Matching("policyauditschedule-*.yaml");

    public static TheoryData<string> Files => new(Policies);

    public static TheoryData<string> BackupFiles => new(Backups);

    public static TheoryData<string> WatchFiles => new(Watches);

    public static TheoryData<string> ScheduleFiles => new(Schedules);

    [Theory, MemberData(nameof(Files))]
    public void Every_sample_is_accepted_by_the_schema(string file) =>
        SchemaCheck.Errors(Schema, Repository.Yaml($"config/samples/{file}")).ShouldBeEmpty();

    [Theory, MemberData(nameof(Files))]
    public void Every_sample_decodes_without_an_unknown_field(string file) =>
        Decode(file).Spec.ShouldSatisfyAllConditions(spec => (spec.Rules.Count > 0 || spec.Profile is not null).ShouldBeTrue());

    [Fact]
    public void The_kustomization_lists_every_sample() =>
        Repository.Yaml("config/samples/kustomization.yaml")["resources"]!.AsArray().Select(name => (string)name!).ShouldBe([.. Backups, .. Policies, .. Watches, .. Schedules]);

    [Fact]
    public void The_full_sample_shows_every_field()
    {
        NotShown(Schema, "auditpolicy-full.yaml", ShowsElsewhere).ShouldBeEmpty();
    }

    [Theory, MemberData(nameof(ScheduleFiles))]
    public void Every_schedule_is_accepted_by_the_schema_and_decodes_without_an_unknown_field(string file)
    {
        var sample = Repository.Yaml($"config/samples/{file}");
        SchemaCheck.Errors(ScheduleSchema, sample).ShouldBeEmpty();
        sample.Deserialize(CrdsJson.Strict.PolicyAuditSchedule)!.Spec.Falcon.CredentialsSecretRef.Name.ShouldBe("falcon-api");
    }

    [Fact]
    public void The_full_schedule_shows_every_field()
    {
        NotShown(ScheduleSchema, "policyauditschedule-full.yaml", (_, text, path) => IsInComment(text, path) || path == "spec.gradingConfigMapRef.name").ShouldBeEmpty();
    }

    [Theory, MemberData(nameof(BackupFiles))]
    public void Every_backup_is_accepted_by_the_schema_and_decodes_without_an_unknown_field(string file)
    {
        var sample = Repository.Yaml($"config/samples/{file}");
        SchemaCheck.Errors(BackupSchema, sample).ShouldBeEmpty();
        sample.Deserialize(CrdsJson.Strict.AuditBackup)!.Spec.SigningKeySecretRef.Name.ShouldBe("archive-key");
    }

    [Fact]
    public void The_full_backup_shows_every_field()
    {
        NotShown(BackupSchema, "auditbackup-full.yaml", (_, text, path) => IsInComment(text, path)).ShouldBeEmpty();
    }

    [Theory, MemberData(nameof(WatchFiles))]
    public void Every_watch_is_accepted_by_the_schema_and_decodes_without_an_unknown_field(string file)
    {
        var sample = Repository.Yaml($"config/samples/{file}");
        SchemaCheck.Errors(WatchSchema, sample).ShouldBeEmpty();
        sample.Deserialize(CrdsJson.Strict.DriftWatch)!.Spec.States.ShouldNotBeEmpty();
    }

    [Fact]
    public void The_full_watch_shows_every_field()
    {
        NotShown(WatchSchema, "driftwatch-full.yaml", (_, text, path) => IsInComment(text, path)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("schedule", "\"every hour\"", "schedule")]
    [InlineData("sources", "[]", "sources")]
    [InlineData("sources", """[{"name":"A","pvc":{"claimName":"a"}}]""", "name")]
    [InlineData("sources", """[{"name":"a","pvc":{"claimName":"a","path":"../b"}}]""", "path")]
    [InlineData("sources", """[{"name":"a","nodeAuditLog":{"runAsUser":0}}]""", "runAsUser")]
    [InlineData("sources", """[{"name":"a","nodeAuditLog":{"path":"var/log"}}]""", "path")]
    [InlineData("destination", """{"s3":{"bucket":"Audit_Evidence","serviceAccountName":"a"}}""", "bucket")]
    [InlineData("destination", """{"s3":{"bucket":"evidence","endpoint":"https://user:pw@s3.example.com","serviceAccountName":"a"}}""", "endpoint")]
    [InlineData("objectLock", """{"mode":"Forever","days":1}""", "mode")]
    [InlineData("objectLock", """{"mode":"Compliance"}""", "days")]
    [InlineData("retention", """{"keepLast":0}""", "keepLast")]
    [InlineData("compression", """{"codec":"lzma"}""", "codec")]
    [InlineData("encryption", """{"command":{"program":"kms wrap"}}""", "program")]
    [InlineData("jitterMinutes", "60", "jitterMinutes")]
    [InlineData("stream", "\"A\"", "stream")]
    public void The_schema_refuses_a_backup_that_could_never_work(string field, string value, string blamed)
    {
        var backup = Repository.Yaml("config/samples/auditbackup-small.yaml");
        backup["spec"]![field] = JsonNode.Parse(value);
        SchemaCheck.Errors(BackupSchema, backup).ShouldHaveSingleItem().ShouldContain(blamed);
    }

    [Theory]
    [InlineData("mode", "\"Cron\"", "mode")]
    [InlineData("schedules", """{"fetchAndGrade":"every hour"}""", "fetchAndGrade")]
    [InlineData("schedules", """{"fetchAndGrade":"CRON_TZ=UTC 0 * * * *"}""", "fetchAndGrade")]
    [InlineData("timeZone", "\"Europe/../Berlin\"", "timeZone")]
    [InlineData("policyTypes", "[]", "policyTypes")]
    [InlineData("policyTypes", """["antivirus"]""", "policyTypes")]
    [InlineData("falcon", """{"cloud":"us-9","credentialsSecretRef":{"name":"a"}}""", "cloud")]
    [InlineData("falcon", """{"cloud":"us-1"}""", "credentialsSecretRef")]
    [InlineData("falcon", """{"baseURL":"https://user:pw@api.example.com","credentialsSecretRef":{"name":"a"}}""", "baseURL")]
    [InlineData("falcon", """{"cloud":"us-1","memberCID":"x","credentialsSecretRef":{"name":"a"}}""", "memberCID")]
    [InlineData("rateLimit", """{"requestsPerMinute":6001}""", "requestsPerMinute")]
    [InlineData("thresholds", """{"minScore":101}""", "minScore")]
    [InlineData("jobs", """{"concurrencyPolicy":"Allow"}""", "concurrencyPolicy")]
    [InlineData("jobs", """{"failedHistoryLimit":0}""", "failedHistoryLimit")]
    [InlineData("storage", """{"size":"10"}""", "size")]
    [InlineData("network", """{"falconCIDRs":["falcon.example.com"]}""", "falconCIDRs")]
    public void The_schema_refuses_a_schedule_that_could_never_work(string field, string value, string blamed)
    {
        var schedule = Repository.Yaml("config/samples/policyauditschedule-small.yaml");
        schedule["spec"]![field] = JsonNode.Parse(value);
        SchemaCheck.Errors(ScheduleSchema, schedule).ShouldHaveSingleItem().ShouldContain(blamed);
    }

    [Fact]
    public void The_small_sample_records_no_bodies() =>
        Decode("auditpolicy-small.yaml").Spec.Rules.Select(rule => rule.Level).ShouldBe(["None", "None", "Metadata"]);

    [Fact]
    public void The_seed_sample_holds_the_sixteen_rules_of_the_document()
    {
        var spec = Decode("auditpolicy-seed.yaml").Spec;
        spec.OmitStages.ShouldBe(["RequestReceived", "ResponseStarted"]);
        spec.OmitManagedFields.ShouldBeFalse();
        spec.Rules.Select(rule => rule.Level).ShouldBe(
        [
            "None", "None", "None", "Request", "Request", "Request", "Request", "Request",
            "Request", "Request", "Metadata", "Metadata", "Metadata", "Metadata", "Metadata", "None",
        ]);
    }

    [Theory]
    [InlineData("forwarding", """{"cluster":"a b","victoriaLogs":{"endpoint":"http://v"}}""", "cluster")]
    [InlineData("forwarding", """{"cluster":"a","victoriaLogs":{"endpoint":"http://user:pw@v"}}""", "endpoint")]
    [InlineData("forwarding", """{"cluster":"a","victoriaLogs":{"endpoint":"v:9428"}}""", "endpoint")]
    [InlineData("forwarding", """{"cluster":"a","victoriaLogs":{"endpoint":"http://v/?x=1"}}""", "endpoint")]
    [InlineData("forwarding", """{"cluster":"a","fluentBit":{"logPath":"/var/log/*.log"},"victoriaLogs":{"endpoint":"http://v"}}""", "logPath")]
    [InlineData("forwarding", """{"cluster":"a","fluentBit":{"logPath":"/var/../etc/x"},"victoriaLogs":{"endpoint":"http://v"}}""", "logPath")]
    [InlineData("forwarding", """{"cluster":"a","fluentBit":{"bufferLimit":"2GB"},"victoriaLogs":{"endpoint":"http://v"}}""", "bufferLimit")]
    [InlineData("interval", "\"10\"", "interval")]
    [InlineData("kubernetesVersion", "\"1.36.2\"", "kubernetesVersion")]
    [InlineData("profile", "\"Best\"", "profile")]
    [InlineData("addOns", """["Istio"]""", "addOns")]
    [InlineData("rules", """[{"level":"metadata"}]""", "level")]
    [InlineData("rules", """[{"level":"None","verbs":"get"}]""", "verbs")]
    [InlineData("log", """{"maxAge":0}""", "maxAge")]
    public void The_schema_refuses_what_could_never_work(string field, string value, string blamed)
    {
        var policy = Repository.Yaml("config/samples/auditpolicy-small.yaml");
        policy["spec"]![field] = JsonNode.Parse(value);
        SchemaCheck.Errors(Schema, policy).ShouldHaveSingleItem().ShouldContain(blamed);
    }

    [Theory]
    [InlineData("http://victoria-logs:9428")]
    [InlineData("https://logs.example.com/tenant/a/")]
    [InlineData("http://10.0.0.1:9428/")]
    [InlineData("http://[fd00::1]:9428")]
    public void The_schema_accepts_every_form_of_endpoint(string endpoint)
    {
        var policy = Repository.Yaml("config/samples/auditpolicy-small.yaml");
        policy["spec"]!["forwarding"]!["victoriaLogs"]!["endpoint"] = endpoint;
        SchemaCheck.Errors(Schema, policy).ShouldBeEmpty();
    }

    private static string[] Matching(string pattern) =>
    [
        .. Directory.EnumerateFiles(Path.Combine(Repository.Root, "config/samples"), pattern).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal),
    ];

    private static AuditPolicy Decode(string file) =>
        JsonSerializer.Deserialize(Repository.Yaml($"config/samples/{file}").ToJsonString(), CrdsJson.Strict.AuditPolicy)!;

    /// <summary>
    /// Whether a field that is absent from its place stands in a comment or, as with the credentials that exclude each other, in another sink.
    /// </summary>
    private static bool ShowsElsewhere(JsonObject sample, string text, string path)
    {
        var segments = path.Split('.');
        var absent = Enumerable.Range(1, segments.Length).First(count => !Shows([sample], string.Join('.', segments[..count])));
        return segments[absent - 1].Replace("[]", "", StringComparison.Ordinal) is "logPath" or "basicAuth" or "bearerTokenSecretRef" or "tls" or "caFile" or "caSecretRef" or "clientCertificateSecretRef" or "serverName"
            && text.Contains($" {segments[absent - 1]}:", StringComparison.Ordinal);
    }

    /// <summary>The fields of a spec that a full sample does not have, and that <paramref name="elsewhere"/> does not find in its text either.</summary>
    private static IEnumerable<string> NotShown(JsonObject schema, string file, Func<JsonObject, string, string, bool> elsewhere)
    {
        var sample = Repository.Yaml($"config/samples/{file}");
        var text = Repository.Text($"config/samples/{file}");
        return SchemaWalk.Nodes(schema)
            .Select(node => node.Path)
            .Where(path => path.StartsWith("spec", StringComparison.Ordinal) && !Shows([sample], path.Replace("{}", "", StringComparison.Ordinal)))
            .Where(path => !elsewhere(sample, text, path));
    }

    /// <summary>Of fields that exclude each other the sample has one, and the others as comments.</summary>
    private static bool IsInComment(string text, string path) =>
        text.Split('\n').Any(line => line.TrimStart().StartsWith('#') && line.Contains($"{path.Split('.')[^1].TrimEnd('[', ']')}:", StringComparison.Ordinal));

    /// <summary>Whether any of <paramref name="nodes"/> has something at a path such as <c>spec.rules[].level</c>.</summary>
    private static bool Shows(IReadOnlyList<JsonNode?> nodes, string path)
    {
        foreach (var segment in path.Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            var name = segment.Replace("[]", "", StringComparison.Ordinal);
            nodes = [.. nodes.Select(node => node?[name]).Where(node => node is not null)];
            if (segment.EndsWith("[]", StringComparison.Ordinal))
            {
                nodes = [.. nodes.SelectMany(node => node!.AsArray())];
            }
        }

        return nodes.Count > 0;
    }
}
