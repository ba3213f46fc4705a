using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Client.Configuration;

namespace Comptroller.Bench;

/// <summary>The embedded API server with the CRDs, as a process of its own.</summary>
internal sealed class SandboxProcess : IAsyncDisposable
{
    private readonly DirectoryInfo _folder;

    private SandboxProcess(ProcessUnderTest process, DirectoryInfo folder, KubeClientConfiguration configuration)
    {
        Process = process;
        _folder = folder;
        Configuration = configuration;
        Http = CreateHttpClient();
    }

    public ProcessUnderTest Process { get; }

    public KubeClientConfiguration Configuration { get; }

    public string KubeconfigPath => PathIn(_folder);

    /// <summary>For what has no verb in our client: the metrics page, and requests whose cost is the server's alone.</summary>
    public HttpClient Http { get; }

    public static async Task<SandboxProcess> StartAsync(CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("comptroller-bench-");
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var process = ProcessUnderTest.Start(
            Builds.Sandbox,
            ["--serve-only", "--kubeconfig", PathIn(folder)],
            line =>
            {
                if (line.StartsWith("Ready: ", StringComparison.Ordinal))
                {
                    ready.TrySetResult();
                }
                else
                {
                    Console.Error.WriteLine($"sandbox: {line}");
                }
            });
        await ready.Task.WaitAsync(TimeSpan.FromSeconds(60), cancellationToken);
        return new SandboxProcess(process, folder, await new ConfigurationLoader().LoadAsync(PathIn(folder), context: null, cancellationToken));
    }

    /// <summary>A client with connections of its own.</summary>
    public HttpClient CreateHttpClient() => CreateHttpClient(Configuration);

    /// <inheritdoc cref="CreateHttpClient()"/>
    public static HttpClient CreateHttpClient(KubeClientConfiguration configuration)
    {
        var trust = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        trust.CustomTrustStore.ImportFromPem(configuration.CertificateAuthorityPem);
        var client = new HttpClient(new SocketsHttpHandler { UseProxy = false, SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = trust } })
        {
            BaseAddress = configuration.Server,
            DefaultRequestVersion = System.Net.HttpVersion.Version20,
        };
        if (configuration.User.Token is { } token)
        {
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token.Reveal());
        }

        return client;
    }

    public Task<MetricsPage> MetricsAsync(CancellationToken cancellationToken) =>
        MetricsPage.ReadAsync(Http, new Uri("/metrics", UriKind.Relative), cancellationToken);

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Process.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private static string PathIn(DirectoryInfo folder) => Path.Combine(folder.FullName, "kubeconfig");
}
