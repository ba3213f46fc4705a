using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Comptroller.Drift.Events;
using Comptroller.Kubernetes.Yaml;
using Comptroller.Operator.DriftWatches.Rendering;

namespace Comptroller.Operator.Tests.DriftWatches;

/// <summary>The shipped Falco rules put out what judging needs, by fields that the plugins really have.</summary>
public sealed class FalcoRulesTests
{
    /// <summary>Fields of Falco's cloudtrail plugin 0.17.</summary>
    private const string CloudTrail =
        "ct.id ct.error ct.errormessage ct.time ct.src ct.shortsrc ct.name ct.user ct.originaluser ct.user.accountid ct.user.identitytype ct.user.principalid ct.user.arn ct.region ct.response ct.request "
        + "ct.srcip ct.useragent ct.info ct.managementevent ct.readonly ct.requestid ct.eventtype ct.apiversion ct.resources ct.recipientaccountid evt.num";

    /// <summary>Fields of Falco's gcpaudit plugin.</summary>
    private const string GcpAudit =
        "gcp.user gcp.callerIP gcp.userAgent gcp.authorizationInfo gcp.serviceName gcp.policyDelta gcp.request gcp.methodName gcp.location gcp.projectId gcp.resourceName gcp.resourceType gcp.resourceLabels "
        + "gcp.storage.bucket gcp.time evt.num";

    [Theory]
    [InlineData("aws", "aws_cloudtrail", CloudTrail)]
    [InlineData("gcp", "gcp_auditlog", GcpAudit)]
    public void A_rule_uses_fields_of_its_plugin_only(string cloud, string source, string fields)
    {
        var rule = Rule(cloud);
        ((string)rule["source"]!).ShouldBe(source);
        var used = Regex.Matches($"{rule["output"]} {rule["condition"]}", @"(?<=%|\b)(ct|gcp|evt)\.[A-Za-z.]*[A-Za-z]", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1)).Select(match => match.Value).Distinct().ToList();
        used.Count.ShouldBeGreaterThan(5);
        used.Except(fields.Split(' ')).ShouldBeEmpty();
    }

    [Fact]
    public void What_the_rule_for_AWS_puts_out_of_a_call_is_understood_in_full()
    {
        var understood = Understood("aws", new Dictionary<string, string>
        {
            ["ct.name"] = "UpdateFunctionConfiguration20150331v2",
            ["ct.src"] = "lambda.amazonaws.com",
            ["ct.region"] = "eu-central-1",
            ["ct.readonly"] = "false",
            ["ct.srcip"] = "198.51.100.7",
            ["ct.useragent"] = "aws-cli/2",
            ["ct.user"] = "Operator",
            ["ct.originaluser"] = "mallory",
            ["ct.user.identitytype"] = "AssumedRole",
            ["ct.user.arn"] = "arn:aws:sts::123456789012:assumed-role/Operator/mallory",
            ["ct.request"] = """{"functionName":"resize","memorySize":512}""",
            ["ct.time"] = "2026-03-01T10:00:00Z",
        });
        var change = understood.Events.ShouldHaveSingleItem();
        change.Type.ShouldBe("aws_lambda_function");
        change.Ids.ShouldContain("resize");
        change.Actor.Name.ShouldBe("mallory");
        change.SourceAddress.ShouldBe("198.51.100.7");
        change.UserAgent.ShouldBe("aws-cli/2");
        change.Time.ShouldBe(new DateTimeOffset(2026, 3, 1, 10, 0, 0, TimeSpan.Zero));
        change.Changes.ShouldContain(each => each.Attribute == "memory_size");
    }

    [Fact]
    public void What_the_rule_for_Google_Cloud_puts_out_of_a_call_is_understood()
    {
        var change = Understood("gcp", new Dictionary<string, string>
        {
            ["gcp.methodName"] = "v1.compute.instances.setMachineType",
            ["gcp.resourceName"] = "projects/acme/zones/europe-west1-b/instances/web",
            ["gcp.projectId"] = "acme",
            ["gcp.user"] = "eve@example.com",
            ["gcp.callerIP"] = "198.51.100.7",
            ["gcp.userAgent"] = "gcloud",
            ["gcp.request"] = """{"machineType":"zones/europe-west1-b/machineTypes/n2-standard-8"}""",
        }).Events.ShouldHaveSingleItem();
        change.Type.ShouldBe("google_compute_instance");
        change.Actor.Name.ShouldBe("eve@example.com");
        change.SourceAddress.ShouldBe("198.51.100.7");
    }

    [Fact]
    public void A_watch_hands_out_the_very_files_that_are_in_deploy()
    {
        var files = FalcoObjects.Configuration(new() { Name = "cloud", Namespace = "security" }, Watches.Of($"{{{Watches.Sound}}}").Spec).Body["data"]!;
        foreach (var cloud in (string[])["aws", "gcp"])
        {
            ((string)files[$"driftwatch-{cloud}.yaml"]!).ShouldBe(File.ReadAllText(Repository.PathOf("deploy", "falco", $"driftwatch-{cloud}.yaml")));
        }

        ((string)files["falco.yaml"]!).ShouldContain("http://cloud-drift.security.svc:8080/api/v1/falco/events");
        ((string)files["falcosidekick.yaml"]!).ShouldContain("http://cloud-drift.security.svc:8080/api/v1/falco/events");
    }

    [Fact]
    public void A_token_leads_to_Falcosidekick_and_a_certificate_to_Falco_itself()
    {
        Data("intake: {tokenSecretRef: {name: a, key: t}}", "falco.yaml").ShouldContain("cannot send");
        Data("intake: {tokenSecretRef: {name: a, key: t}}", "falcosidekick.yaml").ShouldContain("WEBHOOK_CUSTOMHEADERS");
        Data("intake: {tls: {secretRef: {name: a}, clientCASecretRef: {name: a, key: ca.crt}}}", "falco.yaml").ShouldContain("mtls: true");

        static string Data(string spec, string file) =>
            (string)FalcoObjects.Configuration(new() { Name = "cloud", Namespace = "security" }, Watches.Of($"{{{spec}, {Watches.Sound}}}").Spec).Body["data"]![file]!;
    }

    /// <summary>An alert as Falco makes it: the fields that the rule's output names, and no other.</summary>
    private static Understanding Understood(string cloud, Dictionary<string, string> call)
    {
        var rule = Rule(cloud);
        var output = (string)rule["output"]!;
        var fields = new JsonObject();
        foreach (var (name, value) in call.Where(field => Regex.IsMatch(output, $@"%{Regex.Escape(field.Key)}(?![A-Za-z.]*[A-Za-z])", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1))))
        {
            fields[name] = value;
        }

        var alert = new JsonObject { ["source"] = (string)rule["source"]!, ["rule"] = (string)rule["rule"]!, ["time"] = "2026-03-01T10:00:05Z", ["priority"] = "Notice", ["output_fields"] = fields };
        var understood = new List<Understanding>();
        AuditRecords.Read(Encoding.UTF8.GetBytes(alert.ToJsonString()), understood);
        return understood.ShouldHaveSingleItem();
    }

    private static JsonObject Rule(string cloud) =>
        YamlReader.ReadFirst(FalcoObjects.Rules(cloud)).Root!.AsArray().OfType<JsonObject>().Single(item => item["rule"] is not null);
}
