using System.Net;
using System.Net.Sockets;
using Comptroller.Archive.Backups;
using Comptroller.Archive.Evidence;
using Comptroller.Archive.Objects;
using Comptroller.Archive.Tests.Objects;
using Comptroller.Kubernetes.Tests.Testing;
using Comptroller.Operator.Tests.Estates;

namespace Comptroller.Operator.Tests.Verbs.Archive;

/// <summary>One gateway for all classes that ask for it: it takes a while to come up.</summary>
[CollectionDefinition(Name)]
public sealed class SharedGateway : ICollectionFixture<RadosGateway>
{
    public const string Name = "Ceph's gateway";
}

/// <summary>Backups by a process of their own, which is killed, or has no room: against Ceph's gateway through a proxy that says when.</summary>
[Collection(SharedGateway.Name)]
public sealed class BackupProcessTests(RadosGateway gateway) : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly Dictionary<string, string> Credentials = new() { ["AWS_ACCESS_KEY_ID"] = "AUDITKEY", ["AWS_SECRET_ACCESS_KEY"] = "AUDITSECRET" };

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("comptroller-killed-");

    public void Dispose() => _directory.Delete(recursive: true);

    [RadosFact]
    public async Task Killed_at_any_write_a_backup_is_whole_or_not_there_and_the_next_one_goes_on()
    {
        // Two pieces, the manifest and the digest.
        const int Writes = 4;
        using var key = Sources(9000);
        await using var setup = await gateway.StoreAsync(locked: false);
        var bucket = setup.Location.Split('/')[2];
        await using var faults = FaultProxy.Start(gateway.Endpoint);
        foreach (var (write, arrives) in Enumerable.Range(0, Writes).SelectMany(write => new[] { (write, false), (write, true) }))
        {
            var place = $"killed-{write}-{arrives}";
            await using var store = new S3Store(gateway.Options(bucket) with { Prefix = $"{place}/" }, TimeProvider.System);
            var seen = -1;
            ProgramRun? run = null;
            using var started = new ManualResetEventSlim();
            void Kill(string head)
            {
                if (head.StartsWith("PUT ", StringComparison.Ordinal) && Interlocked.Increment(ref seen) == write)
                {
                    started.Wait(TimeSpan.FromSeconds(30)).ShouldBeTrue();
                    run!.Kill();
                    if (!arrives)
                    {
                        faults.Next(Fault.ResetBefore, 1);
                    }
                }
            }

            faults.Before = arrives ? null : Kill;
            faults.After = arrives ? Kill : null;
            await using (run = Backup(bucket, place, faults.Endpoint))
            {
                started.Set();
                (await run.ExitAsync()).ShouldBe(137, $"{place}: {run.Log}");
            }

            (faults.Before, faults.After) = (null, null);
            // Pieces come first, in any order; the manifest is the third write, and the backup is there exactly when that arrived.
            var numbers = await new BackupCatalog(store, key.Public).NumbersAsync("audit", None);
            (numbers.Count == 1).ShouldBe(write > 2 || (write == 2 && arrives), place);
            (await VerifyAsync(store, key)).Problems.ShouldBe(numbers.Count == 0 ? ["audit: no backup"] : [], place);

            // In this process: what the one before left is all there is between them.
            await new BackupRun(store, key, new BackupOptions { Stream = "audit" }, TimeProvider.System).RunAsync([new BackupSource("logs", At("logs"))], None);
            (await VerifyAsync(store, key)).Problems.ShouldBeEmpty(place);
        }
    }

    [RadosFact]
    public async Task A_lock_that_the_bucket_cannot_give_is_refused_before_anything_is_sent()
    {
        using var key = Sources(10);
        await using var store = await gateway.StoreAsync(locked: false);
        await using var run = Backup(store.Location.Split('/')[2], "estate", gateway.Endpoint, "--lock-days", "1", "--result-file", At("result"));
        (await run.ExitAsync()).ShouldBe(2, $"{run.Log}");
        RunResult.Read(await File.ReadAllTextAsync(At("result")), out _)!.Error.ShouldNotBeNull().ShouldContain("this store does not lock objects");
        await foreach (var found in store.ListAsync("", None))
        {
            found.Key.ShouldBeNull("nothing was sent");
        }
    }

    [Fact]
    public async Task A_backup_whose_pod_is_to_go_notes_what_it_sent_and_the_next_one_goes_on()
    {
        using var key = Sources(30_000);
        string[] backup = ["archive", "backup", "--source", At("logs"), "--store", At("store"), "--signing-key", At("key.pem"), "--result-file", At("result")];
        // After the first piece the next one is not due for hours. The journal says when the first one has arrived; what goes on has none.
        await using (var slow = ProgramRun.Start([.. backup, "--limit-mbps", "0.00001", "--journal", At("journal")]))
        {
            await Settle.UntilAsync(() => File.Exists(At("journal")) && new FileInfo(At("journal")).Length > 0);
            await slow.TerminateAsync();
            (await slow.ExitAsync()).ShouldBe(130, $"{slow.Log}");
        }

        RunResult.Read(await File.ReadAllTextAsync(At("result")), out _)!.Error.ShouldNotBeNull().ShouldContain("the next run goes on from there");
        await using var store = new FileStore(At("store"));
        (await new BackupCatalog(store, key.Public).NumbersAsync("audit", None)).ShouldBeEmpty();
        Directory.GetFiles(At("store/unfinished/audit")).ShouldHaveSingleItem();
        await using (var again = ProgramRun.Start(backup))
        {
            (await again.ExitAsync()).ShouldBe(0, $"{again.Log}");
        }

        (await VerifyAsync(store, key)).Problems.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("verify", "--public-key", "key.pem.pub")]
    [InlineData("restore", "--public-key", "key.pem.pub")]
    [InlineData("digest", "--signing-key", "key.pem")]
    [InlineData("prune", "--signing-key", "key.pem", "--keep", "1")]
    public async Task Whatever_a_signal_ends_leaves_a_result_that_says_so(string verb, string option, string file, params string[] more)
    {
        using var key = Sources(1);
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await using var run = ProgramRun.Start(
            ["archive", verb, "--store", "s3://bucket/estate", "--endpoint", $"http://{silent.LocalEndpoint}", "--allow-http", "--allow-local-endpoint", option, At(file), "--result-file", At("result"), .. more],
            Credentials);
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        using (await silent.AcceptTcpClientAsync(limit.Token))
        {
            await run.TerminateAsync();
            (await run.ExitAsync()).ShouldBe(130, $"{run.Log}");
        }

        RunResult.Read(await File.ReadAllTextAsync(At("result")), out _)!.Error.ShouldNotBeNull().ShouldContain("stopped before its end");
    }

    [Fact]
    public async Task Without_room_for_a_piece_no_backup_is_listed_and_with_room_it_goes_on()
    {
        using var key = Sources(30_000);
        string[] backup = ["archive", "backup", "--source", At("logs"), "--store", At("store"), "--signing-key", At("key.pem"), "--compression-level", "1", "--result-file", At("result")];
        await using (var full = ProgramRun.Start(backup, [], largestFileKiB: 40))
        {
            (await full.ExitAsync()).ShouldBe(2, $"{full.Log}");
        }

        await using var store = new FileStore(At("store"));
        (await new BackupCatalog(store, key.Public).NumbersAsync("audit", None)).ShouldBeEmpty();
        Directory.GetFiles(At("store"), "*.partial", SearchOption.AllDirectories).ShouldBeEmpty();
        RunResult.Read(await File.ReadAllTextAsync(At("result")), out _)!.Error.ShouldNotBeNull().ShouldContain("cannot write content/");
        await using (var roomy = ProgramRun.Start(backup))
        {
            (await roomy.ExitAsync()).ShouldBe(0, $"{roomy.Log}");
        }

        string[] restore = ["archive", "restore", "--store", At("store"), "--public-key", At("key.pem.pub"), "--target", At("out")];
        await using (var full = ProgramRun.Start(restore, [], largestFileKiB: 40))
        {
            (await full.ExitAsync()).ShouldBe(2, $"{full.Log}");
        }

        Directory.GetFiles(At("out"), "*", SearchOption.AllDirectories).ShouldBeEmpty("half a file looks like a whole one");
        await using (var roomy = ProgramRun.Start(restore))
        {
            (await roomy.ExitAsync()).ShouldBe(0, $"{roomy.Log}");
        }

        (await File.ReadAllBytesAsync(At("out/logs/audit.log"))).ShouldBe(await File.ReadAllBytesAsync(At("logs/audit.log")));
    }

    private static Task<BackupVerdict> VerifyAsync(IObjectStore store, SigningKey key) => new BackupVerification(store, key.Public, null, TimeProvider.System).VerifyAsync("audit", readAll: true, None);

    // Lines that differ from one another and compress badly, so that there are several pieces of some size.
    private SigningKey Sources(int lines)
    {
        Directory.CreateDirectory(At("logs"));
        File.WriteAllText(At("logs/audit.log"), string.Concat(Enumerable.Range(0, lines).Select(i => $$"""{"timestamp":"2026-01-01T00:00:00Z","event_type":"{{Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(BitConverter.GetBytes(i)))}}","text":"{{new string('x', 400)}}"}""" + "\n")));
        var key = SigningKey.Create();
        File.WriteAllText(At("key.pem"), key.ToPem());
        File.WriteAllText(At("key.pem.pub"), key.Public.ToPem());
        return key;
    }

    private ProgramRun Backup(string bucket, string prefix, Uri endpoint, params string[] more) => ProgramRun.Start(
        ["archive", "backup", "--source", At("logs"), "--store", $"s3://{bucket}/{prefix}", "--endpoint", endpoint.ToString().TrimEnd('/'), "--allow-http", "--allow-local-endpoint", "--signing-key", At("key.pem"), .. more],
        Credentials);

    private string At(string name) => Path.Combine(_directory.FullName, name);
}
