using System.Text;
using Comptroller.Drift.Rules;

namespace Comptroller.Drift.Tests.Rules;

public sealed class BaselineTests
{
    [Fact]
    public async Task What_is_in_the_baseline_is_quiet_as_long_as_it_is_what_it_was()
    {
        var state = await Given.State(Given.Resource("aws_instance", "web", """{"id":"i-1","instance_type":"t3.micro"}"""));
        using var file = new MemoryStream();
        Baseline.Write(Given.Judged(Alert("t3.large"), state).Findings, file);
        Encoding.UTF8.GetString(file.ToArray()).ShouldSatisfyAllConditions(it => it.ShouldContain("aws_instance.web: instance_type"), it => it.ShouldNotContain("t3.large"));
        var rules = new RuleBook { Baseline = Baseline.Read(file.ToArray(), "baseline.json") };
        Given.Judged(Alert("t3.large"), state, rules).Findings.Single().Suppression.ShouldBe("baseline");
        Given.Judged(Alert("m7.large"), state, rules).Findings.Single().Suppression.ShouldBeNull("it is another value");
    }

    [Theory]
    [InlineData("{", "not JSON")]
    [InlineData("{}", "no baseline")]
    [InlineData("""{"version":1,"drifts":[{"value":""}]}""", "drifts[0] has no id")]
    public void A_file_that_is_none_is_refused(string text, string why) =>
        Should.Throw<FormatException>(() => Baseline.Read(Encoding.UTF8.GetBytes(text), "baseline.json")).Message.ShouldSatisfyAllConditions(it => it.ShouldContain("baseline.json"), it => it.ShouldContain(why));

    private static string Alert(string type) => Given.Alert($$"""{"ct.name":"ModifyInstanceAttribute","ct.request.instanceid":"i-1","ct.request.instancetype":"{{type}}"}""");
}
