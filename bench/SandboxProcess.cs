using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Client.Configuration;

namespace Comptroller.Bench;

/// <summary>The embedded API server with the CRDs, as a process of its own.</summary>
internal sealed class SandboxProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

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

    /// <summary>From the start of the process to the first 200 of <c>/readyz</c>.</summary>
    public TimeSpan AnsweredAfter { get; private init; }

    /// <summary>From the start of the process to all CRDs being served.</summary>
    public TimeSpan ReadyAfter { get; private init; }

    /// <summary>For what has no verb in our client: the metrics page, and requests whose cost is the server's alone.</summary>
    public HttpClient Http { get; }

    public static async Task<SandboxProcess> StartAsync(CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("comptroller-bench-");
        var serving = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var time = Stopwatch.StartNew();
        var process = ProcessUnderTest.Start(
            Builds.Sandbox,
            ["--serve-only", "--kubeconfig", PathIn(folder)],
            line =>
            {
                switch (line.Split(": ", 2)[0])
                {
                    case "Serving": serving.TrySetResult(); break;
                    case "Ready": ready.TrySetResult(); break;
                    default: Console.Error.WriteLine($"sandbox: {line}"); break;
                }
            });
        await serving.Task.WaitAsync(Patience, cancellationToken);
        var configuration = await new ConfigurationLoader().LoadAsync(PathIn(folder), context: null, cancellationToken);
        using var http = CreateHttpClient(configuration);
        using var answer = await http.GetAsync(new Uri("/readyz", UriKind.Relative), cancellationToken);
        answer.EnsureSuccessStatusCode();
        var answered = time.Elapsed;
        await ready.Task.WaitAsync(Patience, cancellationToken);
        return new SandboxProcess(process, folder, configuration) { AnsweredAfter = answered, ReadyAfter = time.Elapsed };
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
