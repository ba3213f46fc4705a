using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Rendering.Targets;

/// <summary>
/// The policy and a drop-in configuration for RKE2 servers. RKE2 sets path and rotation by itself, so only what differs is rendered. Where the
/// policy file is missing it writes one that records nothing: audit logging then looks configured and is silent.
/// </summary>
public static class Rke2Files
{
    public const string Configuration = "90-audit.yaml";

    private const string Directory = "/etc/rancher/rke2";

    public static ImmutableArray<TargetFile> Render(Policy policy, LogSettings? log, string logPath, TargetSource source)
    {
        const string PolicyPath = $"{Directory}/{TargetFile.Policy}";
        var configuration = new JsonObject { ["audit-policy-file"] = PolicyPath };
        var arguments = LogFlags.Of(log).ToList();
        if (logPath != Distribution.Rke2.LogPath)
        {
            arguments.Insert(0, ("audit-log-path", logPath));
        }

        if (arguments.Count > 0)
        {
            configuration["kube-apiserver-arg+"] = new JsonArray([.. arguments.Select(argument => $"{argument.Name}={argument.Value}")]);
        }

        return
        [
            new TargetFile(
                TargetFile.Policy,
                $"""
                Goes to {PolicyPath} on every server, before {Configuration}: where there is no such file, RKE2
                writes one of level None, and nothing is recorded although everything looks configured. The profile "cis" does the same.
                  {source.Install(TargetFile.Policy, PolicyPath)}
                """,
                PolicyJson.Write(policy)),
            new TargetFile(
                Configuration,
                $"""
                Goes to {Directory}/config.yaml.d/{Configuration} on every server.

                Apply, with {PolicyPath} in place, on one server after the other (again after every change of the policy):
                  {source.Install(Configuration, $"{Directory}/config.yaml.d/{Configuration}")}
                  systemctl restart rke2-server
                  kubectl get --raw /readyz
                Verify; the last line must be an event of today:
                  kubectl -n kube-system get pod -l component=kube-apiserver -o yaml | grep audit-
                  cmp {PolicyPath} <({source.Print(TargetFile.Policy)})
                  tail -n 1 {logPath}
                """,
                configuration),
        ];
    }
}
