using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Rendering.Targets;

/// <summary>
/// The policy and the part of a ClusterConfiguration that gives a kubeadm control plane an audit log: kubeadm sets none up by itself. The
/// name of the policy file holds the policy's hash, because kubelet restarts kube-apiserver only when its manifest changes.
/// </summary>
public static class KubeadmFiles
{
    public const string Configuration = "kubeadm.yaml";

    private const string PolicyVolume = "audit-policy";
    private const string LogVolume = "audit-log";
    private const string PolicyDirectory = "/etc/kubernetes/audit";

    /// <summary>The first kubeadm that reads v1beta4, in which arguments are a list.</summary>
    private static readonly KubernetesVersion ListOfArguments = new(1, 31);

    /// <param name="policy">What is recorded.</param>
    /// <param name="log">Rotation asked for; what is absent is as Talos and RKE2 have it.</param>
    /// <param name="logPath">The file to write, in the directory of <see cref="Distribution.Kubeadm"/>.</param>
    /// <param name="version">Of the cluster; null means a current one.</param>
    /// <param name="source">Where the files can be had.</param>
    public static ImmutableArray<TargetFile> Render(Policy policy, LogSettings? log, string logPath, KubernetesVersion? version, TargetSource source)
    {
        var policyPath = $"{PolicyDirectory}/policy-{PolicyHash.Short(policy)}.yaml";
        var list = version is null || version >= ListOfArguments;
        (string Name, string Value)[] arguments = [("audit-policy-file", policyPath), ("audit-log-path", logPath), .. LogFlags.Complete(log)];
        return
        [
            new TargetFile(TargetFile.Policy, PolicyComment(policyPath, source), PolicyJson.Write(policy)),
            new TargetFile(Configuration, ConfigurationComment(policyPath, logPath, list, source), new JsonObject
            {
                ["apiVersion"] = list ? "kubeadm.k8s.io/v1beta4" : "kubeadm.k8s.io/v1beta3",
                ["kind"] = "ClusterConfiguration",
                ["apiServer"] = new JsonObject
                {
                    ["extraArgs"] = list
                        ? new JsonArray([.. arguments.Select(argument => new JsonObject { ["name"] = argument.Name, ["value"] = argument.Value })])
                        : new JsonObject(arguments.Select(argument => KeyValuePair.Create(argument.Name, (JsonNode?)argument.Value))),
                    ["extraVolumes"] = new JsonArray(
                        Volume(PolicyVolume, policyPath, readOnly: true, "File"),
                        Volume(LogVolume, Distribution.Kubeadm.LogDirectory, readOnly: false, "DirectoryOrCreate")),
                },
            }),
        ];
    }

    private static JsonObject Volume(string name, string path, bool readOnly, string type) => new()
    {
        ["name"] = name,
        ["hostPath"] = path,
        ["mountPath"] = path,
        ["readOnly"] = readOnly,
        ["pathType"] = type,
    };

    private static string PolicyComment(string path, TargetSource source) =>
        $"""
        Goes to {path} on every control-plane node, before {Configuration} is
        applied, and on a new node before it joins: kube-apiserver does not start without it.
          {source.Install(TargetFile.Policy, path)}
        """;

    private static string ConfigurationComment(string policyPath, string logPath, bool list, TargetSource source) =>
        $"""
        A part of the ClusterConfiguration: merge it into that of the cluster. Alone it would reset everything else.

        Apply, with {policyPath} on every control-plane node, and yq 4 of github.com/mikefarah/yq:
          kubectl -n kube-system get configmap kubeadm-config -o jsonpath='{"{"}.data.ClusterConfiguration{"}"}' > cluster.yaml
          {source.Print(Configuration)} > audit.yaml
          yq -i '{Cleanup(list)}' cluster.yaml
          yq eval-all 'select(fileIndex == 0) *+ select(fileIndex == 1)' cluster.yaml audit.yaml > merged.yaml
          kubeadm config validate --config merged.yaml
          kubeadm init phase upload-config kubeadm --config merged.yaml
        then on one control-plane node after the other (with several network addresses, add an InitConfiguration that has
        localAPIEndpoint.advertiseAddress to merged.yaml first):
          kubeadm init phase control-plane apiserver --config merged.yaml
          kubectl get --raw /readyz
        Verify; the last line must be an event of today:
          kubectl -n kube-system get pod -l component=kube-apiserver -o yaml | grep audit-
          tail -n 1 {logPath}
        """;

    // What an earlier time left behind: lists are appended when merged, and kube-apiserver would get every argument twice. Not more than that: a
    // webhook that receives events (audit-webhook-*) is somebody else's, and would fall silent.
    private static string Cleanup(bool list) =>
        $"""{(list ? """del(.apiServer.extraArgs[] | select(.name == "audit-policy-file" or .name == "audit-log-*")) | """ : "")}del(.apiServer.extraVolumes[] | select(.name == "{PolicyVolume}" or .name == "{LogVolume}"))""";
}
