using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Comptroller.Archive.Objects;
using Comptroller.Archive.Tests.Testing;

namespace Comptroller.Archive.Tests.Objects;

/// <summary>Azure's own emulator of blobs, from npm: one for all tests of the class that asks for it.</summary>
public sealed class Azurite : IAsyncLifetime
{
    /// <summary>The account and key that every emulator has; they are published.</summary>
    public const string Account = "devstoreaccount1";

    public const string Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly string? Program = Find();
    private readonly TemporaryDirectory _directory = new();
    private Process? _process;

    public static string? WhyNot { get; } = Program is null ? "needs azurite-blob in PATH, or COMPTROLLER_TEST_AZURITE with its path (npm install azurite@3.37.0)" : null;

    public Uri Endpoint { get; private set; } = new("http://127.0.0.1:1");

    public async Task InitializeAsync()
    {
        if (Program is null)
        {
            return;
        }

        var port = FreePort.Take();
        Endpoint = new Uri($"http://127.0.0.1:{port}/{Account}");
        _process = Process.Start(new ProcessStartInfo(Program, ["--blobHost", "127.0.0.1", "--blobPort", $"{port}", "--location", _directory.Path, "--skipApiVersionCheck", "--disableTelemetry", "--silent"]) { UseShellExecute = false })!;
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, port, patience.Token);
                return;
            }
            catch (SocketException)
            {
                _process.HasExited.ShouldBeFalse("azurite-blob ended");
                await Task.Delay(50, patience.Token);
            }
        }
    }

    public async Task DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process?.Dispose();
        _directory.Dispose();
    }

    public AzureOptions Options(string container, Dictionary<string, string>? environment = null) => new()
    {
        Account = Account,
        Container = container,
        Prefix = "estate/",
        Endpoint = Endpoint,
        AllowLocal = true,
        Environment = (environment ?? new() { ["AZURE_STORAGE_KEY"] = Key }).GetValueOrDefault,
    };

    /// <summary>A store in a container of its own.</summary>
    public async Task<AzureStore> StoreAsync(Func<AzureOptions, AzureOptions>? change = null)
    {
        var container = $"c-{Guid.NewGuid():N}";
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Put, $"{Endpoint}/{container}?restype=container") { Headers = { { "x-ms-version", "2021-12-02" } }, Content = new ByteArrayContent([]) };
        await new AzureSharedKey(Account, Key).AuthorizeAsync(request, DateTimeOffset.UtcNow, CancellationToken.None);
        using var answer = await client.SendAsync(request);
        answer.StatusCode.ShouldBe(HttpStatusCode.Created);
        return new AzureStore((change ?? (same => same))(Options(container)), TimeProvider.System) { BlockLength = 64 << 10 };
    }

    private static string? Find() =>
        Environment.GetEnvironmentVariable("COMPTROLLER_TEST_AZURITE") is { Length: > 0 } given ? given
        : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(folder => Path.Combine(folder, "azurite-blob")).FirstOrDefault(File.Exists);
}

/// <summary>A test against the emulator; skipped with its reason where it is not installed.</summary>
public sealed class AzuriteFactAttribute : FactAttribute
{
    public AzuriteFactAttribute() => Skip = Azurite.WhyNot;
}
