using Comptroller.Crds.DriftWatches;
using Comptroller.Operator.Workloads;

namespace Comptroller.Operator.DriftWatches.Rendering;

/// <summary>
/// Files that the configuration names, and the volumes that they are on. The configuration names them from the container's working
/// directory on, so that the same text works wherever that directory is.
/// </summary>
internal sealed class DriftFiles
{
    /// <summary>The working directory; everything that the watch reads or writes is below it.</summary>
    public const string Root = "/drift";

    private readonly List<PodVolume> volumes = [];

    public IReadOnlyList<PodVolume> Volumes => volumes;

    /// <summary>The file that a key of a Secret is. It follows the Secret, as the kubelet does.</summary>
    /// <param name="purpose">Names the volume.</param>
    /// <param name="secret">The key.</param>
    public string Secret(string purpose, DriftSecretKey secret) => SecretFiles(purpose, secret.Name, [(secret.Key, "value")])[0];

    /// <summary>The files that keys of a Secret are.</summary>
    public IReadOnlyList<string> SecretFiles(string purpose, string secret, IReadOnlyList<(string Key, string File)> items)
    {
        volumes.Add(PodVolume.Secret($"secret-{purpose}", $"{Root}/secrets/{purpose}", secret, items));
        return [.. items.Select(item => $"secrets/{purpose}/{item.File}")];
    }

    /// <summary>A file of a Secret that there may not be.</summary>
    public string OptionalSecret(string folder, string secret, string key)
    {
        volumes.Add(PodVolume.Secret(folder.Replace('/', '-'), $"{Root}/{folder}", secret, [(key, key)], optional: true));
        return $"{folder}/{key}";
    }

    /// <summary>A file of a ConfigMap, a Secret or a volume.</summary>
    /// <param name="folder">Folder below the working directory.</param>
    /// <param name="file">Where it is.</param>
    public string Of(string folder, DriftFile file)
    {
        var (name, path) = (folder.Replace('/', '-'), $"{Root}/{folder}");
        // A file name as the key is: a path of a volume may have folders, a key has none.
        volumes.Add(file.ConfigMap is { } map ? PodVolume.ConfigMap(name, path, map)
            : file.Secret is { } secret ? PodVolume.Secret(name, path, secret, [(file.Path, file.Path)])
            : PodVolume.Claim(name, path, file.Claim!, readOnly: true));
        return $"{folder}/{file.Path}";
    }
}
