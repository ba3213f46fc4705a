using System.Net;
using System.Text.Json.Nodes;
using Comptroller.Archive.Backups;
using Comptroller.Archive.Evidence;
using Comptroller.Archive.Log;
using Comptroller.Archive.Tests.Testing;
using Comptroller.Operator.Tests.Estates;
using Comptroller.Operator.Verbs;

namespace Comptroller.Operator.Tests.Verbs.Archive;

/// <summary>Each option does what it says, and a value that cannot be is told with its name.</summary>
public sealed class ArchiveOptionsTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly TemporaryDirectory _directory = new();

    public ArchiveOptionsTests()
    {
        using var key = SigningKey.Create();
        File.WriteAllText(_directory["key.pem"], key.ToPem());
        File.WriteAllText(_directory["key.pem.pub"], key.Public.ToPem());
        File.WriteAllText(_directory["audit.log"], string.Concat(Enumerable.Range(0, 3000).Select(i => $$"""{"timestamp":"2026-01-01T00:00:00Z","event_type":"e{{i}}"}""" + "\n")));
    }

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("gz", "--compression", "gzip")]
    [InlineData("gz", "--compression-level", "1")]
    [InlineData("br", "--compression", "brotli")]
    [InlineData("br", "--compression", "brotli", "--compression-level", "1")]
    [InlineData("br", "--compression", "brotli", "--compression-level", "11")]
    public async Task Every_compression_is_written_and_read_back(string suffix, params string[] options)
    {
        await BackupAsync(options);
        Pieces().ShouldAllBe(name => name.EndsWith($".{suffix}", StringComparison.Ordinal));
        await ProvedAsync();
    }

    [Fact]
    public async Task A_higher_level_is_smaller()
    {
        await BackupAsync("--compression-level", "1");
        var fast = Directory.GetFiles(_directory["store/content"], "*", SearchOption.AllDirectories).Sum(path => new FileInfo(path).Length);
        Directory.Delete(_directory["store"], recursive: true);
        await BackupAsync("--compression-level", "9");
        Directory.GetFiles(_directory["store/content"], "*", SearchOption.AllDirectories).Sum(path => new FileInfo(path).Length).ShouldBeLessThan(fast);
    }

    [Fact]
    public async Task Encrypted_by_a_program_it_is_proved_without_and_read_only_with_it()
    {
        // Wraps by turning the bytes round, which is enough to see that it is asked both ways.
        await File.WriteAllTextAsync(_directory["wrap"], "#!/bin/sh\necho \"$1\" >> \"$0.asked\"\nexec base64 -w0 $([ \"$1\" = unwrap ] && echo -d)\n");
        var program = $"sh {_directory["wrap"]}";
        await BackupAsync("--encrypt-command", program, "--key-id", "alias/audit");
        Pieces().ShouldAllBe(name => name.EndsWith(".enc", StringComparison.Ordinal));
        (await File.ReadAllTextAsync(Directory.GetFiles(_directory["store/content"], "*", SearchOption.AllDirectories)[0])).ShouldContain("alias/audit");
        (await RunAsync("verify", "--public-key", _directory["key.pem.pub"])).Output.ShouldContain("files are encrypted");
        (await RunAsync("restore", "--public-key", _directory["key.pem.pub"], "--target", _directory["no"])).Exit.ShouldBe(2);
        var restored = await RunAsync("restore", "--public-key", _directory["key.pem.pub"], "--target", _directory["back"], "--decrypt-command", program, "--key-id", "alias/audit");
        restored.Exit.ShouldBe(0, restored.Output + restored.Error);
        (await File.ReadAllBytesAsync(_directory["back/logs/audit.log"])).ShouldBe(await File.ReadAllBytesAsync(_directory["audit.log"]));
        (await File.ReadAllLinesAsync(_directory["wrap.asked"])).ShouldBe(["wrap", "unwrap"]);
    }

    [Fact]
    public async Task A_journal_remembers_what_was_sent_and_a_result_file_says_what_came_of_it()
    {
        await BackupAsync("--journal", _directory["journal"], "--parallel", "1", "--limit-mbps", "500", "--reread", "--result-file", _directory["result"]);
        RunResult.Read(await File.ReadAllTextAsync(_directory["result"]), out _)!.Success.ShouldBeTrue();
        await ProvedAsync();
    }

    [Fact]
    public async Task As_the_utilities_before_were_asked()
    {
        (await RunAsync("backup", "--source", $"logs={_directory["audit.log"]}", "--signing-key", _directory["key.pem"], "--json")).Output.ShouldStartWith("{\"stream\":\"audit\"");
        (await RunAsync("list", "--public-key", _directory["key.pem.pub"], "--json")).Output.ShouldStartWith("[{\"stream\":\"audit\",\"number\":1");
        (await RunAsync("verify", "--public-key", _directory["key.pem.pub"], "--json")).Output.ShouldContain("\"verified\":true");
        (await RunAsync("cleanup", "--keep", "3", "--signing-key", _directory["key.pem"])).Exit.ShouldBe(0);
        (await CommandLine.RunAsync("archive", "list", "--cloud", "s3", "--public-key", _directory["key.pem.pub"])).Error.ShouldContain("--destination");
        (await CommandLine.RunAsync("archive", "list", "--destination", "b", "--public-key", _directory["key.pem.pub"])).Error.ShouldContain("--cloud");
        (await RunAsync("list", "--cloud", "s3", "--destination", "b", "--public-key", _directory["key.pem.pub"])).Error.ShouldContain("--store and --cloud");
        // Nobody is asked where the account is not known; a failed upload never ends with 0.
        (await CommandLine.RunAsync("archive", "list", "--cloud", "azure", "--destination", "b", "--public-key", _directory["key.pem.pub"])).Error.ShouldContain("AZURE_STORAGE_ACCOUNT");
    }

    [Theory]
    [InlineData("--compression-level: from 1 to 9", "backup", "--compression-level", "10")]
    [InlineData("--compression-level: from 1 to 11", "backup", "--compression", "brotli", "--compression-level", "12")]
    [InlineData("--compression", "backup", "--compression", "lzma")]
    [InlineData("--parallel: from 1 to 32", "backup", "--parallel", "33")]
    [InlineData("--limit-mbps: more than 0", "backup", "--limit-mbps", "0")]
    [InlineData("--lock-days: from 1 to 36500", "backup", "--lock-days", "0")]
    [InlineData("--encrypt-to and --encrypt-command", "backup", "--encrypt-command", "cat", "--encrypt-to", "KEY")]
    [InlineData("--encrypt-to", "backup", "--encrypt-to", "nowhere.pem")]
    [InlineData("does not lock objects", "backup", "--lock-days", "1")]
    [InlineData("cannot lock objects", "digest", "--lock-days", "1")]
    [InlineData("stream \"A B\"", "digest", "--stream", "A B")]
    [InlineData("stream \"A B\"", "verify", "--streams-of", "A B")]
    [InlineData("--cloud", "backup", "--cloud", "dropbox")]
    [InlineData("no such database", "backup", "--sqlite", "nowhere.db")]
    [InlineData("--logs-since", "backup", "--logs-since", "lately")]
    [InlineData("-1", "prune", "--keep-last", "-1")]
    [InlineData("say what to keep", "prune")]
    [InlineData("--max-age-days: from 1 to 36500", "prune", "--max-age-days", "0")]
    [InlineData("--number 7", "restore", "--number", "7", "--target", "out")]
    [InlineData("--at", "restore", "--at", "yesterday", "--target", "out")]
    public async Task What_cannot_be_is_told_with_its_name(string told, params string[] arguments)
    {
        string[] source = arguments[0] == "backup" ? ["--source", $"logs={_directory["audit.log"]}"] : [];
        var (exit, output, error) = await RunAsync([.. arguments.Select(text => text == "KEY" ? RsaKey() : text), .. source, "--signing-key", _directory["key.pem"]]);
        exit.ShouldBe(2, output + error);
        (output + error).ShouldContain(told == "-1" ? "--keep-last: 0 or more" : told);
        Directory.Exists(_directory["store/backups"]).ShouldBeFalse();
    }

    [Fact]
    public async Task The_streams_of_all_nodes_are_listed_proved_and_pruned_also_of_one_that_is_gone()
    {
        foreach (var stream in new[] { "prod.cp-1", "prod.gone", "prod.gone", "other" })
        {
            await BackupAsync("--stream", stream);
        }

        string[] sign = ["--signing-key", _directory["key.pem"]];
        (await RunAsync(["list", "--streams-of", "prod", "--json", .. sign])).Output.Split("\"stream\":").Length.ShouldBe(4);
        var verified = await RunAsync(["verify", "--streams-of", "prod", .. sign, "--result-file", _directory["result"]]);
        verified.Exit.ShouldBe(0, verified.Error);
        verified.Output.ShouldContain("prod.gone: 2 backups");
        verified.Output.ShouldNotContain("other");
        RunResult.Read(await File.ReadAllTextAsync(_directory["result"]), out _)!.Stream.ShouldBe("prod");
        (await RunAsync(["prune", "--streams-of", "prod", "--keep-last", "1", .. sign])).Output.ShouldContain("delete 1 of");
        (await RunAsync(["digest", "--streams-of", "prod", .. sign])).Output.ShouldContain("digests/prod.gone/0000000003.digest.json");
        (await RunAsync(["verify", "--streams-of", "prod", .. sign])).Exit.ShouldBe(0);

        // All backups of the node that nobody looks at are taken away: its digests remember it.
        Directory.Delete(_directory["store/backups/prod.gone"], recursive: true);
        var found = await RunAsync(["verify", "--streams-of", "prod", .. sign]);
        found.Exit.ShouldBe(1);
        found.Output.ShouldContain("prod.gone: no backup");
        (await RunAsync(["digest", "--streams-of", "prod", .. sign])).Exit.ShouldBe(1);
        (await RunAsync(["verify", "--streams-of", "nobody", .. sign])).Output.ShouldContain("nobody: no backup");
    }

    [Fact]
    public async Task Who_ran_what_and_how_it_ended_is_on_record_before_it_begins()
    {
        string[] trail = ["--audit-trail", _directory["trail/audit.log"]];
        (await RunAsync(["backup", "--source", $"logs={_directory["audit.log"]}", "--signing-key", _directory["key.pem"], .. trail])).Exit.ShouldBe(0);
        (await RunAsync(["restore", "--public-key", _directory["key.pem.pub"], "--target", _directory["back"], "--number", "9", .. trail])).Exit.ShouldBe(2);
        var events = new LogReader(_directory["trail/audit.log"]).Find(new LogQuery { Limit = 10 }, None).Events.Select(each => JsonNode.Parse(each.Json.Span)!).ToList();
        events.Select(each => $"{each["event_type"]} {each["outcome"]}").ShouldBe(["archive_backup_started accepted", "archive_backup_ended success", "archive_restore_started accepted", "archive_restore_ended failed"]);
        events.ShouldAllBe(each => (string)each["actor"]! == Environment.UserName);
        events[0]["details"]!["arguments"]!.AsArray().Select(each => (string)each!).ShouldContain("backup");
        ((string)events[3]["details"]!["error"]!).ShouldContain("--number 9");
        LogVerification.Verify(_directory["trail/audit.log"], None).Problems.ShouldBeEmpty();

        // What is not on record is not done.
        await File.WriteAllTextAsync(_directory["file"], "");
        (await RunAsync("backup", "--source", $"logs={_directory["audit.log"]}", "--signing-key", _directory["key.pem"], "--audit-trail", _directory["file/audit.log"])).Exit.ShouldBe(2);
        Directory.GetFiles(_directory["store/backups"], "*", SearchOption.AllDirectories).Length.ShouldBe(1);
        ActionTrail.Shown("https://user:secret@host/x?sig=abc").ShouldBe("https://***@host/x?***");
    }

    [Fact]
    public async Task A_writer_tells_of_itself_under_health_and_what_it_cannot_listen_on()
    {
        var port = FreePort.Take();
        string[] append = ["archive", "append", "--log-file", _directory["logs/audit.log"], "--listen"];
        using (var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "comptroller.dll"), .. append, $"127.0.0.1:{port}"])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!)
        {
            await process.StandardInput.WriteLineAsync("""{"event_type":"a"}""");
            (await process.StandardOutput.ReadLineAsync().WaitAsync(Estate.Patience)).ShouldBe("1");
            using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(20) };
            using var answer = await client.GetAsync(new Uri($"http://127.0.0.1:{port}/health"));
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
            var document = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
            document["checks"]!.AsArray().Select(check => (string)check!["component"]!).ShouldBe(["write_buffer", "worker_thread", "log_file", "rate_limiting", "security", "query_cache"]);
            (await client.GetAsync(new Uri($"http://127.0.0.1:{port}/metrics"))).StatusCode.ShouldBe(HttpStatusCode.NotFound);

            var second = await CommandLine.RunProcessAsync([], [.. append, $"127.0.0.1:{port}"]);
            second.Exit.ShouldBe(2);
            second.Error.ShouldContain("--listen 127.0.0.1");
            process.StandardInput.Close();
            await process.WaitForExitAsync().WaitAsync(Estate.Patience);
            process.ExitCode.ShouldBe(0);
        }

        foreach (var address in new[] { "nowhere", "127.0.0.1", "127.0.0.1:0", "1.2.3.4:99999", ":80" })
        {
            var (exit, _, error) = await CommandLine.RunAsync([.. append, address, "--type", "x"]);
            exit.ShouldBe(2);
            error.ShouldContain($"--listen {address}: an address and a port");
        }
    }

    private string RsaKey()
    {
        using var key = System.Security.Cryptography.RSA.Create(2048);
        File.WriteAllText(_directory["rsa.pem"], key.ExportSubjectPublicKeyInfoPem());
        return _directory["rsa.pem"];
    }

    private IEnumerable<string> Pieces() => Directory.GetFiles(_directory["store/content"], "*", SearchOption.AllDirectories).Select(path => Path.GetFileName(path)!);

    private async Task BackupAsync(params string[] options)
    {
        var (exit, _, error) = await RunAsync(["backup", "--source", $"logs={_directory["audit.log"]}", "--signing-key", _directory["key.pem"], .. options]);
        exit.ShouldBe(0, error);
    }

    private async Task ProvedAsync()
    {
        var (exit, output, _) = await RunAsync("verify", "--public-key", _directory["key.pem.pub"]);
        exit.ShouldBe(0, output);
        (await RunAsync("restore", "--public-key", _directory["key.pem.pub"], "--target", _directory["back"])).Exit.ShouldBe(0);
        (await File.ReadAllBytesAsync(_directory["back/logs/audit.log"])).ShouldBe(await File.ReadAllBytesAsync(_directory["audit.log"]));
    }

    private Task<(int Exit, string Output, string Error)> RunAsync(params string[] arguments) => CommandLine.RunAsync(["archive", .. arguments, "--store", _directory["store"]]);
}
