using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Comptroller.Conformance.Replay;
using Comptroller.Conformance.Score;
using Comptroller.Conformance.Transcripts;
using Comptroller.Kubernetes.Client;

namespace Comptroller.Conformance.Targets;

/// <summary>
/// One real cluster for all replays. Each works in a namespace of its own; what it made is removed afterwards. The widget and gadget
/// definitions stay until the end of the run, because replays share them.
/// </summary>
internal sealed class ClusterTargets(KubeClientConfiguration configuration) : IReplayTargets
{
    /// <summary>Controllers of a real cluster take seconds: its garbage collector looks at new kinds every half minute.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>The groups that the transcripts define; a definition of anybody else is left alone.</summary>
    private static readonly string[] Groups = ["conformance.example.dev", "lifecycle.example.dev", "names.example.dev", "invalid.example.dev"];

    private const string Widgets = "/apis/conformance.example.dev/v1alpha1/widgets";
    private const string Gadgets = "/apis/conformance.example.dev/v1alpha1/gadgets";
    private const string Namespaces = "/api/v1/namespaces";

    private readonly string run = Guid.NewGuid().ToString("N")[..6];

    public int AtOnce => 1;

    public Task<ReplayLease> RentAsync(CancellationToken cancellationToken)
    {
        var client = Connect();
        var stranger = Connect(asStranger: true);
        var target = new ReplayTarget(configuration.Server, client, configuration.User.Token?.Reveal(), stranger);
        return Task.FromResult(new ReplayLease(target, Patience, () =>
        {
            client.Dispose();
            stranger.Dispose();
            return ValueTask.CompletedTask;
        }));
    }

    public string RunName(Transcript transcript) => $"{transcript.Id[..3]}-{run}";

    /// <summary>Removes the namespaces, gadgets and definitions of this run.</summary>
    public async ValueTask DisposeAsync()
    {
        var cancellationToken = CancellationToken.None;
        using var client = Connect();
        var wire = new Wire(new ReplayTarget(configuration.Server, client, configuration.User.Token?.Reveal()));
        await ReleaseAsync(wire, cancellationToken);
        await DeleteAsync(wire, Namespaces, IsOurs, cancellationToken);
        await DeleteAsync(wire, Gadgets, name => name.Contains(run, StringComparison.Ordinal), cancellationToken);
        await DeleteAsync(wire, Preconditions.Definitions, name => Groups.Contains(name[(name.IndexOf('.', StringComparison.Ordinal) + 1)..]), cancellationToken);
    }

    private bool IsOurs(string @namespace) => @namespace.StartsWith("conf-", StringComparison.Ordinal) && @namespace.Contains(run, StringComparison.Ordinal);

    /// <summary>A finalizer that a recording ends with would hold its namespace, and the definition, for ever.</summary>
    private async Task ReleaseAsync(Wire wire, CancellationToken cancellationToken)
    {
        var (_, list) = await wire.SendAsync(HttpMethod.Get, Widgets, null, cancellationToken);
        foreach (var metadata in (list?["items"] as JsonArray ?? []).Select(item => item!["metadata"]!))
        {
            if (IsOurs((string)metadata["namespace"]!) && metadata["finalizers"] is not null)
            {
                var path = $"/apis/conformance.example.dev/v1alpha1/namespaces/{metadata["namespace"]}/widgets/{metadata["name"]}";
                var patch = new JsonObject { ["metadata"] = new JsonObject { ["finalizers"] = null } };
                await wire.SendAsync(HttpMethod.Patch, path, patch, cancellationToken, "application/merge-patch+json");
            }
        }
    }

    private static async Task DeleteAsync(Wire wire, string path, Func<string, bool> ours, CancellationToken cancellationToken)
    {
        var (_, list) = await wire.SendAsync(HttpMethod.Get, path, null, cancellationToken);
        foreach (var name in (list?["items"] as JsonArray ?? []).Select(item => (string)item!["metadata"]!["name"]!).Where(ours))
        {
            await wire.SendAsync(HttpMethod.Delete, $"{path}/{name}", null, cancellationToken);
        }
    }

    private HttpClient Connect(bool asStranger = false)
    {
        var tls = new SslClientAuthenticationOptions { TargetHost = configuration.TlsServerName };
        if ((configuration.CertificateAuthorityPem ?? Read(configuration.CertificateAuthorityFile)) is { } authority)
        {
            tls.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            tls.CertificateChainPolicy.CustomTrustStore.ImportFromPem(authority);
        }

        var user = configuration.User;
        if (asStranger)
        {
            tls.ClientCertificates = null;
        }
        else if ((user.ClientCertificatePem ?? Read(user.ClientCertificateFile)) is { } certificate
            && (user.ClientKeyPem?.Reveal() ?? Read(user.ClientKeyFile)) is { } key)
        {
            tls.ClientCertificates = [X509Certificate2.CreateFromPem(certificate, key)];
        }
        else if (user.Token is null)
        {
            throw new InvalidOperationException("the replay needs a kubeconfig user with a token or a client certificate: steps are also sent without credentials");
        }

        return new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, SslOptions = tls }) { Timeout = Timeout.InfiniteTimeSpan };
    }

    private static string? Read(string? file) => file is null ? null : File.ReadAllText(file);
}
