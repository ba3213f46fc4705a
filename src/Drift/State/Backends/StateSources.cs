using System.Security.Cryptography.X509Certificates;

namespace Comptroller.Drift.State.Backends;

/// <summary>The source that an address means.</summary>
public static class StateSources
{
    public const string Schemes = "a path, file://, http://, https://, s3://bucket/key, gs://bucket/object, azurerm://account/container/key, kubernetes://namespace/suffix?workspace=default";

    private const string Pod = "/var/run/secrets/kubernetes.io/serviceaccount";

    /// <param name="address">Where the state is.</param>
    /// <param name="http">For addresses on the web.</param>
    /// <param name="access">What proves who asks; null for the surroundings' own.</param>
    /// <exception cref="FormatException">It is none of these, or what it needs is missing. The message holds no secret.</exception>
    public static StateSource Of(string address, HttpClient http, StateAccess? access = null)
    {
        if (!address.Contains("://", StringComparison.Ordinal))
        {
            return new FileStateSource(address, access?.Parts ?? default) { Name = address };
        }

        var shown = HttpStateSource.Shown(address);
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri))
        {
            throw new FormatException($"\"{shown}\" is none of {Schemes}");
        }

        access ??= new StateAccess();
        if (uri.Scheme is "s3" or "gs" or "azurerm" && (uri.Query.Length > 0 || uri.UserInfo.Length > 0))
        {
            throw new FormatException($"{shown}: an address of {uri.Scheme}:// has neither a query nor a user; credentials have keys of their own");
        }

        // A bucket may have a _ and upper case, which a host may not: it is read from the text.
        var (bucket, key) = Split(address[(uri.Scheme.Length + 3)..]);
        return uri.Scheme switch
        {
            "file" => new FileStateSource(uri.LocalPath) { Name = uri.LocalPath },
            "http" or "https" => new HttpStateSource(uri, http, access) { Name = shown },
            "s3" when key.Length > 0 => new S3StateSource(bucket, key, access.Region, access.Endpoint) { Name = shown },
            "gs" when key.Length > 0 => Google(bucket, key, access, http, shown),
            "azurerm" when Split(key) is { Others.Length: > 0 } blob => Azure(bucket, blob.First, blob.Others, access, http, shown),
            "kubernetes" when key.Length > 0 => Kubernetes(bucket, key, shown),
            _ => throw new FormatException($"\"{shown}\" is none of {Schemes}"),
        };
    }

    private static (string First, string Others) Split(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? (text, "") : (text[..slash], text[(slash + 1)..]);
    }

    private static GcsStateSource Google(string bucket, string name, StateAccess access, HttpClient http, string shown)
    {
        var tokens = new GoogleTokens(access.Secret, Environment.GetEnvironmentVariable("GCE_METADATA_HOST") ?? "metadata.google.internal", http, TimeProvider.System);
        return new GcsStateSource(bucket, name, access.Endpoint ?? new Uri("https://storage.googleapis.com"), tokens, http) { Name = shown };
    }

    private static AzureStateSource Azure(string account, string container, string key, StateAccess access, HttpClient http, string shown)
    {
        var tokens = access.Secret is null ? new AzureTokens(Environment.GetEnvironmentVariable, http, TimeProvider.System) : null;
        return new AzureStateSource(account, container, key, access.Endpoint ?? new Uri($"https://{account}.blob.core.windows.net"), access.Secret, tokens, http, TimeProvider.System) { Name = shown };
    }

    private static KubernetesStateSource Kubernetes(string space, string rest, string shown)
    {
        var parts = rest.Split('?', 2);
        var workspace = parts.Length == 1 ? "default"
            : parts[1].StartsWith("workspace=", StringComparison.Ordinal) && !parts[1].Contains('&', StringComparison.Ordinal) ? Uri.UnescapeDataString(parts[1]["workspace=".Length..])
            : throw new FormatException($"{shown}: the query may only be workspace=…");
        var (host, port) = (Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_HOST"), Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_PORT"));
        if (string.IsNullOrEmpty(host))
        {
            throw new FormatException($"{shown}: a state in a Secret is read from inside the cluster, and this is no pod");
        }

        // The API server's certificate is signed by the cluster's own authority.
        var roots = new X509Certificate2Collection();
        roots.ImportFromPemFile(Path.Combine(Pod, "ca.crt"));
        var handler = new SocketsHttpHandler();
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(roots);
        handler.SslOptions.CertificateChainPolicy = policy;
        var server = new UriBuilder(Uri.UriSchemeHttps, host, int.TryParse(port, out var number) ? number : 443).Uri;
        var http = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(60) };
        return new KubernetesStateSource(server, space, $"tfstate-{workspace}-{parts[0]}", cancellationToken => File.ReadAllTextAsync(Path.Combine(Pod, "token"), cancellationToken), http)
        {
            Name = $"{shown.Split('?')[0]}?workspace={workspace}",
        };
    }
}
