using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Comptroller.Drift.Api;
using Comptroller.Drift.Api.Access;
using Comptroller.Drift.Api.Streams;
using Comptroller.Drift.Configuration;
using Comptroller.Drift.Intake;
using Comptroller.Drift.State;
using Comptroller.Drift.State.Backends;
using Comptroller.Drift.Store;
using Comptroller.Kubernetes.Diagnostics;
using Comptroller.Operator.Verbs.Drift;

namespace Comptroller.Operator.Tests.Verbs;

/// <summary>The server of <c>drift watch</c> over a store of its own, with a state of two resources.</summary>
internal sealed class RunningWatch : IAsyncDisposable
{
    /// <summary>Collection of tests that read metrics: an exporter sees every meter of the process.</summary>
    public const string Alone = "drift watch";

    private const string State = """
        {"version":4,"serial":1,"lineage":"l","resources":[{"mode":"managed","type":"aws_instance","name":"web","instances":[{"attributes":{"id":"i-1"}}]},{"mode":"managed","type":"azurerm_mssql_server","name":"a","instances":[{"attributes":
        {"id":"/subscriptions/s/resourceGroups/g/providers/Microsoft.Sql/servers/a","location":"westeurope"}}]}]}
        """;

    // First: what was measured before it is there is not seen.
    private readonly PrometheusExporter _metrics = new();
    private readonly WatchFigures _figures = new();
    private readonly ApiFigures _served = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly DriftFeed _feed;
    private readonly EventIntake _intake;
    private readonly Task _writer;

    private readonly string _folder;

    private RunningWatch(string folder, DriftStore store, DriftConfig config, StateIndex state, TimeSpan patience, TimeSpan bodyPatience)
    {
        (_folder, Store, _feed) = (folder, store, new DriftFeed(store));
        _intake = new EventIntake(store, _figures, config.Rules, TimeSpan.Zero, config.Queue, TimeProvider.System);
        _intake.Use(state, new Dictionary<string, long>());
        _writer = Task.Run(() => _intake.RunAsync(_stop.Token));
        var keys = new ApiKeys(store, TimeProvider.System);
        var view = new WatchView
        {
            Config = config,
            Store = store,
            Keys = keys,
            Doorkeeper = new Doorkeeper(config, keys, TimeProvider.System, _ => { }),
            State = () => state,
            States = () => [],
            Unready = () => Unready,
            Version = "0.1.0",
            Time = TimeProvider.System,
        };
        Api = new DriftApi(view);
        Server = new WatchServer(new IPEndPoint(IPAddress.Loopback, 0), new WatchParts { View = view, Api = Api, Intake = _intake, Feed = _feed, Figures = _served, Metrics = _metrics, StreamPatience = patience, BodyPatience = bodyPatience });
    }

    public DriftStore Store { get; }

    public DriftApi Api { get; }

    public WatchServer Server { get; }

    public string? Unready { get; set; }

    public static async Task<RunningWatch> StartAsync(Func<DriftConfig, DriftConfig> configure, TimeSpan? patience = null, TimeSpan? bodyPatience = null)
    {
        var folder = Directory.CreateTempSubdirectory("drift-").FullName;
        var store = await DriftStore.OpenAsync(Path.Combine(folder, "d.sqlite"), CancellationToken.None);
        try
        {
            var file = Path.Combine(folder, "s.tfstate");
            await File.WriteAllTextAsync(file, State);
            using var http = new HttpClient();
            var states = new StateSet([StateSources.Of(file, http, new StateAccess())], TimeProvider.System);
            await states.RefreshAsync(CancellationToken.None);
            var watch = new RunningWatch(folder, store, configure(new DriftConfig { Queue = 256 }), states.Index, patience ?? TimeSpan.FromSeconds(10), bodyPatience ?? TimeSpan.FromMinutes(1));
            await watch.Server.StartAsync(CancellationToken.None);
            return watch;
        }
        catch
        {
            // What cannot be configured leaves nothing behind.
            await store.DisposeAsync();
            Directory.Delete(folder, recursive: true);
            throw;
        }
    }

    public static string Alert(int number) => $$$$"""{"source":"aws_cloudtrail","rule":"r","output_fields":{"ct.name":"CreateVpc","ct.user":"eve","ct.response":"{\"vpc\":{\"vpcId\":\"vpc-{{{{number}}}}\"}}"}}""";

    public HttpClient Client(string? token, HttpMessageHandler? handler = null)
    {
        var client = new HttpClient(handler ?? new SocketsHttpHandler()) { BaseAddress = Server.Address, Timeout = TimeSpan.FromSeconds(30) };
        client.DefaultRequestHeaders.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    /// <summary>Drifts are seen, past the server.</summary>
    public async Task SeeAsync(int first, int count)
    {
        var body = $"[{string.Join(',', Enumerable.Range(first, count).Select(Alert))}]";
        (await _intake.PostAsync(Encoding.UTF8.GetBytes(body), CancellationToken.None).AsTask().WaitAsync(TimeSpan.FromSeconds(30))).Result.ShouldBe(IntakeResult.Accepted);
    }

    public async Task StopWritingAsync()
    {
        await _stop.CancelAsync();
        await _writer.WaitAsync(TimeSpan.FromSeconds(30));
    }

    public string Metrics() => _metrics.Render();

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(60));
        await StopWritingAsync();
        _feed.Dispose();
        await Store.DisposeAsync();
        _metrics.Dispose();
        _figures.Dispose();
        _served.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
