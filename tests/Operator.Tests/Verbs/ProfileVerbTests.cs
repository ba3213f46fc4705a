using Comptroller.AuditPolicies.Loading;
using Comptroller.AuditPolicies.Model;
using Comptroller.AuditPolicies.Profiles;
using Comptroller.Kubernetes.Yaml;

namespace Comptroller.Operator.Tests.Verbs;

public sealed class ProfileVerbTests
{
    [Theory]
    [InlineData("Minimal", new string[0])]
    [InlineData("Forensic", new[] { "Rook", "Flux" })]
    public async Task A_printed_profile_is_the_policy_with_the_reason_of_each_rule(string name, string[] addOns)
    {
        var edition = ProfileEdition.Latest;
        var composed = ComposedRules.Of(edition, edition.Profile(name)!, addOns);

        var (exit, output, _) = await CommandLine.RunAsync(["audit-policy", "profile", name, .. addOns.SelectMany(addOn => new[] { "--add-on", addOn })]);

        exit.ShouldBe(0);
        PolicyHash.Compute(PolicyLoader.Load(YamlReader.ReadFirst(output).Root, UnknownFields.Reject).Policy!).ShouldBe(PolicyHash.Compute(composed.Policy));
        var words = string.Join(' ', output.Split('\n').Where(line => line.StartsWith("# ", StringComparison.Ordinal)).Select(line => line[2..]));
        foreach (var rule in composed.Rules)
        {
            words.ShouldContain(rule.Reason);
        }

        output.Split('\n').ShouldAllBe(line => line.Length <= 120);
    }

    [Fact]
    public async Task Without_a_name_everything_there_is_is_listed()
    {
        var (exit, output, _) = await CommandLine.RunAsync("audit-policy", "profile");

        exit.ShouldBe(0);
        foreach (var name in ProfileEdition.Latest.Profiles.Select(profile => profile.Name).Concat(ProfileEdition.Latest.AddOns.Select(addOn => addOn.Name)))
        {
            output.ShouldContain($"  {name} ");
        }
    }

    [Theory]
    [InlineData("known: Minimal, Baseline", "Base")]
    [InlineData("known: 1", "Baseline", "--profile-version", "99")]
    [InlineData("known: Flux", "Baseline", "--add-on", "flux")]
    public async Task What_is_not_known_is_refused_with_what_is(string problem, params string[] args)
    {
        var (exit, output, error) = await CommandLine.RunAsync(["audit-policy", "profile", .. args]);

        exit.ShouldBe(2);
        output.ShouldBeEmpty();
        error.ShouldContain(problem);
    }
}
