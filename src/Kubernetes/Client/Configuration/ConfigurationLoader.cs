namespace Comptroller.Kubernetes.Client.Configuration;

/// <summary>
/// Finds out how to reach the cluster, in controller-runtime's order: the file named outright, the list in KUBECONFIG, the pod's
/// service account, <c>~/.kube/config</c>.
/// </summary>
public sealed record ConfigurationLoader
{
    /// <summary>Where environment variables come from.</summary>
    public Func<string, string?> Environment { get; init; } = System.Environment.GetEnvironmentVariable;

    public string HomeDirectory { get; init; } = System.Environment.GetFolderPath(System.Environment.SpecialFolder.UserProfile);

    public string ServiceAccountDirectory { get; init; } = "/var/run/secrets/kubernetes.io/serviceaccount";

    /// <param name="kubeconfig">A file named outright; null or empty for none.</param>
    /// <param name="context">The context to use; null for the current one.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="KubeConfigException">Nothing was found, or what was found cannot be used.</exception>
    public async Task<KubeClientConfiguration> LoadAsync(string? kubeconfig, string? context, CancellationToken cancellationToken)
    {
        if (!string.IsNullOrEmpty(kubeconfig))
        {
            var named = await KubeConfig.LoadAsync([kubeconfig], skipMissing: false, cancellationToken);
            return await named.ResolveAsync(context, cancellationToken);
        }

        if (Environment("KUBECONFIG") is { Length: > 0 } list)
        {
            var paths = list.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            var merged = await KubeConfig.LoadAsync(paths, skipMissing: true, cancellationToken);
            return merged.IsEmpty
                ? throw new KubeConfigException($"KUBECONFIG names no file that exists: {list}")
                : await merged.ResolveAsync(context, cancellationToken);
        }

        if (Environment("KUBERNETES_SERVICE_HOST") is { Length: > 0 } host && context is null)
        {
            return await InClusterAsync(host, cancellationToken);
        }

        var home = Path.Combine(HomeDirectory, ".kube", "config");
        var own = await KubeConfig.LoadAsync([home], skipMissing: true, cancellationToken);
        return own.IsEmpty
            ? throw new KubeConfigException($"no cluster is configured: name a kubeconfig, set KUBECONFIG, write {home}, or run in a pod with a service account")
            : await own.ResolveAsync(context, cancellationToken);
    }

    private async Task<KubeClientConfiguration> InClusterAsync(string host, CancellationToken cancellationToken)
    {
        var token = Path.Combine(ServiceAccountDirectory, "token");
        var authority = Path.Combine(ServiceAccountDirectory, "ca.crt");
        foreach (var file in new[] { token, authority })
        {
            if (!File.Exists(file))
            {
                throw new KubeConfigException(
                    $"KUBERNETES_SERVICE_HOST is set, so this is a pod, but {file} is missing: does the pod set automountServiceAccountToken: false?");
            }
        }

        var namespaceFile = Path.Combine(ServiceAccountDirectory, "namespace");
        var port = Environment("KUBERNETES_SERVICE_PORT") is { Length: > 0 } set ? set : "443";
        var address = host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host;
        return new KubeClientConfiguration
        {
            Server = Uri.TryCreate($"https://{address}:{port}", UriKind.Absolute, out var server)
                ? server
                : throw new KubeConfigException($"KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT make no address: {host}, {port}"),
            CertificateAuthorityFile = authority,
            Namespace = File.Exists(namespaceFile) ? (await File.ReadAllTextAsync(namespaceFile, cancellationToken)).Trim() : "default",
            User = new UserCredentials { TokenFile = token },
        };
    }
}
