using System.Text.Json.Nodes;
using Comptroller.Drift.Api.Access;
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
    public void Every_key_of_serving_and_telling_has_an_effect()
    {
        var config = Read("""
            {"tls":{"certificateFile":"c","keyFile":"k","clientCAFile":"a"},
             "api":{"adminTokenFile":"adm","anonymous":["read","intake"],"jwt":{"issuer":"i","audience":"a","secretFiles":["s"],"publicKeyFiles":["p"],"keysFile":"j","scopeClaim":"scp","leeway":"5s"},
                    "rateLimit":{"perMinute":7,"burst":8},"trustedProxies":["10.0.0.0/8","192.0.2.1"],"corsOrigins":["https://ui.example.com"],"streams":9},
             "notifications":{"groupWindow":"1m","giveUpAfter":"2h","allowedNetworks":["127.0.0.1/32"],"channels":[
                {"name":"a","type":"slack","urlFile":"env:SLACK","severity":"high","types":["aws_*"],"kinds":["deleted"],"resolved":false},
                {"name":"b","type":"webhook","url":"https://siem.example.com/x","secretFile":"s","tokenFile":"t"},
                {"name":"c","type":"alertmanager","url":"http://am:9093"}]}}
            """);
        config.Tls.ShouldBe(new TlsConfig("c", "k", "a"));
        (config.Api.AdminTokenFile, config.Api.Anonymous, config.Api.Streams).ShouldBe(("adm", Scopes.Read | Scopes.Intake, 9));
        config.Api.RateLimit.ShouldBe(new RateLimitConfig { PerMinute = 7, Burst = 8 });
        (config.Api.Jwt!.Issuer, config.Api.Jwt.Audience, config.Api.Jwt.KeysFile, config.Api.Jwt.ScopeClaim, config.Api.Jwt.Leeway).ShouldBe(("i", "a", "j", "scp", TimeSpan.FromSeconds(5)));
        (config.Api.Jwt.SecretFiles.Single(), config.Api.Jwt.PublicKeyFiles.Single()).ShouldBe(("s", "p"));
        config.Api.TrustedProxies.Select(network => network.ToString()).ShouldBe(["10.0.0.0/8", "192.0.2.1/32"]);
        config.Api.CorsOrigins.ShouldBe(["https://ui.example.com"]);
        (config.Notifications.GroupWindow, config.Notifications.GiveUpAfter, config.Notifications.AllowedNetworks.Length).ShouldBe((TimeSpan.FromMinutes(1), TimeSpan.FromHours(2), 1));
        var slack = config.Notifications.Channels[0];
        (slack.Name, slack.Type, slack.UrlFile, slack.Severity, slack.Types.Single().Pattern, slack.Kinds.Single(), slack.Resolved).ShouldBe(("a", ChannelType.Slack, "env:SLACK", Severity.High, "aws_*", FindingKind.Deleted, false));
        var webhook = config.Notifications.Channels[1];
        (webhook.Url, webhook.SecretFile, webhook.TokenFile, webhook.Resolved).ShouldBe((new Uri("https://siem.example.com/x"), "s", "t", true));
        config.Notifications.Channels[2].Type.ShouldBe(ChannelType.Alertmanager);
    }

    [Theory]
    [InlineData("""{"tls":{"certificateFile":"c"}}""", "\"keyFile\" is required")]
    [InlineData("""{"api":{"anonymous":["root"]}}""", "\"root\" is none of read, write, intake, admin")]
    [InlineData("""{"api":{"jwt":{"issuer":"i","audience":"a"}}}""", "which keys?")]
    [InlineData("""{"api":{"jwt":{"issuer":"i","secretFiles":["s"]}}}""", "\"audience\" is required")]
    [InlineData("""{"api":{"jwt":{"issuer":"i","audience":"a","secretFiles":["s"],"leeway":"1h"}}}""", "clocks more than 10m apart")]
    [InlineData("""{"api":{"rateLimit":{"burst":0}}}""", "api.rateLimit.burst: must be a whole number from 1")]
    [InlineData("""{"api":{"trustedProxies":["everybody"]}}""", "\"everybody\" is no network")]
    [InlineData("""{"api":{"corsOrigins":["*"]}}""", "\"*\" is no origin")]
    [InlineData("""{"api":{"corsOrigins":["https://a.example.com/path"]}}""", "is no origin")]
    [InlineData("""{"notifications":{"channels":[{"name":"a","type":"pager","url":"https://x"}]}}""", "\"pager\" is none of slack, discord, teams, webhook, alertmanager")]
    [InlineData("""{"notifications":{"channels":[{"name":"a","type":"slack","url":"https://hooks.slack.com/x"}]}}""", "keep it in a file")]
    [InlineData("""{"notifications":{"channels":[{"name":"a","type":"webhook"}]}}""", "either url or urlFile")]
    [InlineData("""{"notifications":{"channels":[{"name":"a","type":"webhook","url":"ftp://x"}]}}""", "must begin with http:// or https://")]
    [InlineData("""{"notifications":{"channels":[{"name":"a","type":"webhook","url":"https://u:p@x"}]}}""", "holds a password")]
    [InlineData("""{"notifications":{"channels":[{"name":"a","type":"teams","urlFile":"f","secretFile":"s"}]}}""", "only a webhook is signed")]
    [InlineData("""{"notifications":{"channels":[{"name":"a","type":"teams","urlFile":"f"},{"name":"a","type":"slack","urlFile":"f"}]}}""", "two channels are called")]
    public void Mistakes_about_serving_and_telling_are_named(string json, string message) => Should.Throw<FormatException>(() => Read(json)).Message.ShouldContain(message);

    [Fact]
    public void An_empty_file_is_the_defaults() => Read("null").GracePeriod.ShouldBe(TimeSpan.FromSeconds(60));

    private static DriftConfig Read(string json) => DriftConfigReader.Read(JsonNode.Parse(json), "c.yaml", _ => 1);
}
