using Comptroller.Drift.Comparison;
using Comptroller.Drift.Events;
using Comptroller.Drift.Rules;
using Comptroller.Drift.State;

namespace Comptroller.Drift.Tests.State;

public sealed class StateIndexTests
{
    private const string Call = """{"ct.name":"ModifyInstanceAttribute","ct.request.instanceid":"i-2","ct.request.instancetype":"t3.large"}""";

    [Fact]
    public async Task A_resource_whose_name_has_the_hash_of_another_is_not_taken_for_it()
    {
        var only = (await Given.State(Given.Resource("aws_instance", "one", """{"id":"i-1","instance_type":"t3.micro"}"""))).Parts.Single();
        // What would stand there if the hashes of i-1 and i-2 met.
        var names = new NameTable();
        names.Add("i-1", 0, isWeak: false);
        names.Add(NameTable.Hash("i-2"), 0, isWeak: false);
        var index = new StateIndex([new StatePart(only.Resources, names, only.Providers, only.References)]);

        index.Find(Given.Event(Given.Alert(Call))).Kind.ShouldBe(MatchKind.None);
        index.Named("i-2", Provider.Aws).ShouldBeEmpty();
        Judge.Of(Given.Event(Given.Alert(Call)), index, RuleBook.Default, Given.Now).Findings.ShouldHaveSingleItem().Kind.ShouldBe(FindingKind.Unmanaged);
        index.Find(Given.Event(Given.Alert(Call.Replace("i-2", "i-1", StringComparison.Ordinal)))).Resource!.Name.ShouldBe("one");
    }

    [Theory]
    [InlineData("i-1")]
    [InlineData("arn:aws:ec2:eu-west-1:1:instance/i-1")]
    [InlineData("web-ä\\\"1")]
    public async Task A_resource_is_found_by_each_of_its_names(string written)
    {
        var index = await Given.State(Given.Resource("aws_instance", "one", """{"id":"i-1","arn":"arn:aws:ec2:eu-west-1:1:instance/i-1","name":"web-ä\"1"}"""));
        index.Named(written.Replace("\\", "", StringComparison.Ordinal), Provider.Aws).ShouldHaveSingleItem().Name.ShouldBe("one");
    }

    [Fact]
    public async Task An_id_of_Azure_is_found_in_any_case()
    {
        var index = await Given.State(Given.Resource("azurerm_virtual_network", "net", """{"id":"/subscriptions/S/resourceGroups/R/providers/Microsoft.Network/virtualNetworks/N"}"""));
        index.Named("/SUBSCRIPTIONS/s/resourcegroups/R/providers/microsoft.network/virtualnetworks/n", Provider.Azure).ShouldHaveSingleItem().Name.ShouldBe("net");
    }
}
