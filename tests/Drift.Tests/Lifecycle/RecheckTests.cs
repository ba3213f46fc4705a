using System.Text;
using Comptroller.Drift.Comparison;
using Comptroller.Drift.Lifecycle;
using Comptroller.Drift.Rules;
using Comptroller.Drift.Scanning;
using Comptroller.Drift.State;

namespace Comptroller.Drift.Tests.Lifecycle;

/// <summary>What a full comparison ends: exactly what it looked at and found alike.</summary>
public sealed class RecheckTests
{
    private const string Alike = "a full comparison found this attribute alike";
    private const string None = "a full comparison found no difference";

    private static readonly string[] Resources =
    [
        Given.Resource("aws_instance", "web", """{"id":"i-1","instance_type":"t3.micro","ebs_optimized":false}"""),
        Given.Resource("aws_instance", "db", """{"id":"i-2","instance_type":"t3.micro","ebs_optimized":false}"""),
    ];

    [Theory]
    [InlineData("aws_instance.web", "ebs_optimized", FindingKind.Modified, null)]
    [InlineData("aws_instance.web", "instance_type", FindingKind.Modified, Alike)]
    [InlineData("aws_instance.web", Finding.WholeResource, FindingKind.Modified, null)]
    [InlineData("aws_instance.web", "name_of_an_event", FindingKind.Modified, null)]
    [InlineData("aws_instance.web", Finding.DeletedResource, FindingKind.Deleted, "a full comparison found the resource")]
    [InlineData("aws_instance.db", "instance_type", FindingKind.Modified, None)]
    [InlineData("aws_instance.db", Finding.WholeResource, FindingKind.Modified, None)]
    [InlineData("aws_instance.db", Finding.UnmanagedResource, FindingKind.Unmanaged, null)]
    public async Task Of_a_resource_that_differs_in_one_attribute_the_others_are_over(string address, string attribute, FindingKind kind, string? reason) => (await ResolutionAsync(
        """{"format_version":"1.2","resource_drift":[{"address":"aws_instance.web","mode":"managed","type":"aws_instance","change":{"actions":["update"],"before":{"id":"i-1","ebs_optimized":false},"after":{"id":"i-1","ebs_optimized":true}}}]}""",
        address, attribute, kind)).ShouldBe(reason);

    [Theory]
    [InlineData("aws_instance.web", "instance_type", FindingKind.Modified, null)]
    [InlineData("aws_instance.web", Finding.DeletedResource, FindingKind.Deleted, null)]
    public async Task Of_a_resource_that_is_gone_nothing_is_over(string address, string attribute, FindingKind kind, string? reason) => (await ResolutionAsync(
        """{"format_version":"1.2","resource_drift":[{"address":"aws_instance.web","mode":"managed","type":"aws_instance","change":{"actions":["delete"],"before":{"id":"i-1"},"after":null}}]}""", address, attribute, kind)).ShouldBe(reason);

    [Fact]
    public async Task A_plan_that_names_a_resource_and_no_attribute_ends_nothing_of_it()
    {
        const string Plan = """
            {"type":"version","terraform":"1.9.0"}
            {"type":"refresh_complete","hook":{"resource":{"addr":"aws_instance.web"},"id_key":"id","id_value":"i-1"}}
            {"type":"resource_drift","change":{"resource":{"addr":"aws_instance.web","resource_type":"aws_instance"},"action":"update"}}
            {"type":"change_summary","changes":{}}
            """;
        (await ResolutionAsync(Plan, "aws_instance.web", "instance_type")).ShouldBeNull();
        (await ResolutionAsync(Plan, "aws_instance.db", "instance_type")).ShouldBeNull("it was not looked at");
    }

    [Fact]
    public async Task A_resource_that_was_read_and_not_found_to_differ_is_over_and_others_are_not()
    {
        const string Plan = """
            {"type":"version","terraform":"1.9.0"}
            {"type":"refresh_complete","hook":{"resource":{"addr":"aws_instance.db"},"id_key":"id","id_value":"i-2"}}
            {"type":"change_summary","changes":{}}
            """;
        (await ResolutionAsync(Plan, "aws_instance.db", "instance_type")).ShouldBe(None);
        (await ResolutionAsync(Plan, "aws_instance.web", "instance_type")).ShouldBeNull();
    }

    [Fact]
    public async Task A_plan_of_one_state_says_nothing_of_another_with_the_same_addresses()
    {
        var states = StateIndex.Of([await StateAsync("a.tfstate", "i-1"), await StateAsync("b.tfstate", "i-9")]);
        const string Plan = """{"format_version":"1.2","prior_state":{"values":{"root_module":{"child_modules":[{"resources":[{"address":"aws_instance.web","mode":"managed","values":{"id":"i-9"}}]}]}}},"resource_drift":[]}""";
        var report = PlanReader.Read(Encoding.UTF8.GetBytes(Plan), "plan", states, RuleBook.Default, Given.Now);
        Recheck.Resolution(Drift("aws_instance.web", "instance_type") with { ResourceId = "i-9", State = "b.tfstate" }, report, states, isOnly: false).ShouldBe(None);
        Recheck.Resolution(Drift("aws_instance.web", "instance_type") with { State = "a.tfstate" }, report, states, isOnly: false).ShouldBeNull();
        var silent = PlanReader.Read("""{"format_version":"1.2","resource_drift":[]}"""u8.ToArray(), "plan", states, RuleBook.Default, Given.Now);
        Recheck.Resolution(Drift("aws_instance.web", "instance_type") with { State = "a.tfstate" }, silent, states, isOnly: false).ShouldBeNull("it does not say which state it is of");
    }

    private static async Task<string?> ResolutionAsync(string plan, string address, string attribute, FindingKind kind = FindingKind.Modified)
    {
        var state = await Given.State(Resources);
        var report = PlanReader.Read(Encoding.UTF8.GetBytes(plan), "plan", state, RuleBook.Default, Given.Now);
        return Recheck.Resolution(Drift(address, attribute, kind), report, state, isOnly: true);
    }

    private static async Task<StateIndex> StateAsync(string source, string id)
    {
        var builder = new StateIndexBuilder();
        var text = $$"""{"version":4,"serial":1,"lineage":"l","resources":[{{Given.Resource("aws_instance", "web", $$"""{"id":"{{id}}","instance_type":"t3.micro"}""")}}]}""";
        await StateReader.ReadAsync(new MemoryStream(Encoding.UTF8.GetBytes(text)), source, builder, CancellationToken.None);
        return builder.Build();
    }

    private static DriftRecord Drift(string address, string attribute, FindingKind kind = FindingKind.Modified) => new()
    {
        Id = "d",
        Kind = kind,
        Provider = "aws",
        Type = "aws_instance",
        ResourceId = address == "aws_instance.web" ? "i-1" : "i-2",
        Address = address,
        State = "test.tfstate",
        Attribute = attribute,
        Severity = Severity.Medium,
        Status = DriftStatus.Open,
        FirstSeen = Given.Now,
        LastSeen = Given.Now,
    };
}
