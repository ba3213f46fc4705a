using System.CommandLine;
using Comptroller.FalconSimulator;
using Comptroller.Operator.Tests.Estates;
using Comptroller.Operator.Verbs;
using Comptroller.Operator.Verbs.Falcon;

namespace Comptroller.Operator.Tests.Verbs.Falcon;

/// <summary>A simulated tenant, a directory with a <c>config.yaml</c> for it, and the verbs of <c>falcon</c> against both.</summary>
internal sealed class FalconTenant : IAsyncDisposable
{
    public const string Secret = "s3cr3t-of-the-tenant";

    /// <summary>Keys that keep the runs in the tenant's collection.</summary>
    public const string Foundry = """
        db: {type: foundry_collections}
        foundry_collections: {app_id: fedcba9876543210fedcba9876543210}
        """;

    private FalconTenant(Simulator simulator) => Simulator = simulator;

    public Simulator Simulator { get; }

    public DirectoryInfo Directory { get; } = System.IO.Directory.CreateTempSubdirectory("comptroller-falcon-");

    public string Config => PathOf("config.yaml");

    public string Store => PathOf("data/db.sqlite");

    public string Output => PathOf("output");

    /// <param name="options">The tenant.</param>
    /// <param name="daemon">More keys of <c>daemon</c>, each line indented by two.</param>
    public static async Task<FalconTenant> StartAsync(SimulatorOptions options, string daemon = "")
    {
        var tenant = new FalconTenant(await Simulator.StartAsync(options with { ClientSecret = Secret }, default));
        tenant.Configure(daemon);
        return tenant;
    }

    public string PathOf(string name) => Path.Combine(Directory.FullName, name);

    /// <summary>Writes the configuration anew.</summary>
    public void Configure(string daemon, string secret = Secret, string types = "all") => File.WriteAllText(Config, $"""
        sqlite:
          path: {Store}
        falcon_credentials:
          client_id: simulated-client
          client_secret: {secret}
          base_url: {Simulator.Address}
        daemon:
          policy_types: [{types}]
          product_types: [all]
          health_check: {"{port: 0, bind_address: 127.0.0.1}"}
          schedules: {"{fetch_and_grade: '0 0 1 1 *', cleanup: '@yearly', metrics: '@yearly'}"}
        {daemon}

        """);

    /// <summary>A verb in this process.</summary>
    public async Task<(int Exit, string Output, string Error)> RunAsync(string verb, params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exit = await Invocation.RunAsync(new RootCommand { FalconVerb.Create() }, Line(verb, arguments), output, error);
        return (exit, output.ToString().ReplaceLineEndings("\n"), error.ToString().ReplaceLineEndings("\n"));
    }

    /// <summary>A verb as a process of its own.</summary>
    public ProgramRun Start(string verb, params string[] arguments) => ProgramRun.Start(Line(verb, arguments));

    /// <summary>The same on a disk with little left.</summary>
    public ProgramRun StartLimited(int largestFileKiB, string verb, params string[] arguments) => ProgramRun.Start(Line(verb, arguments), [], largestFileKiB);

    public IEnumerable<string> Reports(string pattern = "*") => System.IO.Directory.Exists(Output) ? System.IO.Directory.EnumerateFiles(Output, pattern).Order(StringComparer.Ordinal) : [];

    public async ValueTask DisposeAsync()
    {
        await Simulator.DisposeAsync();
        Directory.Delete(recursive: true);
    }

    private string[] Line(string verb, string[] arguments)
    {
        string[] line = ["falcon", verb, "--config", Config, .. arguments];
        return verb is "audit" or "daemon" or "cleanup" ? [.. line, "--output-dir", Output] : line;
    }
}
