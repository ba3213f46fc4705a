using Comptroller.Falcon.Store;
using Comptroller.FalconSimulator;
using Comptroller.Kubernetes.Tests.Testing;

namespace Comptroller.Operator.Tests.Verbs.Falcon;

/// <summary>A Foundry collection under several processes: those that audit, and those that only show.</summary>
public sealed class CollectionTests
{
    [Fact]
    public async Task A_verb_that_shows_reads_the_collection_while_an_audit_holds_the_store()
    {
        await using var tenant = await FalconTenant.StartAsync(new SimulatorOptions { Hosts = 200 }, FalconTenant.Foundry);
        (await tenant.RunAsync("audit")).Exit.ShouldBe(0);
        Directory.Delete(Path.GetDirectoryName(tenant.Store)!, recursive: true);
        await using var connections = new StoreConnections(tenant.Store);
        await using var writing = await StoreLock.TakeAsync(connections, default);
        var first = await tenant.RunAsync("hosts");
        first.Output.ShouldContain("\n200 hosts, ", customMessage: first.Error);
        first.Error.ShouldContain("the last complete run was read from the collection policy_audits");
        // Read once, and nothing of it in the store of the audits.
        (await tenant.RunAsync("hosts")).Error.ShouldNotContain("was read from the collection");
        File.Exists(tenant.Store).ShouldBeFalse();
    }

    [Fact]
    public async Task An_audit_takes_the_store_while_a_verb_reads_the_collection_and_another_verb_reads_beside_it()
    {
        FalconTenant? tenant = null;
        var (free, reading) = (new List<bool>(), new List<bool>());
        await using var started = tenant = await FalconTenant.StartAsync(
            new SimulatorOptions
            {
                Hosts = 200,
                Faults = request =>
                {
                    if (request.Method == "GET" && request.Path.EndsWith("-hosts-000001", StringComparison.Ordinal))
                    {
                        free.Add(IsFree(Path.GetDirectoryName(tenant!.Store)!));
                        reading.Add(IsFree($"{tenant.Store}.collection"));
                    }

                    return null;
                },
            },
            FalconTenant.Foundry);
        (await tenant.RunAsync("audit")).Exit.ShouldBe(0);
        Directory.Delete(Path.GetDirectoryName(tenant.Store)!, recursive: true);
        (await tenant.RunAsync("policies", "-t", "firewall")).Exit.ShouldBe(0);
        (free.Single(), reading.Single()).ShouldBe((true, false));

        // Another reader has the copy: this one makes its own.
        Directory.Delete($"{tenant.Store}.collection", recursive: true);
        await using var copy = new StoreConnections(Path.Combine($"{tenant.Store}.collection", "copy.sqlite"));
        await using (await StoreLock.TakeAsync(copy, default))
        {
            (await tenant.RunAsync("hosts")).Output.ShouldContain("\n200 hosts, ");
            File.Exists(copy.FilePath).ShouldBeFalse();
        }

        // What the store of the audits has itself is not read again.
        (await tenant.RunAsync("audit")).Exit.ShouldBe(0);
        var calls = free.Count;
        (await tenant.RunAsync("hosts")).Output.ShouldContain("\n200 hosts, ");
        free.Count.ShouldBe(calls);
    }

    [Fact]
    public async Task A_verb_that_cannot_write_beside_the_store_makes_a_copy_elsewhere()
    {
        await using var tenant = await FalconTenant.StartAsync(new SimulatorOptions { Hosts = 200 }, FalconTenant.Foundry);
        (await tenant.RunAsync("audit")).Exit.ShouldBe(0);
        Directory.Delete(Path.GetDirectoryName(tenant.Store)!, recursive: true);
        Directory.CreateDirectory(Path.GetDirectoryName(tenant.Store)!);
        // Whoever runs this, there is no directory to be made where a file is.
        await File.WriteAllTextAsync($"{tenant.Store}.collection", "");
        var shown = await tenant.RunAsync("hosts");
        shown.Output.ShouldContain("\n200 hosts, ", customMessage: shown.Error);
    }

    [Fact]
    public async Task A_collection_that_cannot_be_asked_leaves_the_run_of_this_machine_to_be_shown()
    {
        var away = false;
        await using var tenant = await FalconTenant.StartAsync(
            new SimulatorOptions { Hosts = 200, Faults = request => away && request.Path.Contains("policy_audits", StringComparison.Ordinal) ? new Fault { MissingScope = true } : null }, FalconTenant.Foundry);
        (await tenant.RunAsync("audit")).Exit.ShouldBe(0);
        away = true;
        foreach (var verb in (string[])["hosts", "policies", "grade"])
        {
            var shown = await tenant.RunAsync(verb);
            shown.Exit.ShouldBe(0, shown.Error);
            shown.Error.ShouldContain("the collection policy_audits cannot be asked for a newer run, this machine's own is shown: ");
        }

        Directory.Delete(Path.GetDirectoryName(tenant.Store)!, recursive: true);
        (await tenant.RunAsync("hosts")).Exit.ShouldBe(2);
    }

    [Fact]
    public async Task A_daemon_takes_up_the_run_of_the_collection_and_puts_the_next_one_beside_it()
    {
        await using var tenant = await FalconTenant.StartAsync(new SimulatorOptions { Hosts = 200 }, FalconTenant.Foundry);
        (await tenant.RunAsync("audit")).Exit.ShouldBe(0);
        var first = tenant.Simulator.Objects["current"];
        Directory.Delete(Path.GetDirectoryName(tenant.Store)!, recursive: true);
        await using (var daemon = tenant.Start("daemon"))
        {
            await daemon.Log.LineAsync("started; endpoints at");
            await daemon.TerminateAsync();
            (await daemon.ExitAsync()).ShouldBe(0);
        }

        await using (var connections = new StoreConnections(tenant.Store))
        {
            (await new AuditStore(connections).LastCompleteAsync(default)).ShouldNotBeNull().Hosts.Total.ShouldBe(200);
        }

        tenant.Simulator.Objects["current"].ShouldBe(first);
        // A lost part is said, and the next run mends it.
        tenant.Simulator.Objects.Remove(tenant.Simulator.Objects.Keys.Single(key => key.EndsWith("-hosts-000001", StringComparison.Ordinal))).ShouldBeTrue();
        Directory.Delete(Path.GetDirectoryName(tenant.Store)!, recursive: true);
        await using var next = tenant.Start("daemon", "--immediate");
        await next.Log.LineAsync("going on without the runs before this one");
        await next.Log.LineAsync("audit run ended: Complete, 200 hosts");
        await Settle.UntilAsync(() => !tenant.Simulator.Objects["current"].AsSpan().SequenceEqual(first), $"the daemon stores: {next.Log}");
        await next.TerminateAsync();
        (await next.ExitAsync()).ShouldBe(0);
        next.Log.ToString().ShouldNotContain(FalconTenant.Secret);
        Directory.Delete(Path.GetDirectoryName(tenant.Store)!, recursive: true);
        (await tenant.RunAsync("hosts")).Output.ShouldContain("\n200 hosts, ");
    }

    private static bool IsFree(string directory)
    {
        var path = Path.Combine(directory, ".comptroller-falcon.lock");
        if (!File.Exists(path))
        {
            return true;
        }

        try
        {
            using var taken = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
