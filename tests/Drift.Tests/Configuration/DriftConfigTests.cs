using System.Text.Json.Nodes;
using Comptroller.Drift.Comparison;
using Comptroller.Drift.Configuration;
using Comptroller.Drift.Rules;

namespace Comptroller.Drift.Tests.Configuration;

public sealed class DriftConfigTests
{
    [Fact]
    public void Every_key_has_an_effect()
    {
        var config = Read("""
            {"states":[{"address":"https://s/x","user":"u","passwordFile":"p","tokenFile":"t"}],"refreshInterval":"1m","gracePeriod":"0s","listen":"0.0.0.0:9","tokenFile":"tok","store":"d","queue":5,"retention":"7d",
             "rules":[{"name":"r","types":["aws_*"],"attributes":["tags"],"severity":"low"}],
             "ignore":[{"name":"i","types":["a"],"addresses":["b"],"attributes":["c"],"actors":["d"],"kinds":["deleted"],"tags":["e=f"],"until":"2026-01-31T18:00:00Z"}],
             "windows":[{"name":"w","days":["Sat"],"start":"22:00","end":"06:00"},{"name":"o","from":"2026-01-01","to":"2026-01-02"}],
             "iac":{"actors":["ci"],"userAgents":["x"],"requireBoth":true}}
            """);
        (config.RefreshInterval, config.GracePeriod, config.Listen, config.TokenFile, config.Store, config.Queue, config.Retention).ShouldBe(
            (TimeSpan.FromMinutes(1), TimeSpan.Zero, "0.0.0.0:9", "tok", "d", 5, TimeSpan.FromDays(7)));
        config.States.Single().ShouldBe(new StateAddress("https://s/x", "u", "p", "t"));
        config.Rules.Rules.Single().Severity.ShouldBe(Severity.Low);
        config.Rules.Ignore.Single().Kinds.ShouldBe([FindingKind.Deleted]);
        config.Rules.Windows[0].Days.ShouldBe([DayOfWeek.Saturday]);
        config.Rules.Iac.RequireBoth.ShouldBeTrue();
        config.Rules.Iac.Actors.Single().Pattern.ShouldBe("ci");
    }

    [Theory]
    [InlineData("""{"rulez":[]}""", "rulez: unknown key")]
    [InlineData("""{"rules":[{"name":"a","types":["b"],"severity":"huge"}]}""", "rules[0].severity: \"huge\" is none of low, medium, high, critical")]
    [InlineData("""{"rules":[{"name":"a","severity":"low"}]}""", "\"types\" is required")]
    [InlineData("""{"rules":{}}""", "rules: must be a list")]
    [InlineData("""{"ignore":[{"name":"a"}]}""", "this ignores everything")]
    [InlineData("""{"ignore":[{"name":"a","kinds":["x"]}]}""", "\"x\" is none of modified, deleted, unmanaged")]
    [InlineData("""{"windows":[{"name":"a","start":"22:00"}]}""", "either from and to, or start and end")]
    [InlineData("""{"windows":[{"name":"a","from":"2026-02-01","to":"2026-01-01"}]}""", "ends before it starts")]
    [InlineData("""{"refreshInterval":"5"}""", "must be a time such as")]
    [InlineData("""{"queue":0}""", "must be a whole number from 1")]
    [InlineData("""{"states":[{"addres":"x"}]}""", "states[0].addres: unknown key")]
    public void Mistakes_are_named_with_their_line(string json, string message) => Should.Throw<FormatException>(() => Read(json)).Message.ShouldContain(message);

    [Fact]
    public void An_empty_file_is_the_defaults() => Read("null").GracePeriod.ShouldBe(TimeSpan.FromSeconds(60));

    private static DriftConfig Read(string json) => DriftConfigReader.Read(JsonNode.Parse(json), "c.yaml", _ => 1);
}
