using System.Text;
using System.Text.Json;
using Comptroller.Drift.Comparison;
using Comptroller.Drift.Reports;
using Comptroller.Drift.Rules;
using Comptroller.Drift.Scanning;
using Comptroller.Drift.State;

namespace Comptroller.Drift.Tests.Scanning;

public sealed class ScanTests
{
    private const string Messages = """
        {"@level":"info","type":"version","terraform":"1.9.0","ui":"1.2"}
        {"@level":"info","type":"resource_drift","change":{"resource":{"addr":"module.a.aws_instance.web[\"x\"]","module":"module.a","resource":"aws_instance.web","resource_type":"aws_instance","resource_name":"web"},"action":"update"}}
        {"@level":"info","type":"resource_drift","change":{"resource":{"addr":"aws_vpc.gone","resource_type":"aws_vpc","resource_name":"gone"},"action":"delete"}}
        {"@level":"info","type":"change_summary","changes":{"add":0,"change":0,"remove":0,"operation":"plan"}}
        """;

    private const string Plan = """
        {"format_version":"1.2","resource_drift":[
          {"address":"aws_db_instance.main","mode":"managed","type":"aws_db_instance","name":"main","change":{"actions":["update"],
            "before":{"id":"db-1","publicly_accessible":false,"password":"old-secret","tags":{}},"after":{"id":"db-1","publicly_accessible":true,"password":"new-secret","tags":null},
            "before_sensitive":{"password":true},"after_sensitive":{"password":true}}},
          {"address":"aws_iam_role.r","mode":"managed","type":"aws_iam_role","name":"r","change":{"actions":["delete"],"before":{"id":"r"},"after":null}}]}
        """;

    [Theory]
    [InlineData("""{"format_version":"1.0","terraform_version":"1.9.0","values":{"root_module":{}}}""", "no plan but a state")]
    [InlineData("""{"format_version":"1.0","valid":true,"error_count":0}""", "no plan")]
    [InlineData("""{"format_version":"1.0","provider_schemas":{}}""", "no plan")]
    [InlineData("""{"format_version":"1.2","planned_values":{},"resource_changes":[],"errored":true}""", "the plan failed")]
    [InlineData("""{"format_version":"1.2","planned_values":{},"resource_drift":[{"address":"a.\ud800","mode":"managed","type":"a","change":{"actions":["delete"]}}]}""", "a text in the plan is none")]
    public void What_is_no_plan_is_never_clean(string document, string message) =>
        Should.Throw<FormatException>(() => PlanReader.Read(Encoding.UTF8.GetBytes(document), "p.json", StateIndex.Empty, RuleBook.Default, Given.Now)).Message.ShouldContain(message);

    [Theory]
    [InlineData("", "inventory:1: this is not JSON")]
    [InlineData("""{"provider":"aws","types":"aws_vpc","resources":[]}""", "\"types\" must be a list")]
    [InlineData("""{"provider":"aws","types":[7],"resources":[]}""", "\"types\" must be a list")]
    [InlineData("""{"provider":"aws","resources":[{"id":"a","type":"aws_vpc","atributes":{}}]}""", "resources[0]: unknown field \"atributes\"")]
    [InlineData("""{"provider":"aws","resources":[7]}""", "resources[0]: must be an object")]
    [InlineData("""{"provider":"aws","resources":[{"id":"\ud800","type":"aws_vpc"}]}""", "a text in it is none")]
    public void An_inventory_that_cannot_be_right_is_refused_with_its_place(string document, string message) =>
        Should.Throw<FormatException>(() => Inventory.Read(Encoding.UTF8.GetBytes(document), "inventory")).Message.ShouldContain(message);

    [Fact]
    public void Messages_of_a_plan_name_what_drifted()
    {
        var report = Read(Messages);
        report.Findings.Select(finding => (finding.Kind, finding.Address)).ShouldBe([(FindingKind.Deleted, "aws_vpc.gone"), (FindingKind.Modified, "module.a.aws_instance.web[\"x\"]")]);
        report.Drifted.ShouldBe(2);
        report.Coverage.ShouldBeNull();
    }

    [Fact]
    public void A_plan_file_has_the_values_and_keeps_its_secrets()
    {
        var report = Read(Plan);
        report.Findings.Select(finding => (finding.Severity, finding.Kind, finding.Attribute)).ShouldBe(
        [
            (Severity.Critical, FindingKind.Modified, "publicly_accessible"),
            (Severity.Critical, FindingKind.Deleted, Finding.DeletedResource),
            (Severity.Medium, FindingKind.Modified, "password"),
        ]);
        var text = Json(report) + TextReport.Of(report) + HtmlReport.Of(report, Given.Now);
        text.ShouldNotContain("old-secret");
        text.ShouldNotContain("new-secret");
    }

    [Theory]
    [InlineData("", "the plan is empty")]
    [InlineData("hello", "not JSON")]
    [InlineData("{\"a\":1}", "this is no plan")]
    [InlineData("{\"type\":\"version\"}", "breaks off")]
    [InlineData("{\"type\":\"version\"}\n{\"type\":\"diagnostic\",\"diagnostic\":{\"severity\":\"error\",\"summary\":\"No credentials\",\"detail\":\"none found\"}}", "the plan failed: No credentials: none found")]
    public void What_is_no_whole_plan_is_an_error_and_never_clean(string text, string message) => Should.Throw<FormatException>(() => Read(text)).Message.ShouldContain(message);

    [Theory]
    [InlineData("""{"vpc_id":"vpc-1","instance_type":"t3.micro"}""", 0)]
    [InlineData("""{"instance_type":"t3.large"}""", 1)]
    public async Task Fields_that_one_side_does_not_have_are_not_compared(string attributes, int drifted)
    {
        var state = await Given.State(Given.Resource("aws_instance", "i", """{"id":"i-1","instance_type":"t3.micro"}"""));
        Compare(state, "aws", $$"""[{"id":"i-1","type":"aws_instance","attributes":{{attributes}}}]""").Drifted.ShouldBe(drifted);
    }

    [Theory]
    [InlineData("internet-facing", 0)]
    [InlineData("internal", 1)]
    public async Task A_load_balancer_is_compared_by_what_Terraform_calls_its_fields(string scheme, int drifted)
    {
        var state = await Given.State(Given.Resource("aws_lb", "l", """{"id":"arn:lb","arn":"arn:lb","load_balancer_type":"application","internal":false}"""));
        Compare(state, "aws", $$$"""[{"id":"arn:lb","type":"aws_lb","attributes":{"type":"application","scheme":"{{{scheme}}}"}}]""").Drifted.ShouldBe(drifted);
    }

    [Fact]
    public async Task Rules_for_the_group_itself_for_prefix_lists_and_for_all_protocols_are_the_same_on_both_sides()
    {
        var state = await Given.State(Given.Resource("aws_security_group", "g", """
            {"id":"sg-1","ingress":[{"protocol":"-1","from_port":0,"to_port":0,"self":true},{"protocol":"tcp","from_port":443,"to_port":443,"prefix_list_ids":["pl-1"],"ipv6_cidr_blocks":["fd00:0::/48"]}]}
            """));
        Compare(state, "aws", """
            [{"id":"sg-1","type":"aws_security_group","attributes":{},"ingress_permissions":[
              {"IpProtocol":"all","FromPort":-1,"ToPort":-1,"UserIdGroupPairs":[{"GroupId":"sg-1","UserId":"1"}]},
              {"IpProtocol":"6","FromPort":443,"ToPort":443,"PrefixListIds":[{"PrefixListId":"pl-1"}],"Ipv6Ranges":[{"CidrIpv6":"fd00::/48"}]}]}]
            """).Drifted.ShouldBe(0);
    }

    [Fact]
    public async Task Names_stand_in_for_ids_and_data_sources_are_nobodys()
    {
        var state = await Given.State(
            Given.Resource("google_storage_bucket", "b", """{"id":"x","name":"bkt","location":"EU"}"""),
            """{"mode":"data","type":"google_compute_network","name":"d","instances":[{"attributes":{"id":"net"}}]}""");
        var report = Compare(state, "gcp", """[{"id":"projects/p/buckets/bkt","type":"google_storage_bucket","name":"bkt","attributes":{"location":"EU"}},{"id":"net","type":"google_compute_network","name":"net","attributes":{}}]""");
        report.Findings.Single().ShouldSatisfyAllConditions(finding => finding.Kind.ShouldBe(FindingKind.Unmanaged), finding => finding.ResourceId.ShouldBe("net"));
        report.Coverage.ShouldBe(0.5);
    }

    [Theory]
    [InlineData(0, true, 0, 0)]
    [InlineData(1, true, 2, 2)]
    [InlineData(7, true, 2, 7)]
    [InlineData(1000, true, 2, 250)]
    [InlineData(7, false, 0, 0)]
    public void Exit_codes_tell_drift_from_errors(int drifted, bool fails, int code, int count) =>
        (ScanExitCode.Of(drifted, fails), ScanExitCode.Counted(drifted, fails)).ShouldBe((code, count));

    [Fact]
    public void Reports_are_what_their_readers_expect()
    {
        var report = Read(Plan);
        using var sarif = new MemoryStream();
        SarifReport.Write(report, sarif);
        var root = JsonElement.Parse(sarif.ToArray());
        root.GetProperty("version").GetString().ShouldBe("2.1.0");
        var results = root.GetProperty("runs")[0].GetProperty("results");
        results.GetArrayLength().ShouldBe(3);
        var rules = root.GetProperty("runs")[0].GetProperty("tool").GetProperty("driver").GetProperty("rules").EnumerateArray().Select(rule => rule.GetProperty("id").GetString()).ToList();
        results.EnumerateArray().ShouldAllBe(result => rules.Contains(result.GetProperty("ruleId").GetString()));
        JsonElement.Parse(Json(report)).GetProperty("summary").GetProperty("drifted_resources").GetInt32().ShouldBe(2);
        TextReport.Of(report).ShouldBe("""
            SEVERITY  KIND      RESOURCE              ATTRIBUTE            CHANGE
            critical  modified  aws_db_instance.main  publicly_accessible  false -> true
            critical  deleted   aws_iam_role.r
            medium    modified  aws_db_instance.main  password             (sensitive) -> (sensitive)

            2 drifted resources, 0 compared

            """);
    }

    [Fact]
    public void Hostile_values_stay_text_in_every_report()
    {
        var report = Read("""{"format_version":"1.2","resource_drift":[{"address":"aws_vpc.v","mode":"managed","type":"aws_vpc","name":"v","change":{"actions":["update"],"before":{"a":"<script>alert(1)</script>"},"after":{"a":"\u001b[31mred"}}}]}""");
        HtmlReport.Of(report, Given.Now).ShouldNotContain("<script>");
        TextReport.Of(report).ShouldNotContain("\u001b");
    }

    private static ScanReport Read(string text) => PlanReader.Read(Encoding.UTF8.GetBytes(text), "plan", StateIndex.Empty, RuleBook.Default, Given.Now);

    private static ScanReport Compare(StateIndex state, string provider, string resources) => InventoryComparison.Run(
        state, Inventory.Read(Encoding.UTF8.GetBytes($$"""{"provider":"{{provider}}","resources":{{resources}}}"""), "inventory"), RuleBook.Default, Given.Now);

    private static string Json(ScanReport report)
    {
        using var buffer = new MemoryStream();
        JsonReport.Write(report, Given.Now, buffer);
        return Encoding.UTF8.GetString(buffer.ToArray());
    }
}
