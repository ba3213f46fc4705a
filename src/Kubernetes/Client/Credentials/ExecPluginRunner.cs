using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Comptroller.Kubernetes.Client.Credentials;

/// <summary>What a credential plugin handed out.</summary>
internal sealed record ExecAnswer(SecretString? Token, string? CertificatePem, SecretString? KeyPem, DateTimeOffset? Expires);

/// <summary>Runs a credential plugin once (rule T7). Its standard error is ours, for its users; its standard output is never shown.</summary>
internal static class ExecPluginRunner
{
    /// <summary>A plugin that hangs must not hang us.</summary>
    private static readonly TimeSpan LongestRun = TimeSpan.FromSeconds(60);

    /// <summary>Characters of output.</summary>
    private const int LongestAnswer = 1024 * 1024;

    /// <exception cref="CredentialException">It could not be run, failed, took too long or said something else.</exception>
    public static async Task<ExecAnswer> RunAsync(
        ExecPlugin plugin, KubeClientConfiguration configuration, TimeProvider time, CancellationToken cancellationToken)
    {
        var interactive = plugin.InteractiveMode != "Never" && !Console.IsInputRedirected;
        if (plugin.InteractiveMode == "Always" && !interactive)
        {
            throw new CredentialException($"the exec plugin {plugin.Command} wants a terminal (interactiveMode: Always) and there is none");
        }

        using var process = Start(plugin, configuration, interactive);
        using var limit = new CancellationTokenSource(LongestRun, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            if (!interactive)
            {
                process.StandardInput.Close();
            }

            var output = await ReadAsync(process.StandardOutput, plugin, linked.Token);
            await process.WaitForExitAsync(linked.Token);
            return process.ExitCode == 0
                ? Parse(plugin, output)
                : throw new CredentialException($"the exec plugin {plugin.Command} failed with exit code {process.ExitCode}; its own words are on standard error");
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new CredentialException($"the exec plugin {plugin.Command} did not end within {LongestRun.TotalSeconds:0} s");
        }
        finally
        {
            Stop(process);
        }
    }

    /// <summary>The <c>KUBERNETES_EXEC_INFO</c> that the plugin gets.</summary>
    internal static JsonObject Info(ExecPlugin plugin, KubeClientConfiguration configuration, bool interactive)
    {
        var spec = new JsonObject { ["interactive"] = interactive };
        if (plugin.ProvideClusterInfo)
        {
            var cluster = new JsonObject { ["server"] = configuration.Server.OriginalString };
            if (configuration.TlsServerName is { } name)
            {
                cluster["tls-server-name"] = name;
            }

            if (configuration.InsecureSkipTlsVerify)
            {
                cluster["insecure-skip-tls-verify"] = true;
            }

            if (configuration.CertificateAuthorityPem is { } pem)
            {
                cluster["certificate-authority-data"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(pem));
            }

            if (configuration.Proxy is { } proxy)
            {
                cluster["proxy-url"] = proxy.OriginalString;
            }

            if (plugin.ClusterExtensionJson is { } extension)
            {
                cluster["config"] = JsonNode.Parse(extension);
            }

            spec["cluster"] = cluster;
        }

        return new JsonObject { ["apiVersion"] = plugin.ApiVersion, ["kind"] = "ExecCredential", ["spec"] = spec };
    }

    private static Process Start(ExecPlugin plugin, KubeClientConfiguration configuration, bool interactive)
    {
        var start = new ProcessStartInfo(plugin.Command, plugin.Arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardInput = !interactive,
        };
        foreach (var (name, value) in plugin.Environment)
        {
            start.Environment[name] = value;
        }

        start.Environment["KUBERNETES_EXEC_INFO"] = Info(plugin, configuration, interactive).ToJsonString();
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            var hint = string.IsNullOrWhiteSpace(plugin.InstallHint) ? "" : $"\n{plugin.InstallHint.Trim()}";
            throw new CredentialException($"the exec plugin {plugin.Command} cannot be started: {e.NativeErrorCode switch
            {
                2 => "it is not installed or not on the PATH",
                13 => "it is not executable",
                _ => e.Message,
            }}{hint}", e);
        }
    }

    private static async Task<string> ReadAsync(StreamReader output, ExecPlugin plugin, CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        var buffer = new char[4096];
        int read;
        while ((read = await output.ReadAsync(buffer, cancellationToken)) > 0)
        {
            text.Append(buffer, 0, read);
            if (text.Length > LongestAnswer)
            {
                throw new CredentialException($"the exec plugin {plugin.Command} printed more than 1 MiB");
            }
        }

        return text.ToString();
    }

    private static ExecAnswer Parse(ExecPlugin plugin, string output)
    {
        CredentialException Bad(string what) => new($"the exec plugin {plugin.Command} printed no usable ExecCredential: {what}");
        JsonObject? answer;
        try
        {
            answer = JsonNode.Parse(output) as JsonObject;
        }
        catch (JsonException)
        {
            // The parser's own message could quote what was printed.
            throw Bad("it is not JSON");
        }

        string? Text(JsonNode? node, string field) =>
            (node as JsonObject)?[field] is JsonValue value && value.TryGetValue<string>(out var text) && text.Length > 0 ? text : null;

        if (Text(answer, "kind") != "ExecCredential")
        {
            throw Bad("kind is not ExecCredential");
        }

        if (Text(answer, "apiVersion") != plugin.ApiVersion)
        {
            throw Bad($"apiVersion is {Text(answer, "apiVersion") ?? "missing"}, the kubeconfig says {plugin.ApiVersion}");
        }

        var status = answer!["status"];
        var (token, certificate, key) = (Text(status, "token"), Text(status, "clientCertificateData"), Text(status, "clientKeyData"));
        if (token is null && certificate is null)
        {
            throw Bad("status holds neither token nor clientCertificateData");
        }

        if (certificate is null != key is null)
        {
            throw Bad("status must hold clientCertificateData and clientKeyData together");
        }

        DateTimeOffset? expires = null;
        if (Text(status, "expirationTimestamp") is { } stamp)
        {
            expires = DateTimeOffset.TryParse(stamp, out var moment) ? moment : throw Bad("expirationTimestamp is not a time");
        }

        return new ExecAnswer(token is null ? null : new SecretString(token), certificate, key is null ? null : new SecretString(key), expires);
    }

    private static void Stop(Process process)
    {
        try
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
        catch (InvalidOperationException)
        {
            // It ended between the question and the signal.
        }
    }
}
