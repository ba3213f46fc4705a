using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Comptroller.AuditPolicies.Alerting;
using Comptroller.AuditPolicies.Loading;
using Comptroller.AuditPolicies.Model;
using Comptroller.AuditPolicies.Rendering;
using Comptroller.AuditPolicies.Rendering.Shipping;
using Comptroller.AuditPolicies.Rendering.Targets;

namespace Comptroller.AuditPolicies.Tests.Rendering;

public sealed class RendererTests
{
    // Words that have no place in an audit patch: each of them breaks a cluster or takes something over from someone else.
    private static readonly string[] Forbidden = ["image", "certSANs", "certExtraSANs", "disablePodSecurityPolicy", "audit-policy-file", "audit-log-path"];

    public static TheoryData<string> Cases => [.. GoldenFiles.Cases];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Rendered_objects_are_as_expected(string name)
    {
        var input = GoldenFiles.Input(name);
        if (input["policy"] is { } document)
        {
            var policy = PolicyLoader.Load(document).Policy!;
            var log = Log(input["log"]);
            GoldenFiles.ShouldMatch(name, "talos-legacy.json", TalosPatch.Legacy(policy, log));
            GoldenFiles.ShouldMatch(name, "talos-multidoc.json", TalosPatch.MultiDocument(policy));
            GoldenFiles.ShouldMatch(name, "talos-multidoc-log.json", TalosPatch.MultiDocumentLog(log));
        }

        if (input["fluentBit"] is { } fluentBit)
        {
            GoldenFiles.ShouldMatch(name, "fluent-bit.json", FluentBitConfiguration.Render(FluentBit(fluentBit)));
        }

        if (input["alerts"] is { } alerts)
        {
            GoldenFiles.ShouldMatch(name, "vmrule.json", VmRule.Render(Alerts(alerts)));
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_Talos_patch_holds_nothing_but_audit_settings(string name)
    {
        var input = GoldenFiles.Input(name);
        if (input["policy"] is not { } document)
        {
            return;
        }

        var policy = PolicyLoader.Load(document).Policy!;
        JsonNode?[] patches = [TalosPatch.Legacy(policy, Log(input["log"])), TalosPatch.MultiDocument(policy), TalosPatch.MultiDocumentLog(Log(input["log"]))];
        foreach (var patch in patches.OfType<JsonObject>())
        {
            Names(patch).Intersect(Forbidden, StringComparer.Ordinal).ShouldBeEmpty();
            Names(patch).ShouldNotContain("$patch");
        }

        foreach (var embedded in new[] { patches[0]!["cluster"]!["apiServer"]!["auditPolicy"], patches[1]!["configuration"] })
        {
            // Strictly, as Talos decodes it: what it cannot decode it never writes, and says so in its own log only.
            var loaded = PolicyLoader.Load(embedded, UnknownFields.Reject);
            loaded.ErrorText.ShouldBe("");
            PolicyHash.Compute(loaded.Policy!).ShouldBe(PolicyHash.Compute(policy));
        }
    }

    [Fact]
    public void Log_flags_are_quoted_strings_and_only_those_asked_for()
    {
        var patch = TalosPatch.Legacy(ReferenceCases.Seed, new LogSettings { MaxBackups = 40, Compress = true });
        patch["cluster"]!["apiServer"]!["extraArgs"]!.ToJsonString().ShouldBe("""{"audit-log-maxbackup":"40","audit-log-compress":"true"}""");
        TalosPatch.Legacy(ReferenceCases.Seed)["cluster"]!["apiServer"]!.AsObject().ContainsKey("extraArgs").ShouldBeFalse();
        TalosPatch.MultiDocumentLog(new LogSettings()).ShouldBeNull();
    }

    [Fact]
    public void A_negative_log_setting_is_refused_because_the_API_server_would_not_start()
    {
        var log = new LogSettings { MaxAgeDays = -1 };
        LogFlags.Check(log).ShouldHaveSingleItem().Field.ShouldBe("maxAge");
        Should.Throw<OptionException>(() => TalosPatch.Legacy(ReferenceCases.Seed, log));
    }

    internal static LogSettings? Log(JsonNode? node) => node is null ? null : new LogSettings
    {
        MaxAgeDays = (int?)node["maxAgeDays"],
        MaxBackups = (int?)node["maxBackups"],
        MaxSizeMegabytes = (int?)node["maxSizeMegabytes"],
        Compress = (bool?)node["compress"],
    };

    internal static FluentBitOptions FluentBit(JsonNode node)
    {
        var sink = new VictoriaLogsSink
        {
            Endpoint = new Uri((string)node["endpoint"]!),
            AccountId = (uint?)node["accountId"] ?? 0,
            ProjectId = (uint?)node["projectId"] ?? 0,
            IgnoreFields = Strings(node["ignoreFields"]),
            Tls = new TlsOptions { CaFile = (string?)node["tls"]?["caFile"], ServerName = (string?)node["tls"]?["serverName"] },
            Authentication = node["authentication"] is { } auth ? new Authentication((string)auth["user"]!, new SecretReference((string)auth["secret"]!, (string)auth["key"]!)) : null,
        };
        var options = new FluentBitOptions { Cluster = (string)node["cluster"]!, Sinks = [sink] };
        return options with
        {
            Path = (string?)node["path"],
            StateDirectory = (string?)node["stateDirectory"] ?? options.StateDirectory,
            BufferLimit = (string?)node["bufferLimit"] ?? options.BufferLimit,
            HttpPort = (int?)node["httpPort"] ?? options.HttpPort,
        };
    }

    internal static AlertOptions Alerts(JsonNode node)
    {
        var options = new AlertOptions { Name = (string)node["name"]!, Namespace = (string)node["namespace"]!, Cluster = (string)node["cluster"]! };
        return options with
        {
            ObjectLabels = Map(node["objectLabels"]),
            AlertLabels = Map(node["alertLabels"]),
            SecretReaders = Strings(node["secretReaders"]),
            RoleEditors = Strings(node["roleEditors"]),
            SessionUsers = Strings(node["sessionUsers"]),
            Interval = node["intervalSeconds"] is { } seconds ? TimeSpan.FromSeconds((int)seconds) : options.Interval,
        };
    }

    private static ImmutableArray<string> Strings(JsonNode? node) => node is JsonArray items ? [.. items.Select(item => (string)item!)] : [];

    private static ImmutableSortedDictionary<string, string> Map(JsonNode? node) =>
        (node as JsonObject ?? []).ToImmutableSortedDictionary(entry => entry.Key, entry => (string)entry.Value!);

    private static IEnumerable<string> Names(JsonNode? node) => node switch
    {
        JsonObject members => members.SelectMany(member => Names(member.Value).Prepend(member.Key)),
        JsonArray items => items.SelectMany(Names),
        _ => [],
    };
}
