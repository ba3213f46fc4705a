using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Comptroller.Drift.Lifecycle;
using Comptroller.Drift.Store;
using Comptroller.Operator.Tests.Estates;

namespace Comptroller.Operator.Tests.EndToEnd;

/// <summary>A <c>drift watch</c> as a process of its own, over a state of instances.</summary>
internal sealed class DriftProcess(ProgramRun run, Uri address) : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(20) };

    public ProgramRun Run => run;

    /// <summary>Writes a state of so many instances.</summary>
    public static void WriteState(string path, int instances) => File.WriteAllText(
        path, $$"""{"version":4,"serial":1,"lineage":"l","resources":[{{string.Join(',', Enumerable.Range(0, instances).Select(number => $$$"""{"mode":"managed","type":"aws_instance","name":"web{{{number}}}","instances":[{"attributes":{"id":"i-{{{number}}}","instance_type":"t3.micro"}}]}"""))}}]}""");

    /// <param name="folder">Has the state <c>s.tfstate</c>.</param>
    /// <param name="store">Address of the store.</param>
    /// <param name="largestFileKiB">See <see cref="ProgramRun"/>.</param>
    /// <param name="hasState">Whether the state is there yet; without it events are kept to be judged later.</param>
    public static async Task<DriftProcess> StartAsync(string folder, string store, int? largestFileKiB = null, bool hasState = true)
    {
        var config = Path.Combine(folder, $"{Guid.NewGuid():N}.yaml");
        await File.WriteAllTextAsync(config, $"states:\n  - address: {Path.Combine(folder, "s.tfstate")}\nlisten: 127.0.0.1:0\nstore: \"{store}\"\ngracePeriod: 0s\napi:\n  anonymous: [read, intake]\n");
        var run = ProgramRun.Start(["drift", "watch", "--config", config], [], largestFileKiB);
        var line = await run.Log.LineAsync("listening on").WaitAsync(Patience);
        if (hasState)
        {
            await run.Log.LineAsync("resources in states").WaitAsync(Patience);
        }

        var start = line.IndexOf("http://", StringComparison.Ordinal);
        return new DriftProcess(run, new Uri(line[start..line.IndexOf(' ', start)]));
    }

    /// <summary>Tells it of a change of an instance.</summary>
    /// <exception cref="HttpRequestException">It died with the request: whether it was written nobody knows.</exception>
    public async Task<HttpResponseMessage> SendAsync(int instance, CancellationToken cancellationToken)
    {
        using var body = new StringContent(
            $$$"""{"time":"2026-07-23T09:40:55Z","rule":"r","source":"aws_cloudtrail","output_fields":{"ct.name":"ModifyInstanceAttribute","ct.request.instanceid":"i-{{{instance}}}","ct.request.instancetype":"t3.large","ct.user":"eve","ct.useragent":"{{{new string('x', 800)}}}"}}""",
            Encoding.UTF8, "application/json");
        return await Http.PostAsync(new Uri(address, "/api/v1/falco/events"), body, cancellationToken);
    }

    /// <summary>Waits until the changes of these instances were judged; at most a thousand.</summary>
    public async Task UntilJudgedAsync(IEnumerable<int> instances)
    {
        using var patience = new CancellationTokenSource(Patience);
        var missing = instances.ToHashSet();
        while (true)
        {
            var page = JsonNode.Parse(await Http.GetStringAsync(new Uri(address, "/api/v1/drifts?limit=1000"), CancellationToken.None))!["data"]!["data"]!.AsArray();
            missing.ExceptWith(page.Select(drift => int.Parse(((string)drift!["resource_id"]!).AsSpan(2), CultureInfo.InvariantCulture)));
            if (missing.Count == 0)
            {
                return;
            }

            patience.IsCancellationRequested.ShouldBeFalse($"{missing.Count} changes were not judged within {Patience.TotalSeconds} s");
            await Task.Delay(200, CancellationToken.None);
        }
    }

    /// <summary>Every drift of a store.</summary>
    public static async Task<List<DriftRecord>> DriftsAsync(DriftStore store)
    {
        var drifts = new List<DriftRecord>();
        long? before = null;
        do
        {
            var page = await store.ListAsync(new DriftQuery { Before = before, Most = 500 }, CancellationToken.None);
            drifts.AddRange(page.Drifts);
            before = page.Next;
        }
        while (before is not null);
        return drifts;
    }

    /// <summary>The number of the instance that a drift is about.</summary>
    public static int Instance(DriftRecord drift) => int.Parse(drift.ResourceId.AsSpan(2), CultureInfo.InvariantCulture);

    public ValueTask DisposeAsync() => run.DisposeAsync();
}
