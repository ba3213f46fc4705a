using System.Text.Json.Nodes;
using Comptroller.AuditPolicies.Delivery;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Tests.Delivery;

public sealed class AppliedVerdictTests
{
    private const string LogPath = "/var/log/kubernetes/audit/audit.log";

    private static readonly string Hash = PolicyHash.Compute(ReferenceCases.Seed);

    private static readonly string Ours = $"--audit-policy-file=/etc/kubernetes/audit/policy-{Hash[..12]}.yaml";

    [Fact]
    public void The_hash_in_the_name_of_the_policy_file_tells() =>
        Judge(Pod("a", Ours), Pod("b", Ours)).ShouldBe(new Verdict("True", "HashMatches", "2 of 2 API servers, such as kube-apiserver-a: runs this policy"));

    [Fact]
    public void One_node_that_lags_behind_is_named()
    {
        var verdict = Judge(Pod("a", Ours), Pod("b", "--audit-policy-file=/etc/kubernetes/audit/policy-0123456789ab.yaml"));
        (verdict.Status, verdict.Reason).ShouldBe(("False", "HashDiffers"));
        verdict.Message.ShouldStartWith("1 of 2 API servers, such as kube-apiserver-b: runs policy 0123456789ab");
    }

    [Fact]
    public void An_annotation_tells_where_the_file_cannot()
    {
        var talos = "--audit-policy-file=/system/config/kubernetes/kube-apiserver/auditpolicy.yaml";
        Judge(Pod("a", talos)).Reason.ShouldBe("HashNotShown");
        Judge(Pod("a", talos)).Status.ShouldBe("Unknown");
        Judge(Pod("a", talos, annotation: Hash)).Reason.ShouldBe("HashMatches");
        Judge(Pod("a", talos, annotation: new string('0', 64))).Reason.ShouldBe("HashDiffers");
        Judge(Pod("a", talos, annotation: "")).Reason.ShouldBe("HashNotShown");
    }

    [Fact]
    public void No_pods_prove_nothing() => Judge().ShouldSatisfyAllConditions(verdict => verdict.Status.ShouldBe("Unknown"), verdict => verdict.Reason.ShouldBe("NoApiServerPods"));

    [Fact]
    public void An_API_server_without_audit_flags_is_a_no()
    {
        Judge(Pod("a", "--v=2")).Reason.ShouldBe("NotConfigured");
        AppliedVerdict.Of(Hash, null, [], ApiServerPod.Among([Manifest("a", [Ours])])).Reason.ShouldBe("NotConfigured");
    }

    [Fact]
    public void Flags_that_contradict_are_a_no_even_where_no_hash_is_shown()
    {
        Judge(Pod("a", Ours, path: "/elsewhere.log")).Reason.ShouldBe("FlagsDiffer");
        Judge(Pod("a", Ours, path: "/elsewhere.log")).Message.ShouldContain("writes to /elsewhere.log, and Fluent Bit reads " + LogPath);
        var asked = new LogSettings { MaxAgeDays = 30, Compress = true };
        Judge(asked, Pod("a", Ours, more: ["--audit-log-maxage=7", "--audit-log-compress"])).Message.ShouldContain("--audit-log-maxage=7, and spec.log asks for 30");
        Judge(asked, Pod("a", Ours, more: ["--audit-log-maxage=30"])).Message.ShouldContain("--audit-log-compress=(its default)");
        Judge(asked, Pod("a", Ours, more: ["--audit-log-maxage=30", "--audit-log-compress"])).Reason.ShouldBe("HashMatches");
    }

    [Fact]
    public void Other_pods_and_odd_ones_are_passed_over() =>
        ApiServerPod.Among([new JsonObject(), (JsonObject)JsonNode.Parse("""{"metadata": {"name": "etcd-a"}}""")!, (JsonObject)JsonNode.Parse("""{"metadata": {"name": 3, "annotations": []}, "spec": {"containers": [7]}}""")!]).ShouldBeEmpty();

    private static Verdict Judge(params ApiServerPod[] pods) => Judge(null, pods);

    private static Verdict Judge(LogSettings? log, params ApiServerPod[] pods) => AppliedVerdict.Of(Hash, log, [LogPath], [.. pods]);

    private static ApiServerPod Pod(string node, string policy, string path = LogPath, string? annotation = null, params string[] more)
    {
        var pod = Manifest(node, ["kube-apiserver", policy, "--audit-log-path=" + path, .. more]);
        if (annotation is not null)
        {
            pod["metadata"]!["annotations"] = new JsonObject { [AppliedVerdict.Annotation] = annotation };
        }

        return ApiServerPod.Among([pod]).ShouldHaveSingleItem();
    }

    private static JsonObject Manifest(string node, string[] command) => new()
    {
        ["metadata"] = new JsonObject { ["name"] = "kube-apiserver-" + node },
        ["spec"] = new JsonObject
        {
            ["containers"] = new JsonArray(new JsonObject { ["name"] = "kube-apiserver", ["command"] = new JsonArray([.. command.Select(word => (JsonNode)word)]) }),
        },
    };
}
