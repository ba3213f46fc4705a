using System.Text.Json.Nodes;
using Comptroller.Archive.Backups;
using Comptroller.Operator.Tests.Estates;
using Comptroller.Operator.Workloads;

namespace Comptroller.Operator.Tests.AuditBackups;

/// <summary>
/// A rendered pod as a process: its arguments and variables with every path of a mount in a directory that stands for the container's root, its Secrets
/// as files, its volumes as directories.
/// </summary>
internal sealed class PodProcess(string root)
{
    private int _pods;

    /// <summary>Secrets by <c>name/key</c>.</summary>
    public Dictionary<string, string> Secrets { get; } = new(StringComparer.Ordinal);

    /// <summary>Directory of a volume claim, or of a path of a node.</summary>
    public string Volume(string name) => Directory.CreateDirectory(Path.Combine(root, "volumes", name.Trim('/').Replace('/', '_'))).FullName;

    /// <param name="pod">Spec of the pod.</param>
    /// <param name="node">Where it runs.</param>
    /// <param name="more">Options that only a test needs: servers are on this machine.</param>
    public async Task<(ContainerEnd End, RunResult Result)> RunAsync(JsonNode pod, string node, params string[] more)
    {
        var container = pod["containers"]!.AsArray().ShouldHaveSingleItem()!;
        var directory = Directory.CreateDirectory(Path.Combine(root, $"pod-{_pods++}")).FullName;
        var mounts = new List<string> { HardenedPod.ResultPath };
        Directory.CreateDirectory(Path.Join(directory, "dev"));
        foreach (var mount in container["volumeMounts"]!.AsArray())
        {
            var path = (string)mount!["mountPath"]!;
            mounts.Add(path);
            Mount(Path.Join(directory, path), pod["volumes"]!.AsArray().Single(volume => (string?)volume!["name"] == (string?)mount["name"])!, (string?)mount["subPath"], node);
        }

        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var variable in container["env"]!.AsArray())
        {
            environment[(string)variable!["name"]!] = variable["valueFrom"] switch
            {
                null => Map((string)variable["value"]!),
                { } from when from["fieldRef"] is { } field => (string)field["fieldPath"]! == "spec.nodeName" ? node : throw new InvalidDataException(field.ToJsonString()),
                { } from => Secrets[$"{from["secretKeyRef"]!["name"]}/{from["secretKeyRef"]!["key"]}"],
            };
        }

        var arguments = container["args"]!.AsArray().Select(argument => environment.Aggregate((string)argument!, (text, variable) => text.Replace($"$({variable.Key})", variable.Value, StringComparison.Ordinal)));
        await using var run = ProgramRun.Start([.. arguments.Select(Map), .. more], environment);
        var exit = await run.ExitAsync();
        var message = Path.Join(directory, HardenedPod.ResultPath);
        File.Exists(message).ShouldBeTrue($"{run.Log}");
        var end = new ContainerEnd { ExitCode = exit, Message = await File.ReadAllTextAsync(message) };
        var result = RunResult.Read(end.Message, out var error);
        error.ShouldBeNull();
        return (end, result!);

        string Map(string text)
        {
            var start = text.StartsWith('/') ? 0 : text.IndexOf("=/", StringComparison.Ordinal) + 1;
            var path = text[start..];
            return path.StartsWith('/') && mounts.Exists(mount => path == mount || path.StartsWith($"{mount}/", StringComparison.Ordinal))
                ? string.Concat(text.AsSpan(0, start), directory, path) : text;
        }
    }

    private void Mount(string path, JsonNode volume, string? subPath, string node)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        if (volume["secret"] is { } secret)
        {
            var item = secret["items"]!.AsArray().Single(item => (string?)item!["path"] == subPath)!;
            File.WriteAllText(path, Secrets[$"{secret["secretName"]}/{item["key"]}"]);
        }
        else if (volume["emptyDir"] is not null)
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            var name = volume["hostPath"] is { } host ? $"{node}{host["path"]}" : (string)volume["persistentVolumeClaim"]!["claimName"]!;
            File.CreateSymbolicLink(path, Volume(name));
        }
    }
}
