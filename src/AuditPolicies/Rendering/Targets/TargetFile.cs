using System.Text.Json.Nodes;

namespace Comptroller.AuditPolicies.Rendering.Targets;

/// <summary>A file for the control plane of a target.</summary>
/// <param name="Name">Name of the file as it is rendered.</param>
/// <param name="Comment">What stands above it as a comment: where it goes, the commands that apply and verify it. Lines without marks.</param>
/// <param name="Content">What it holds, as YAML.</param>
public sealed record TargetFile(string Name, string Comment, JsonObject Content)
{
    /// <summary>The policy as a file of its own, for every target but Talos.</summary>
    internal const string Policy = "audit-policy.yaml";
}

/// <summary>The ConfigMap that holds the files of a target, so that their commands can be copied as they are.</summary>
public sealed record TargetSource(string? Namespace, string ConfigMap)
{
    /// <summary>
    /// The command that puts one of the files where it belongs. By way of a copy: kubectl redirected to the place itself would, when it
    /// fails, leave an empty file there, with which kube-apiserver does not start.
    /// </summary>
    internal string Install(string file, string path) => $"{Print(file)} > {file} && install -D -m 600 {file} {path}";

    /// <summary>The command that prints one of the files.</summary>
    internal string Print(string file) =>
        $"kubectl {(Namespace is { } name ? $"-n {name} " : "")}get configmap {ConfigMap} -o jsonpath='{{.data.{file.Replace(".", @"\.", StringComparison.Ordinal)}}}'";
}
