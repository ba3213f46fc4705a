using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Comptroller.AuditPolicies.Loading;
using Comptroller.AuditPolicies.Model;
using Comptroller.AuditPolicies.Rendering.Targets;

namespace Comptroller.AuditPolicies.Tests.Rendering.Targets;

public sealed class TargetTests
{
    private static readonly TargetSource Source = new("audit", "production-audit");

    [Theory]
    [InlineData(null, "v1beta4", true)]
    [InlineData("1.36", "v1beta4", true)]
    [InlineData("1.31", "v1beta4", true)]
    [InlineData("1.30", "v1beta3", false)]
    public void Arguments_of_kubeadm_have_the_shape_that_its_version_reads(string? version, string api, bool list)
    {
        var configuration = Kubeadm(KubernetesVersion.TryParse(version, out var target) ? target : null);
        ((string)configuration["apiVersion"]!).ShouldBe("kubeadm.k8s.io/" + api);
        (configuration["apiServer"]!["extraArgs"] is JsonArray).ShouldBe(list);
        Arguments(configuration).Select(argument => argument.Name)
            .ShouldBe(["audit-policy-file", "audit-log-path", "audit-log-maxage", "audit-log-maxbackup", "audit-log-maxsize"]);
    }

    [Fact]
    public void Kubeadm_mounts_what_its_arguments_name()
    {
        var configuration = Kubeadm(null);
        var volumes = configuration["apiServer"]!["extraVolumes"]!.AsArray();
        var arguments = Arguments(configuration).ToDictionary(argument => argument.Name, argument => argument.Value);
        ((string)volumes[0]!["mountPath"]!).ShouldBe(arguments["audit-policy-file"]);
        ((bool)volumes[0]!["readOnly"]!).ShouldBeTrue();
        arguments["audit-log-path"].ShouldStartWith((string)volumes[1]!["mountPath"]! + "/");
        ((bool)volumes[1]!["readOnly"]!).ShouldBeFalse();
    }

    [Theory]
    [InlineData("1.36")]
    [InlineData("1.30")]
    public void What_kubeadm_had_before_goes_but_for_a_webhook(string version)
    {
        KubernetesVersion.TryParse(version, out var target).ShouldBeTrue();
        var rendered = KubeadmFiles.Render(ReferenceCases.Seed, new LogSettings { Compress = true }, Distribution.Kubeadm.LogPath, target, Source)[1];
        var deletions = Regex.Matches(rendered.Comment, """del\(\.apiServer\.(?<list>\w+)\[\] \| select\((?<names>[^)]*)\)\)""", RegexOptions.None, TimeSpan.FromSeconds(1))
            .ToDictionary(match => match.Groups["list"].Value, match => Regex.Matches(match.Groups["names"].Value, "\\.name == \"(?<name>[^\"]*)\"", RegexOptions.None, TimeSpan.FromSeconds(1)).Select(name => name.Groups["name"].Value).ToList());

        // yq compares with wildcards.
        bool Goes(string list, string name) => deletions[list].Any(pattern => System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false));
        rendered.Content["apiServer"]!["extraVolumes"]!.AsArray().Select(volume => Goes("extraVolumes", (string)volume!["name"]!)).ShouldBe([true, true]);
        Goes("extraVolumes", "audit-webhook").ShouldBeFalse();
        // Of a map, what is merged replaces what was there.
        deletions.ContainsKey("extraArgs").ShouldBe(version == "1.36");
        if (deletions.ContainsKey("extraArgs"))
        {
            Arguments(rendered.Content).Where(argument => !Goes("extraArgs", argument.Name)).ShouldBeEmpty();
            Goes("extraArgs", "audit-log-mode").ShouldBeTrue();
            Goes("extraArgs", "audit-webhook-config-file").ShouldBeFalse();
            Goes("extraArgs", "audit-webhook-batch-max-wait").ShouldBeFalse();
        }
    }

    [Fact]
    public void A_changed_policy_changes_the_manifest_of_kubeadm_or_nothing_would_restart()
    {
        var other = ReferenceCases.Seed with { OmitManagedFields = !ReferenceCases.Seed.OmitManagedFields };
        Kubeadm(null, other)["apiServer"]!.ToJsonString().ShouldNotBe(Kubeadm(null)["apiServer"]!.ToJsonString());
    }

    [Fact]
    public void A_distribution_without_an_audit_log_gets_a_complete_one()
    {
        K3sArguments(null).ShouldBe(
        [
            "audit-policy-file=/etc/rancher/k3s/audit-policy.yaml", "audit-log-path=/var/lib/rancher/k3s/server/logs/audit.log",
            "audit-log-maxage=30", "audit-log-maxbackup=10", "audit-log-maxsize=100",
        ]);
        K3sArguments(new LogSettings { MaxBackups = 40, Compress = true })[2..].ShouldBe(
            ["audit-log-maxage=30", "audit-log-maxbackup=40", "audit-log-maxsize=100", "audit-log-compress=true"]);
    }

    [Fact]
    public void Truncation_is_rendered_for_every_target_and_only_what_was_asked_of_it()
    {
        var log = new LogSettings { Truncate = new Truncation(true, 200_000) };
        string[] wanted = ["audit-log-truncate-enabled=true", "audit-log-truncate-max-event-size=200000"];

        Truncating(K3sArguments(log)).ShouldBe(wanted);
        Truncating(Rke2(log, Distribution.Rke2.LogPath)["kube-apiserver-arg+"]!.AsArray().Select(item => (string)item!)).ShouldBe(wanted);
        Truncating(Arguments(KubeadmFiles.Render(ReferenceCases.Seed, log, Distribution.Kubeadm.LogPath, null, Source)[1].Content).Select(each => $"{each.Name}={each.Value}")).ShouldBe(wanted);
        Truncating(TalosPatch.Legacy(ReferenceCases.Seed, log)["cluster"]!["apiServer"]!["extraArgs"]!.AsObject().Select(each => $"{each.Key}={(string)each.Value!}")).ShouldBe(wanted);
        Truncating(K3sArguments(new LogSettings { Truncate = new Truncation(false) })).ShouldBe(["audit-log-truncate-enabled=false"]);
        Truncating(K3sArguments(null)).ShouldBeEmpty();
        LogFlags.Check(new LogSettings { Truncate = new Truncation(true, 0) }).ShouldHaveSingleItem().Field.ShouldBe("truncate.maxEventSize");
        LogFlags.Check(new LogSettings { Truncate = new Truncation(true, MaxBatchBytes: 100_000) }).ShouldHaveSingleItem().Field.ShouldBe("truncate.maxBatchSize");

        static IEnumerable<string> Truncating(IEnumerable<string> arguments) => arguments.Where(argument => argument.StartsWith("audit-log-truncate-", StringComparison.Ordinal));
    }

    [Fact]
    public void RKE2_gets_only_what_differs_from_its_own()
    {
        Rke2(null, Distribution.Rke2.LogPath).ToJsonString().ShouldBe("""{"audit-policy-file":"/etc/rancher/rke2/audit-policy.yaml"}""");
        Rke2(new LogSettings { MaxAgeDays = 90 }, "/var/lib/rancher/rke2/server/logs/api.log")["kube-apiserver-arg+"]!.AsArray()
            .Select(item => (string)item!).ShouldBe(["audit-log-path=/var/lib/rancher/rke2/server/logs/api.log", "audit-log-maxage=90"]);
    }

    [Fact]
    public void The_policy_file_is_one_that_kube_apiserver_loads()
    {
        foreach (var files in new[] { KubeadmFiles.Render(ReferenceCases.Seed, null, Distribution.Kubeadm.LogPath, null, Source), K3sFiles.Render(ReferenceCases.Seed, null, "/x", Source), Rke2Files.Render(ReferenceCases.Seed, null, "/x", Source) })
        {
            var loaded = PolicyLoader.Load(files[0].Content, UnknownFields.Reject);
            loaded.ErrorText.ShouldBe("");
            PolicyHash.Compute(loaded.Policy!).ShouldBe(PolicyHash.Compute(ReferenceCases.Seed));
        }
    }

    [Fact]
    public void Every_file_says_where_it_comes_from_and_how_to_apply_and_verify_it()
    {
        TargetFile[] files =
        [
            .. TalosFiles.Render(ReferenceCases.Seed, new LogSettings { MaxAgeDays = 60 }, Source),
            KubeadmFiles.Render(ReferenceCases.Seed, null, Distribution.Kubeadm.LogPath, null, Source)[1],
            K3sFiles.Render(ReferenceCases.Seed, null, Distribution.K3s.LogPath, Source)[1],
            Rke2Files.Render(ReferenceCases.Seed, null, Distribution.Rke2.LogPath, Source)[1],
        ];
        foreach (var file in files)
        {
            file.Comment.ShouldContain($"kubectl -n audit get configmap production-audit -o jsonpath='{{.data.{file.Name.Replace(".", @"\.", StringComparison.Ordinal)}}}'");
            file.Comment.ShouldContain("Apply, ");
            file.Comment.ShouldContain("Verify");
        }
    }

    private static JsonObject Kubeadm(KubernetesVersion? version, Policy? policy = null) =>
        KubeadmFiles.Render(policy ?? ReferenceCases.Seed, null, Distribution.Kubeadm.LogPath, version, Source)[1].Content;

    private static JsonObject Rke2(LogSettings? log, string path) => Rke2Files.Render(ReferenceCases.Seed, log, path, Source)[1].Content;

    private static string[] K3sArguments(LogSettings? log) =>
        [.. K3sFiles.Render(ReferenceCases.Seed, log, Distribution.K3s.LogPath, Source)[1].Content["kube-apiserver-arg+"]!.AsArray().Select(item => (string)item!)];

    private static IEnumerable<(string Name, string Value)> Arguments(JsonObject configuration) => configuration["apiServer"]!["extraArgs"] switch
    {
        JsonArray list => list.Select(item => ((string)item!["name"]!, (string)item["value"]!)),
        var map => map!.AsObject().Select(entry => (entry.Key, (string)entry.Value!)),
    };
}
