using System.Text;
using System.Text.Json;
using Comptroller.Falcon.Tests.Store;
using Comptroller.FalconSimulator;
using Comptroller.Operator.Tests.Estates;

namespace Comptroller.Operator.Tests.Verbs.Falcon;

/// <summary><c>--store</c> with the password of a database: as a process, whose command line reports carry.</summary>
public sealed class StoreAddressTests(PostgresServer postgres) : IClassFixture<PostgresServer>
{
    [PostgresFact]
    public async Task The_password_of_the_store_is_in_no_report_and_no_log()
    {
        await using var tenant = await FalconTenant.StartAsync(new SimulatorOptions { Hosts = 50 });
        var log = tenant.PathOf("termination-log");
        var database = await postgres.NewDatabaseAsync();
        await using var audit = tenant.Start("audit", "--store", postgres.Url(database), "--termination-log", log);
        (await audit.ExitAsync()).ShouldBe(0, audit.Log.ToString());
        await using var daemon = tenant.Start("daemon", "--immediate", $"--store={postgres.KeyValues(database)}");
        await daemon.Log.LineAsync("audit run ended: Complete, 50 hosts");
        await daemon.TerminateAsync();
        (await daemon.ExitAsync()).ShouldBe(0, daemon.Log.ToString());

        JsonElement.Parse(await File.ReadAllBytesAsync(tenant.Reports("policy-audit_*.json").First())).GetProperty("metadata").GetProperty("command").GetString()!
            .ShouldContain("--store <redacted> --termination-log");
        AssertHidden(tenant, "pa'ss", audit, daemon);
        AssertHidden(tenant, "pa%27ss", audit, daemon);
    }

    [Theory]
    [InlineData("postgresql://auditor:hunter2@127.0.0.1:1/falcon", "127.0.0.1:1")]
    [InlineData("postgresql://auditor:hunter2@127.0.0.1/falcon?colour=red", "the address of the PostgreSQL store cannot be read")]
    [InlineData("Host=127.0.0.1;Password=hunter2;Colour=red", "the address of the PostgreSQL store cannot be read")]
    public async Task A_store_that_is_not_reached_or_not_understood_is_exit_2_and_one_sentence_without_its_password(string address, string said)
    {
        await using var tenant = await FalconTenant.StartAsync(new SimulatorOptions { Hosts = 50 });
        await using var audit = tenant.Start("audit", "--store", address, "--termination-log", tenant.PathOf("termination-log"));
        (await audit.ExitAsync()).ShouldBe(2, audit.Log.ToString());
        await audit.Log.LineAsync(said);
        audit.Log.ToString().ShouldNotContain("   at ");
        AssertHidden(tenant, "hunter2", audit);
    }

    private static void AssertHidden(FalconTenant tenant, string secret, params ProgramRun[] runs)
    {
        var texts = tenant.Directory.EnumerateFiles("*", SearchOption.AllDirectories).Where(file => file.Name != "config.yaml")
            .Select(file => (file.Name, Text: Encoding.Latin1.GetString(File.ReadAllBytes(file.FullName))))
            .Concat(runs.Select(run => (Name: "screen", Text: run.Log.ToString()))).ToList();
        texts.Count.ShouldBeGreaterThan(runs.Length);
        texts.Where(text => text.Text.Contains(secret, StringComparison.Ordinal)).Select(text => text.Name).ShouldBeEmpty();
    }
}
