using Comptroller.Falcon.Api;
using Comptroller.Falcon.Auditing;
using Comptroller.Falcon.RateLimiting;
using Comptroller.Falcon.Reports;
using Comptroller.Falcon.Store;
using Comptroller.FalconSimulator;

namespace Comptroller.Falcon.Tests.Auditing;

/// <summary>Audits of a simulated tenant on a clock that does not wait.</summary>
internal sealed class SimulatedAudit : IAsyncDisposable
{
    private readonly VirtualTime _time;
    private readonly RateLimiter _limiter;
    private readonly FalconClient _client;

    private readonly bool _isShared;

    private SimulatedAudit(Simulator simulator, string directory, VirtualTime time, string? store, bool isShared = false)
    {
        (Simulator, _time, Output, _isShared) = (simulator, time, Path.Combine(directory, "output"), isShared);
        _limiter = new RateLimiter(RateLimit.VeryLarge, time);
        _client = new FalconClient(new FalconClientOptions { Address = simulator.Address, Credentials = new FalconCredentials("simulated-client", "simulated-secret") }, _limiter, time, new Interrupted(request => BeforeRequest?.Invoke(request) ?? Task.CompletedTask));
        Foundry = new FoundryStore(new FoundryCollection(_client, "fedcba9876543210fedcba9876543210", "policy_audits"));
        Store = new AuditStore(new StoreConnections(store ?? Path.Combine(directory, "db.sqlite")));
    }

    public Simulator Simulator { get; }

    public AuditStore Store { get; }

    /// <summary>The simulator's collection.</summary>
    public FoundryStore Foundry { get; }

    /// <summary>Where reports are.</summary>
    public string Output { get; }

    public AuditReports? LastReports { get; private set; }

    /// <summary>Called when the reports have their names and the collection has the run, before the store has it.</summary>
    public Action? AfterReports { get; set; }

    /// <summary>Awaited before each request leaves.</summary>
    public Func<HttpRequestMessage, Task>? BeforeRequest { get; set; }

    /// <summary>Another machine that audits the same tenant.</summary>
    public SimulatedAudit Beside(string directory, VirtualTime time) => new(Simulator, directory, time, null, isShared: true);

    /// <param name="options">The tenant.</param>
    /// <param name="directory">Of the test.</param>
    /// <param name="time">Its clock.</param>
    /// <param name="store">Null for a SQLite file in the directory.</param>
    public static async Task<SimulatedAudit> StartAsync(SimulatorOptions options, string directory, VirtualTime time, string? store = null) =>
        new(await Simulator.StartAsync(options, default), directory, time, store);

    public async Task<AuditOutcome> RunAsync(AuditOptions options, bool compress = false, bool fullDisk = false, bool foundry = false, Action<AuditProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        Task ReportAsync(AuditOutcome outcome, RunWriter writer, Func<Task> complete, CancellationToken token)
        {
            return foundry ? Foundry.WriteAsync(outcome, writer, LastReports, NamedAsync, token) : LastReports!.WriteAsync(outcome, writer, NamedAsync, token);

            Task NamedAsync()
            {
                AfterReports?.Invoke();
                return complete();
            }
        }

        await (foundry ? Foundry.CheckAsync(cancellationToken) : Task.CompletedTask);
        LastReports = new AuditReports(Output, compress, new ReportMetadata { Timestamp = _time.GetUtcNow(), Command = "test", DatabaseType = Store.Connections.Kind });
        return await new AuditRun(new FalconApi(_client), Store, _time) { Progress = progress, Report = fullDisk ? FailAsync : ReportAsync }.RunAsync(options, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await (_isShared ? ValueTask.CompletedTask : Simulator.DisposeAsync());
        await Store.Connections.DisposeAsync();
        _client.Dispose();
        _limiter.Dispose();
    }

    // A file opened, half written, and then no space left.
    private async Task FailAsync(AuditOutcome outcome, RunWriter writer, Func<Task> complete, CancellationToken cancellationToken)
    {
        await using var file = ReportFile.Open(Output, "host-details", outcome.Run.Started, compress: false);
        file.Json.WriteStartObject();
        await file.Json.FlushAsync(cancellationToken);
        throw new IOException("No space left on device");
    }

    private sealed class Interrupted(Func<HttpRequestMessage, Task> before) : DelegatingHandler(new SocketsHttpHandler())
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            await before(request);
            return await base.SendAsync(request, cancellationToken);
        }
    }
}
