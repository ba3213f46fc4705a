using Comptroller.Kubernetes.Yaml;

namespace Comptroller.Kubernetes.Client.Configuration;

/// <summary>
/// One or more kubeconfig files, merged (rule T6): of entries with equal names the first counts, and the first file that sets
/// <c>current-context</c> decides.
/// </summary>
internal sealed class KubeConfig
{
    private readonly List<KubeConfigEntry> files = [];

    /// <param name="paths">In order of precedence.</param>
    /// <param name="skipMissing">As for the list in KUBECONFIG; a file named outright must be there.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="KubeConfigException">A file cannot be read or is not a kubeconfig.</exception>
    public static async Task<KubeConfig> LoadAsync(IEnumerable<string> paths, bool skipMissing, CancellationToken cancellationToken)
    {
        var config = new KubeConfig();
        foreach (var path in paths)
        {
            if (await ReadAsync(path, skipMissing, cancellationToken) is { } file)
            {
                config.files.Add(file);
            }
        }

        return config;
    }

    public bool IsEmpty => files.Count == 0;

    private string FileNames => files.Count == 0 ? "the kubeconfig" : string.Join(", ", files.Select(file => file.File));

    /// <exception cref="KubeConfigException">The context, or what it refers to, is missing or wrong.</exception>
    public async Task<KubeClientConfiguration> ResolveAsync(string? contextName, CancellationToken cancellationToken)
    {
        // Every file is looked through, so that a broken entry shows even when another context is in use.
        var source = files.FirstOrDefault(file => file.Text("current-context") is not null);
        var name = contextName ?? source?.Text("current-context");
        if (name is null)
        {
            throw new KubeConfigException(
                $"{FileNames}: current-context is not set; choose one with `kubectl config use-context` ({Known("contexts", "contexts")})");
        }

        var context = Find("contexts", "context", name)
            ?? throw (contextName is null ? source : null)?.Error("current-context", Missing("context", name, "contexts"))
            ?? new KubeConfigException($"{FileNames}: {Missing("context", name, "contexts")}");
        var clusterName = context.Text("cluster") ?? throw context.Error("cluster", "cluster is not set");
        var cluster = Find("clusters", "cluster", clusterName) ?? throw context.Error("cluster", Missing("cluster", clusterName, "clusters"));
        KubeConfigEntry? user = null;
        if (context.Text("user") is { } userName)
        {
            user = Find("users", "user", userName) ?? throw context.Error("user", Missing("user", userName, "users"));
        }

        var configuration = await ClusterEntry.ReadAsync(cluster, cancellationToken) with { Namespace = context.Text("namespace") ?? "default" };
        return user is null ? configuration : await UserEntry.ReadAsync(user, cluster, configuration, cancellationToken);
    }

    private static async Task<KubeConfigEntry?> ReadAsync(string path, bool skipMissing, CancellationToken cancellationToken)
    {
        try
        {
            var document = YamlReader.ReadFirst(await File.ReadAllTextAsync(path, cancellationToken), new YamlReaderOptions { Strict = false });
            return document.Root switch
            {
                null => new KubeConfigEntry(path, document, [], "", ""),
                System.Text.Json.Nodes.JsonObject root => new KubeConfigEntry(path, document, root, "", ""),
                _ => throw new KubeConfigException($"{path}, line {document.Locate("").Line}: a kubeconfig is a mapping with clusters, users and contexts"),
            };
        }
        catch (YamlException e)
        {
            throw new KubeConfigException($"{path}, line {e.Line}, column {e.Column}: {e.Problem}", e);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return skipMissing ? null : throw new KubeConfigException($"{path}: there is no such file", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KubeConfigException($"{path}: {e.Message}", e);
        }
    }

    private KubeConfigEntry? Find(string list, string field, string name) => files
        .SelectMany(file => file.Parts(list))
        .Where(entry => entry.Text("name") == name)
        .Select(entry => (entry with { Title = $"{field} \"{name}\"" }).Part(field) is { } part
            ? part with { Title = $"{field} \"{name}\"" }
            : throw entry.Error(field, $"{field} is missing"))
        .FirstOrDefault();

    private string Missing(string kind, string name, string list) => $"there is no {kind} named \"{name}\" ({Known(list, list)})";

    private string Known(string list, string title)
    {
        var names = files.SelectMany(file => file.Parts(list)).Select(entry => entry.Text("name")).OfType<string>().Distinct(StringComparer.Ordinal).ToList();
        return names.Count == 0 ? $"there are no {title}" : $"known {title}: {string.Join(", ", names)}";
    }
}
