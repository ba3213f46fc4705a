using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Comptroller.Kubernetes.Client;

namespace Comptroller.Bench;

/// <summary>The embedded API server against a bare web server of the same run: start, requests per second, and watches.</summary>
internal sealed class SandboxBench(TimeSpan length)
{
    private const int Starts = 5;
    private const int Watchers = 100;
    private const int WatchedWrites = 500;
    private const string Collection = "/api/v1/namespaces/default/configmaps";
    private static readonly CultureInfo Invariant = CultureInfo.InvariantCulture;
    private static readonly string Payload = new('x', 800);

    private readonly Figures _figures = new($"sandbox: 8 connections, objects of about 1 KiB ({Machine.Describe()})");

    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        await StartAsync(cancellationToken);
        await using var sandbox = await SandboxProcess.StartAsync(cancellationToken);
        using (var created = await sandbox.Http.SendAsync(Create("fixed"), cancellationToken))
        {
            created.EnsureSuccessStatusCode();
        }

        var size = (await sandbox.Http.GetByteArrayAsync($"{Collection}/fixed", cancellationToken)).Length;
        var (bare, configuration) = await StartBareAsync(size, cancellationToken);
        await using var _ = bare;

        // A cold client and a cold server give a third of the rate: whoever is measured first would look slow.
        await BareAsync(_ => Get("/fixed"));
        await BareAsync(index => Create($"warm-{index}"));
        await ServedAsync(_ => Get($"{Collection}/fixed"));
        await ServedAsync(index => Create($"warm-{index}"));

        var baselineGet = await BareAsync(_ => Get("/fixed"));
        var baselinePost = await BareAsync(index => Create($"created-{index}"));
        Rate("get", await ServedAsync(_ => Get($"{Collection}/fixed")), baselineGet);
        Rate("create", await ServedAsync(index => Create($"created-{index}")), baselinePost);
        Rate("apply of a change", await ServedAsync(index => Apply($"applied-{index % 64}", index)), baselinePost);
        await FanOutAsync(sandbox, bare, configuration, cancellationToken);
        _figures.Add("Resident memory of the Sandbox at the end, MiB", sandbox.Process.ResidentMiB.ToString("0", Invariant));
        _figures.Print();
        return 0;

        Task<RequestRate> BareAsync(Func<int, HttpRequestMessage> request) =>
            RequestRate.MeasureAsync(bare, () => SandboxProcess.CreateHttpClient(configuration), request, length, cancellationToken);
        Task<RequestRate> ServedAsync(Func<int, HttpRequestMessage> request) =>
            RequestRate.MeasureAsync(sandbox.Process, sandbox.CreateHttpClient, request, length, cancellationToken);
    }

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        var (answered, ready, cpu) = (new List<double>(), new List<double>(), new List<double>());
        for (var run = 0; run < Starts; run++)
        {
            await using var sandbox = await SandboxProcess.StartAsync(cancellationToken);
            answered.Add(sandbox.AnsweredAfter.TotalMilliseconds);
            ready.Add(sandbox.ReadyAfter.TotalMilliseconds);
            cpu.Add(sandbox.Process.CpuSeconds * 1000);
        }

        _figures.Add("Cold start to the first 200 of /readyz, ms", Median(answered), $"median of {Starts}; fastest {answered.Min().ToString("0", Invariant)}; goal < 1000; {Machine.Load}");
        _figures.Add("Cold start to the CRDs being served, ms", Median(ready), $"median of {Starts}; fastest {ready.Min().ToString("0", Invariant)}; CPU {Median(cpu)} ms");

        static string Median(IEnumerable<double> values) => values.Order().ElementAt(Starts / 2).ToString("0", Invariant);
    }

    private static async Task<(ProcessUnderTest Process, KubeClientConfiguration Configuration)> StartBareAsync(int bytes, CancellationToken cancellationToken)
    {
        var ready = new TaskCompletionSource<KubeClientConfiguration>(TaskCreationOptions.RunContinuationsAsynchronously);
        var process = ProcessUnderTest.Start(
            Path.Combine(AppContext.BaseDirectory, "Comptroller.Bench.dll"),
            ["fixed", "--bytes", bytes.ToString(Invariant)],
            line =>
            {
                if (line.StartsWith(FixedEndpoint.ReadyLine, StringComparison.Ordinal) && line[FixedEndpoint.ReadyLine.Length..].Split(' ') is [var address, var pem])
                {
                    ready.TrySetResult(new KubeClientConfiguration
                    {
                        Server = new Uri(address),
                        CertificateAuthorityPem = Encoding.ASCII.GetString(Convert.FromBase64String(pem)),
                    });
                }
                else
                {
                    Console.Error.WriteLine($"baseline: {line}");
                }
            });
        return (process, await ready.Task.WaitAsync(TimeSpan.FromSeconds(60), cancellationToken));
    }

    /// <summary>Every watcher must see every write; the time until the last one has.</summary>
    private async Task FanOutAsync(SandboxProcess sandbox, ProcessUnderTest bare, KubeClientConfiguration configuration, CancellationToken cancellationToken)
    {
        var lines = Watchers * WatchedWrites;
        var (baseline, baselineCpu) = await TimedAsync(bare, async () =>
        {
            using var client = SandboxProcess.CreateHttpClient(configuration);
            await Task.WhenAll(Enumerable.Range(0, Watchers).Select(_ => ReadLinesAsync(client, $"/lines/{WatchedWrites}", WatchedWrites, null, cancellationToken)));
        });

        using var watching = sandbox.CreateHttpClient();
        using var version = await sandbox.Http.GetAsync($"{Collection}?limit=1", cancellationToken);
        var page = System.Text.Json.Nodes.JsonNode.Parse(await version.Content.ReadAsByteArrayAsync(cancellationToken))!;
        var path = $"{Collection}?watch=true&fieldSelector=metadata.name%3Dwatched&resourceVersion={(string)page["metadata"]!["resourceVersion"]!}";
        var opened = new CountdownEvent(Watchers);
        var allOpen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var reading = Enumerable.Range(0, Watchers)
            .Select(_ => ReadLinesAsync(watching, path, WatchedWrites, () => { if (opened.Signal()) { allOpen.SetResult(); } }, cancellationToken))
            .ToList();
        await allOpen.Task.WaitAsync(TimeSpan.FromSeconds(30), cancellationToken);
        var (served, servedCpu) = await TimedAsync(sandbox.Process, async () =>
        {
            for (var write = 0; write < WatchedWrites; write++)
            {
                using var request = Apply("watched", write);
                using var answer = await sandbox.Http.SendAsync(request, cancellationToken);
                answer.EnsureSuccessStatusCode();
            }

            await Task.WhenAll(reading);
        });
        _figures.Add(
            $"watch: events/s delivered to {Watchers} watchers", (lines / served).ToString("0", Invariant),
            string.Create(Invariant, $"server CPU {servedCpu * 1e6 / lines:0.0} us each, the writes included; bare {lines / baseline:0}/s, {baselineCpu * 1e6 / lines:0.0} us; ratio {baseline / served:0.00}; {Machine.Load}"));
    }

    private static async Task<(double Seconds, double CpuSeconds)> TimedAsync(ProcessUnderTest server, Func<Task> work)
    {
        var (time, cpu) = (Stopwatch.StartNew(), server.CpuSeconds);
        await work();
        return (time.Elapsed.TotalSeconds, server.CpuSeconds - cpu);
    }

    private static async Task ReadLinesAsync(HttpClient client, string path, int count, Action? onOpen, CancellationToken cancellationToken)
    {
        using var answer = await client.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        answer.EnsureSuccessStatusCode();
        onOpen?.Invoke();
        await using var stream = await answer.Content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[16 * 1024];
        while (count > 0)
        {
            var read = await stream.ReadAsync(buffer, cancellationToken);
            count -= read > 0 ? buffer.AsSpan(0, read).Count((byte)'\n') : throw new EndOfStreamException($"{path} ended {count} lines early");
        }
    }

    private void Rate(string name, RequestRate rate, RequestRate baseline) => _figures.Add(
        $"{name}: requests/s", rate.PerSecond.ToString("0", Invariant),
        string.Create(Invariant, $"server CPU {rate.ServerMicroseconds:0} us each; bare {baseline.PerSecond:0}/s, {baseline.ServerMicroseconds:0} us; ratio {rate.PerSecond / baseline.PerSecond:0.00}; {Machine.Load}"));

    // A message of one's own does not take the client's default version.
    private static HttpRequestMessage Get(string path) => new(HttpMethod.Get, path) { Version = HttpVersion.Version20 };

    private static HttpRequestMessage Create(string name) => new(HttpMethod.Post, $"{Collection}?fieldManager=bench") { Content = Body(name, 0, "application/json"), Version = HttpVersion.Version20 };

    private static HttpRequestMessage Apply(string name, int value) =>
        new(HttpMethod.Patch, $"{Collection}/{name}?fieldManager=bench&force=true") { Content = Body(name, value, "application/apply-patch+yaml"), Version = HttpVersion.Version20 };

    private static ByteArrayContent Body(string name, int value, string contentType)
    {
        var text = $$$"""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"{{{name}}}"},"data":{"value":"{{{value}}}","payload":"{{{Payload}}}"}}""";
        return new ByteArrayContent(Encoding.ASCII.GetBytes(text)) { Headers = { ContentType = new MediaTypeHeaderValue(contentType) } };
    }
}
