using System.Text.Json.Nodes;
using Comptroller.Archive.Backups;

namespace Comptroller.Operator.Tests.Verbs.Archive;

public sealed class BackupVerbTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("comptroller-backup-");

    public BackupVerbTests()
    {
        Directory.CreateDirectory(At("logs"));
        File.WriteAllText(At("logs/audit.log"), string.Concat(Enumerable.Range(0, 2000).Select(i => $$"""{"timestamp":"2026-01-01T00:00:00Z","event_type":"e{{i}}"}""" + "\n")));
    }

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task From_a_key_to_a_restored_log_every_step_is_a_verb()
    {
        (await RunAsync("keygen", At("key.pem"))).Exit.ShouldBe(0);
        if (!OperatingSystem.IsWindows())
        {
            (File.GetUnixFileMode(At("key.pem")) & (UnixFileMode.GroupRead | UnixFileMode.OtherRead)).ShouldBe(UnixFileMode.None);
        }


        var (exit, output, error) = await RunAsync("backup", "--source", $"node={At("logs")}", "--store", At("store"), "--signing-key", At("key.pem"), "-o", "json");
        exit.ShouldBe(0, error);
        var backup = JsonNode.Parse(output)!;
        ((long)backup["number"]!).ShouldBe(1);
        ((string)backup["location"]!).ShouldEndWith("/backups/audit/0000000001.manifest.json");

        (exit, output, _) = await RunAsync("list", "--store", At("store"), "--public-key", At("key.pem.pub"));
        exit.ShouldBe(0);
        output.ShouldContain("made (UTC)");

        (exit, output, _) = await RunAsync("verify", "--store", At("store"), "--public-key", At("key.pem.pub"));
        exit.ShouldBe(0);
        output.ShouldContain("proved");
        (await RunAsync("verify", "--store", At("store"), "--public-key", At("key.pem.pub"), "--at-least", "2")).Exit.ShouldBe(1);

        (exit, output, _) = await RunAsync("restore", "--store", At("store"), "--public-key", At("key.pem.pub"), "--target", At("out"), "--dry-run");
        (exit, Directory.Exists(At("out"))).ShouldBe((0, false));
        output.ShouldStartWith("create ");
        (await RunAsync("restore", "--store", At("store"), "--public-key", At("key.pem.pub"), "--dry-run")).Output.ShouldContain("/restored-audit-1/node/audit.log (");
        (await RunAsync("restore", "--store", At("store"), "--public-key", At("key.pem.pub"), "--target", At("out"))).Exit.ShouldBe(0);
        File.ReadAllBytes(At("out/node/audit.log")).ShouldBe(File.ReadAllBytes(At("logs/audit.log")));

        File.WriteAllText(At("out/node/audit.log"), "changed");
        (await RunAsync("restore", "--store", At("store"), "--public-key", At("key.pem.pub"), "--target", At("out"))).Exit.ShouldBe(2);
        (await RunAsync("restore", "--store", At("store"), "--public-key", At("key.pem.pub"), "--target", At("out"), "--force")).Exit.ShouldBe(0);

        (exit, output, _) = await RunAsync("prune", "--store", At("store"), "--signing-key", At("key.pem"), "--keep-last", "1", "--dry-run");
        (exit, output.Trim().Split('\n').Length).ShouldBe((0, 1));
        output.ShouldEndWith(": newest\n");
    }

    [Fact]
    public async Task A_changed_byte_is_told_with_exit_1_and_not_restored()
    {
        await RunAsync("keygen", At("key.pem"));
        await RunAsync("backup", "--source", At("logs"), "--store", At("store"), "--signing-key", At("key.pem"));
        var piece = Directory.GetFiles(At("store/content"), "*", SearchOption.AllDirectories).Single();
        var bytes = File.ReadAllBytes(piece);
        File.Delete(piece); // It is read-only; what is written in its place is not.
        bytes[^20] ^= 1;
        File.WriteAllBytes(piece, bytes);

        var (exit, output, _) = await RunAsync("verify", "--store", At("store"), "--public-key", At("key.pem.pub"));
        exit.ShouldBe(1);
        output.ShouldContain(Path.GetFileName(piece));
        var (restored, _, error) = await RunAsync("restore", "--store", At("store"), "--public-key", At("key.pem.pub"), "--target", At("out"));
        restored.ShouldBe(2);
        error.ShouldContain("its bytes are not those that were stored");
        Directory.GetFiles(At("out"), "*", SearchOption.AllDirectories).ShouldBeEmpty();
    }

    [Fact]
    public async Task Every_run_leaves_a_result_also_one_that_fails()
    {
        await RunAsync("keygen", At("key.pem"));
        string[] place = ["--store", At("store"), "--result-file", At("result")];

        (await RunAsync(["backup", "--source", At("logs"), "--signing-key", At("key.pem"), .. place])).Exit.ShouldBe(0);
        var backup = Result();
        (backup.Verb, backup.Success, backup.Number, backup.Files, backup.Error).ShouldBe(("backup", true, 1, 1, null));
        backup.Location.ShouldNotBeNull().ShouldEndWith("/backups/audit/0000000001.manifest.json");
        backup.RecoverableFrom.ShouldBe(backup.CreatedAt);
        backup.Ratio.ShouldNotBeNull().ShouldBeGreaterThan(2);

        Directory.CreateDirectory(At("scratch"));
        (await RunAsync(["verify", "--signing-key", At("key.pem"), "--drill", At("scratch"), .. place])).Exit.ShouldBe(0);
        var verified = Result();
        (verified.Verb, verified.Success, verified.ChainIntact, verified.RestoredFiles, verified.RootHash).ShouldBe(("verify", true, true, 1, backup.RootHash));
        Directory.GetFileSystemEntries(At("scratch")).ShouldBeEmpty();

        (await RunAsync(["restore", "--public-key", At("key.pem.pub"), "--target", At("out"), .. place])).Exit.ShouldBe(0);
        (Result().Verb, Result().Success, Result().RestoredFiles).ShouldBe(("restore", true, 1));
        (await RunAsync(["prune", "--signing-key", At("key.pem"), "--keep-last", "1", .. place])).Exit.ShouldBe(0);
        (Result().Verb, Result().Success, Result().Deleted).ShouldBe(("prune", true, 0));

        File.Delete(Directory.GetFiles(At("store/content"), "*", SearchOption.AllDirectories).Single());
        (await RunAsync(["verify", "--public-key", At("key.pem.pub"), .. place])).Exit.ShouldBe(1);
        var broken = Result();
        (broken.Success, broken.ChainIntact, broken.Problems, broken.Error).ShouldBe((false, true, 1, null));
        broken.Found.ShouldNotBeNull().Single().ShouldEndWith(": missing");

        (await RunAsync(["backup", "--source", At("nowhere"), "--signing-key", At("key.pem"), .. place])).Exit.ShouldBe(2);
        (Result().Success, Result().Error).ShouldBe((false, $"{At("nowhere")}: no such file or directory"));
        (await RunAsync(["backup", "--source", At("logs"), .. place])).Exit.ShouldBe(2);
        Result().Error.ShouldNotBeNull().ShouldStartWith("--signing-key: needed");
    }

    [Theory]
    [InlineData("--signing-key: needed", "backup", "--source", "/etc/hostname", "--store", "{0}/store")]
    [InlineData("no such file or directory", "backup", "--source", "/does/not/exist", "--store", "{0}/store", "--signing-key", "{0}/key.pem")]
    [InlineData("a directory, s3://BUCKET/PREFIX", "list", "--store", "ftp://x", "--public-key", "{0}/key.pem.pub")]
    [InlineData("https is needed", "list", "--store", "s3://bucket", "--endpoint", "http://store.example.com", "--public-key", "{0}/key.pem.pub")]
    [InlineData("does not lock objects", "backup", "--source", "{0}/logs", "--store", "{0}/store", "--signing-key", "{0}/key.pem", "--lock-days", "30")]
    [InlineData("not a private key on P-256", "backup", "--source", "{0}/logs", "--store", "{0}/store", "--signing-key", "{0}/key.pem.pub")]
    [InlineData("no backup of audit", "restore", "--store", "{0}/store", "--public-key", "{0}/key.pem.pub", "--target", "{0}/out")]
    [InlineData("say what to keep", "prune", "--store", "{0}/store", "--signing-key", "{0}/key.pem")]
    public async Task What_cannot_be_done_is_told_with_exit_2(string problem, params string[] arguments)
    {
        await RunAsync("keygen", At("key.pem"));
        var (exit, output, error) = await RunAsync([.. arguments.Select(argument => argument.Replace("{0}", _directory.FullName, StringComparison.Ordinal))]);
        exit.ShouldBe(2);
        (output + error).ShouldContain(problem);
    }

    [Fact]
    public async Task Outside_of_its_windows_a_backup_is_not_begun_and_inside_it_is()
    {
        await RunAsync("keygen", At("key.pem"));
        var now = DateTimeOffset.UtcNow;
        string[] backup = ["backup", "--source", At("logs"), "--store", At("store"), "--signing-key", At("key.pem"), "--result-file", At("result"), "--window"];
        var (exit, output, error) = await RunAsync([.. backup, $"{now.AddHours(6):HH:mm}-{now.AddHours(7):HH:mm}"]);
        exit.ShouldBe(0, error);
        output.ShouldStartWith("not begun: outside of the windows");
        (Result().Success, Result().Error, Result().SentBytes).ShouldBe((false, null, null));
        Result().ResumesAt.ShouldNotBeNull().ShouldBe(now.AddHours(6), TimeSpan.FromMinutes(2));
        Directory.Exists(At("store")).ShouldBeFalse();

        (await RunAsync([.. backup, $"{now.AddHours(-6):HH:mm}-{now.AddHours(6):HH:mm}"])).Exit.ShouldBe(0);
        (Result().Success, Result().ResumesAt).ShouldBe((true, null));
        (await RunAsync([.. backup, "22:00"])).Error.ShouldContain("--window \"22:00\": such as 22:00-05:00");
        (await RunAsync([.. backup, "22:00-05:00", "--time-zone", "Europe/Atlantis"])).Error.ShouldContain("--time-zone \"Europe/Atlantis\"");
    }

    [Fact]
    public async Task A_log_without_a_process_is_critical_and_a_configuration_can_be_tried()
    {
        (await RunAsync("health", "--log-file", At("logs/audit.log"))).Exit.ShouldBe(2);
        var (exit, output, _) = await RunAsync("health", "--log-file", At("logs/audit.log"), "--json");
        (exit, (string)JsonNode.Parse(output)!["status"]!).ShouldBe((2, "critical"));
        (await RunAsync("monitor", "--once", "--log-file", At("logs/audit.log"))).Exit.ShouldBe(2);
        await RunAsync("append", "--type", "x", "--log-file", At("own/audit.log"));
        (await RunAsync("monitor", "--once", "--log-file", At("own/audit.log"))).Output.ShouldContain("Total Events: 1");
        (exit, output, _) = await CommandLine.RunProcessAsync([], "archive", "validate", "--log-file", At("own/audit.log"));
        output.ShouldContain("Write throughput");
        output.ShouldContain("Failed: 0");
        exit.ShouldBe(0);
        (await RunAsync("verify-log", "--log-file", At("own/audit.log"))).Exit.ShouldBe(0);
    }

    private string At(string name) => Path.Combine(_directory.FullName, name);

    private RunResult Result() => RunResult.Read(File.ReadAllText(At("result")), out var error) ?? throw new InvalidDataException(error);

    private static Task<(int Exit, string Output, string Error)> RunAsync(params string[] arguments) => CommandLine.RunAsync(["archive", .. arguments]);
}
