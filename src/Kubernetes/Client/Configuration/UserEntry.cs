using Comptroller.Kubernetes.Client.Credentials;

namespace Comptroller.Kubernetes.Client.Configuration;

/// <summary>Reads a <c>user</c> of a kubeconfig (rules T6, T7).</summary>
internal static class UserEntry
{
    public static async Task<KubeClientConfiguration> ReadAsync(
        KubeConfigEntry entry, KubeConfigEntry cluster, KubeClientConfiguration configuration, CancellationToken cancellationToken)
    {
        if (entry.Node["auth-provider"] is not null)
        {
            throw entry.Error("auth-provider", "auth-provider is gone since Kubernetes 1.26; use an exec plugin");
        }

        var user = new UserCredentials
        {
            Token = entry.Text("token") is { } token ? new SecretString(token) : null,
            TokenFile = entry.FilePath("tokenFile"),
            Username = entry.Text("username"),
            Password = entry.Text("password") is { } password ? new SecretString(password) : null,
            Exec = entry.Part("exec") is { } exec ? Exec(exec, cluster) : null,
        };
        if (user.Username is not null && (user.Token is not null || user.TokenFile is not null))
        {
            throw entry.Error("username", "username and token exclude each other; remove one of them");
        }

        if (user.TokenFile is { } path && !File.Exists(path))
        {
            throw entry.Error("tokenFile", $"tokenFile: there is no file {path}");
        }

        return configuration with
        {
            User = await WithCertificateAsync(entry, user, cancellationToken),
            Impersonation = Impersonate(entry),
        };
    }

    private static async Task<UserCredentials> WithCertificateAsync(KubeConfigEntry entry, UserCredentials user, CancellationToken cancellationToken)
    {
        var certificate = entry.Data("client-certificate-data");
        var certificateFile = certificate is null ? entry.FilePath("client-certificate") : null;
        var key = entry.Data("client-key-data");
        var keyFile = key is null ? entry.FilePath("client-key") : null;
        if ((certificate ?? certificateFile) is null && (key ?? keyFile) is null)
        {
            return user;
        }

        var field = certificate is null ? "client-certificate" : "client-certificate-data";
        var certificatePem = certificate ?? await ClusterEntry.ReadFileAsync(entry, field, certificateFile, cancellationToken)
            ?? throw entry.Error("client-key", "client-key is set without client-certificate");
        var keyPem = key ?? await ClusterEntry.ReadFileAsync(entry, "client-key", keyFile, cancellationToken)
            ?? throw entry.Error(field, "client-certificate is set without client-key");
        try
        {
            ClientCertificate.FromPem(certificatePem, keyPem, field).Leaf.Dispose();
        }
        catch (CredentialException e)
        {
            throw entry.Error(field, e.Message);
        }

        return user with
        {
            ClientCertificatePem = certificate,
            ClientCertificateFile = certificateFile,
            ClientKeyPem = key is null ? null : new SecretString(key),
            ClientKeyFile = keyFile,
        };
    }

    private static Impersonation? Impersonate(KubeConfigEntry entry)
    {
        var extra = entry.Part("as-user-extra");
        var groups = entry.Texts("as-groups");
        var uid = entry.Text("as-uid");
        if (entry.Text("as") is not { } name)
        {
            return extra is null && groups.Count == 0 && uid is null
                ? null
                : throw entry.Error("as", "as-uid, as-groups and as-user-extra need as: whom to act as");
        }

        return new Impersonation
        {
            User = name,
            Uid = uid,
            Groups = groups,
            Extra = extra is null ? [] : [.. extra.Node.Select(pair => KeyValuePair.Create(pair.Key, extra.Texts(pair.Key)))],
        };
    }

    private static ExecPlugin Exec(KubeConfigEntry entry, KubeConfigEntry cluster)
    {
        var version = entry.Text("apiVersion");
        if (version is not ("client.authentication.k8s.io/v1" or "client.authentication.k8s.io/v1beta1"))
        {
            throw entry.Error(
                "apiVersion", $"apiVersion must be client.authentication.k8s.io/v1 or v1beta1, not {version ?? "empty"}; update the plugin's configuration");
        }

        var command = entry.Text("command") ?? throw entry.Error("command", "command is not set");
        var mode = entry.Text("interactiveMode") ?? (version.EndsWith("v1beta1", StringComparison.Ordinal)
            ? "IfAvailable"
            : throw entry.Error("interactiveMode", "interactiveMode must be Never, IfAvailable or Always; v1 has no default"));
        return new ExecPlugin
        {
            ApiVersion = version,
            // A path goes by the place of the file, a bare name by PATH.
            Command = command.Contains('/', StringComparison.Ordinal) ? entry.Resolve(command) : command,
            Arguments = entry.Texts("args"),
            Environment =
            [
                .. entry.Parts("env").Select(pair => KeyValuePair.Create(
                    pair.Text("name") ?? throw pair.Error("name", "name is not set"), pair.Text("value") ?? "")),
            ],
            InstallHint = entry.Text("installHint"),
            ProvideClusterInfo = entry.Flag("provideClusterInfo"),
            InteractiveMode = mode is "Never" or "IfAvailable" or "Always"
                ? mode
                : throw entry.Error("interactiveMode", "interactiveMode must be Never, IfAvailable or Always"),
            ClusterExtensionJson = cluster.Parts("extensions")
                .FirstOrDefault(extension => extension.Text("name") == "client.authentication.k8s.io/exec")?.Node["extension"]?.ToJsonString(),
        };
    }
}
