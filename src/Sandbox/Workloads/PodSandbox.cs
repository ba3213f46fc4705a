using System.Text.Json.Nodes;
using Comptroller.Sandbox.Kinds;
using Comptroller.Sandbox.Resources;
using Comptroller.Sandbox.Storage;
using static Comptroller.Sandbox.Resources.JsonReading;

namespace Comptroller.Sandbox.Workloads;

/// <summary>Why a container does not start: the reason and message of its waiting state.</summary>
internal sealed class CannotStartException(string reason, string message) : Exception(message)
{
    public string Reason { get; } = reason;
}

/// <summary>
/// Turns a Pod into a process on this machine. A directory stands for the container's root: each volume is linked into it where the
/// container mounts it, and arguments and variables that name a path of a mount get that directory in front. What a container finds at
/// such a path is the same as in a cluster, and so is what it finds from its workingDir on; an absolute path that a program knows by itself, or
/// reads from a file, is not found.
/// </summary>
internal sealed class PodSandbox(ObjectStore store, WorkloadOptions options, string root)
{
    private static readonly StorageName Secrets = new("", "secrets");
    private static readonly StorageName Claims = new("", "persistentvolumeclaims");

    /// <summary>What programs on this machine need to run at all.</summary>
    private static readonly string[] Inherited = ["PATH", "HOME", "DOTNET_ROOT", "LD_LIBRARY_PATH"];

    /// <summary>What is not run here is refused: a container that misses half of what it asked for would be worse.</summary>
    private static readonly string[] Unknown = ["command", "envFrom", "lifecycle"];

    /// <summary>Writes the volumes and says what is to be started.</summary>
    /// <exception cref="CannotStartException">It cannot, or not yet.</exception>
    public LocalContainer Prepare(StoredObject pod)
    {
        var spec = pod.Content["spec"]!;
        if (spec["initContainers"] is JsonArray { Count: > 0 } || spec["containers"] is not JsonArray { Count: 1 } containers)
        {
            throw new CannotStartException("CreateContainerError", "the sandbox runs pods of one container without initContainers");
        }
        var container = containers[0]!;
        if (!options.Images.TryGetValue(Text(container, "image"), out var entrypoint))
        {
            throw new CannotStartException(
                "ErrImagePull", $"the sandbox pulls no images: \"{Text(container, "image")}\" is none of those that it has a program for ({string.Join(", ", options.Images.Keys)})");
        }
        if (Unknown.FirstOrDefault(field => container[field] is not null) is { } field)
        {
            throw new CannotStartException("CreateContainerError", $"the sandbox starts a container by its image's entrypoint and knows no {field}");
        }
        var directory = RootOf(pod.Uid);
        var mounts = new List<string>();
        foreach (var mount in (container["volumeMounts"] as JsonArray ?? []).OrderBy(mount => Text(mount, "mountPath").Length))
        {
            var path = Text(mount, "mountPath").TrimEnd('/');
            Link(Path.Join(directory, path), Source(pod, Text(mount, "name"), Text(mount, "subPath")));
            mounts.Add(path);
        }
        var message = Text(container, "terminationMessagePath") is { Length: > 0 } named ? named : "/dev/termination-log";
        mounts.Add(message);
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Join(directory, message))!);
        File.WriteAllText(Path.Join(directory, message), "");
        var environment = Inherited.Select(name => (name, Environment.GetEnvironmentVariable(name))).Where(entry => entry.Item2 is not null)
            .ToDictionary(entry => entry.name, entry => entry.Item2!, StringComparer.Ordinal);
        environment["HOSTNAME"] = pod.Name;
        if (mounts.Contains("/tmp"))
        {
            environment["TMPDIR"] = Path.Join(directory, "tmp");
        }
        foreach (var variable in container["env"] as JsonArray ?? [])
        {
            if (Value(pod, variable!) is { } value)
            {
                environment[Text(variable, "name")] = Map(value);
            }
        }
        var working = Path.Join(directory, Text(container, "workingDir"));
        Directory.CreateDirectory(working);
        return new LocalContainer(
            entrypoint[0], [.. entrypoint.Skip(1), .. Texts(container["args"]).Select(text => Map(Expand(text)))], environment, working, Path.Join(directory, message));

        // As a kubelet does: $(NAME) of a variable that the container has.
        string Expand(string text) => text.Contains("$(", StringComparison.Ordinal)
            ? environment.Aggregate(text, (known, variable) => known.Replace($"$({variable.Key})", variable.Value, StringComparison.Ordinal)) : text;

        string Map(string text)
        {
            var start = text.StartsWith('/') ? 0 : text.IndexOf("=/", StringComparison.Ordinal) + 1;
            var path = text[start..];
            return (start > 0 || text.StartsWith('/')) && mounts.Exists(mount => path == mount || path.StartsWith(mount + "/", StringComparison.Ordinal))
                ? string.Concat(text.AsSpan(0, start), directory, path) : text;
        }
    }

    /// <summary>Deletes what a pod leaves; its claims stay.</summary>
    public void Remove(string uid) => Delete(RootOf(uid));

    /// <summary>Deletes what a claim held.</summary>
    public void RemoveClaim(string uid) => Delete(ClaimOf(uid));

    private string RootOf(string uid) => Path.Combine(root, "pods", uid);

    private string ClaimOf(string uid) => Path.Combine(root, "claims", uid);

    private static void Delete(string directory)
    {
        if (Directory.Exists(directory))
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static void Link(string path, string source)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        if (!File.Exists(path) && !Directory.Exists(path))
        {
            File.CreateSymbolicLink(path, source);
        }
    }

    /// <summary>Directory or file that a mount shows.</summary>
    private string Source(StoredObject pod, string name, string subPath)
    {
        var volume = (pod.Content["spec"]!["volumes"] as JsonArray ?? []).FirstOrDefault(volume => Text(volume, "name") == name)
            ?? throw new CannotStartException("CreateContainerConfigError", $"the pod has no volume {name}");
        var directory = Path.Combine(RootOf(pod.Uid), ".volumes", name);
        if (volume["persistentVolumeClaim"] is { } claimed)
        {
            var claim = store.Get(Claims, pod.Namespace, Text(claimed, "claimName"))
                ?? throw new CannotStartException("ContainerCreating", $"persistentvolumeclaim \"{Text(claimed, "claimName")}\" not found");
            directory = ClaimOf(claim.Uid);
        }
        else if (volume["configMap"] is { } map)
        {
            Write(directory, Files(pod, BuiltInKinds.ConfigMaps, "configmap", Text(map, "name"), map));
        }
        else if (volume["secret"] is { } secret)
        {
            Write(directory, Files(pod, Secrets, "secret", Text(secret, "secretName"), secret));
        }
        else if (volume["emptyDir"] is null)
        {
            throw new CannotStartException("CreateContainerConfigError", $"volume {name}: the sandbox mounts configMap, secret, emptyDir and persistentVolumeClaim");
        }
        Directory.CreateDirectory(directory);
        var source = Path.Combine(directory, subPath);
        if (subPath.Length > 0 && !File.Exists(source))
        {
            Directory.CreateDirectory(source);
        }
        return source;
    }

    private Dictionary<string, byte[]> Files(StoredObject pod, StorageName place, string kind, string name, JsonNode volume)
    {
        if (store.Get(place, pod.Namespace, name) is not { } source)
        {
            return (bool?)volume["optional"] == true ? [] : throw new CannotStartException("ContainerCreating", $"MountVolume.SetUp failed for volume: {kind} \"{name}\" not found");
        }
        var all = Entries(source.Content);
        return volume["items"] is not JsonArray items ? all
            : items.ToDictionary(item => Text(item, "path"), item => all.GetValueOrDefault(Text(item, "key"))
                ?? throw new CannotStartException("ContainerCreating", $"{kind} references non-existent key: {Text(item, "key")}"), StringComparer.Ordinal);
    }

    private static void Write(string directory, Dictionary<string, byte[]> files)
    {
        foreach (var (name, content) in files)
        {
            var path = Path.Combine(directory, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, content);
        }
    }

    /// <summary>The value of a variable; null for an optional one without source.</summary>
    private string? Value(StoredObject pod, JsonNode variable)
    {
        var from = variable["valueFrom"];
        if (from is null)
        {
            return Text(variable, "value");
        }
        if (from["fieldRef"] is { } field)
        {
            return BuiltInKinds.At(pod.Content, Text(field, "fieldPath"));
        }
        var (reference, place, kind) = from["secretKeyRef"] is { } secret ? (secret, Secrets, "secret")
            : from["configMapKeyRef"] is { } map ? (map, BuiltInKinds.ConfigMaps, "configmap")
            : throw new CannotStartException("CreateContainerConfigError", $"variable {Text(variable, "name")}: the sandbox knows secretKeyRef, configMapKeyRef and fieldRef");
        var (name, key) = (Text(reference, "name"), Text(reference, "key"));
        var source = store.Get(place, pod.Namespace, name);
        return source is not null && Entries(source.Content).TryGetValue(key, out var value) ? System.Text.Encoding.UTF8.GetString(value)
            : (bool?)reference["optional"] == true ? null
            : throw new CannotStartException(
                "CreateContainerConfigError", source is null ? $"{kind} \"{name}\" not found" : $"couldn't find key {key} in {(kind == "secret" ? "Secret" : "ConfigMap")} {pod.Namespace}/{name}");
    }

    private static Dictionary<string, byte[]> Entries(JsonObject source)
    {
        var isSecret = Text(source, "kind") == "Secret";
        var entries = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var (key, value) in source["data"] as JsonObject ?? [])
        {
            entries[key] = isSecret ? Convert.FromBase64String((string)value!) : System.Text.Encoding.UTF8.GetBytes((string)value!);
        }
        foreach (var (key, value) in source["binaryData"] as JsonObject ?? [])
        {
            entries[key] = Convert.FromBase64String((string)value!);
        }
        return entries;
    }
}
