using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Rendering.Targets;

/// <summary>The policy and a drop-in configuration for k3s servers. k3s has no audit log by itself; its API server runs in its own process, as root.</summary>
public static class K3sFiles
{
    public const string Configuration = "90-audit.yaml";

    private const string Directory = "/etc/rancher/k3s";

    public static ImmutableArray<TargetFile> Render(Policy policy, LogSettings? log, string logPath, TargetSource source)
    {
        const string PolicyPath = $"{Directory}/{TargetFile.Policy}";
        (string Name, string Value)[] arguments = [("audit-policy-file", PolicyPath), ("audit-log-path", logPath), .. LogFlags.Complete(log)];
        return
        [
            new TargetFile(
                TargetFile.Policy,
                $"""
                Goes to {PolicyPath} on every server, before {Configuration}: k3s does not start without it.
                  {source.Install(TargetFile.Policy, PolicyPath)}
                """,
                PolicyJson.Write(policy)),
            new TargetFile(
                Configuration,
                $"""
                Goes to {Directory}/config.yaml.d/{Configuration} on every server; the plus adds to arguments set elsewhere.

                Apply, with {PolicyPath} in place, on one server after the other (again after every change of the policy):
                  {source.Install(Configuration, $"{Directory}/config.yaml.d/{Configuration}")}
                  systemctl restart k3s
                  kubectl get --raw /readyz
                Verify; the last line must be an event of today:
                  journalctl -u k3s | grep -o 'audit-[^ ]*' | tail -n {arguments.Length}
                  cmp {PolicyPath} <({source.Print(TargetFile.Policy)})
                  tail -n 1 {logPath}
                """,
                new JsonObject { ["kube-apiserver-arg+"] = new JsonArray([.. arguments.Select(argument => $"{argument.Name}={argument.Value}")]) }),
        ];
    }
}
