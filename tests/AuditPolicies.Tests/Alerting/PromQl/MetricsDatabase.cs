using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Comptroller.AuditPolicies.Tests.Alerting.PromQl;

/// <summary>A VictoriaMetrics of its own, on loopback and in a temporary directory.</summary>
internal sealed class MetricsDatabase : IAsyncDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("comptroller-test").FullName;
    private readonly HttpClient client;
    private readonly Process process;

    private MetricsDatabase(int port)
    {
        client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromSeconds(30) };
        string[] arguments = [$"-httpListenAddr=127.0.0.1:{port}", $"-storageDataPath={directory}", "-retentionPeriod=1y", "-search.latencyOffset=0s", "-loggerLevel=ERROR"];
        process = Process.Start(new ProcessStartInfo(Installed.Find("victoria-metrics")!, arguments) { UseShellExecute = false })!;
    }

    public static async Task<MetricsDatabase> StartAsync()
    {
        var database = new MetricsDatabase(FreePort.Take());
        try
        {
            await database.UntilReadyAsync();
            return database;
        }
        catch
        {
            await database.DisposeAsync();
            throw;
        }
    }

    public async Task ImportAsync(string lines)
    {
        using var content = new StringContent(lines);
        (await client.PostAsync("/api/v1/import/prometheus", content)).EnsureSuccessStatusCode();
        (await client.GetAsync("/internal/force_flush")).EnsureSuccessStatusCode();
    }

    public async Task<int> CountAsync(string expression, DateTimeOffset at)
    {
        using var query = new FormUrlEncodedContent([new("query", expression), new("time", at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)), new("nocache", "1")]);
        using var answer = await client.PostAsync("/api/v1/query", query);
        var text = await answer.Content.ReadAsStringAsync();
        return answer.IsSuccessStatusCode ? JsonNode.Parse(text)!["data"]!["result"]!.AsArray().Count : throw new InvalidOperationException(text);
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        process.Kill();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(90));
        process.Dispose();
        Directory.Delete(directory, recursive: true);
    }

    private async Task UntilReadyAsync()
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                (await client.GetAsync("/health")).EnsureSuccessStatusCode();
                return;
            }
            catch (HttpRequestException) when (attempt < 300 && !process.HasExited)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100));
            }
        }
    }
}
