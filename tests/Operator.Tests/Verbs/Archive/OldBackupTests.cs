using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Comptroller.Archive.Compression;
using Comptroller.Archive.Evidence;
using Comptroller.Archive.Tests.Testing;
using Comptroller.Operator.Tests.Estates;

namespace Comptroller.Operator.Tests.Verbs.Archive;

/// <summary>Backups of the utilities before, by the commands that were theirs.</summary>
public sealed class OldBackupTests : IDisposable
{
    private const string Text = "{\"timestamp\": \"2026-02-04T21:09:45.123456Z\", \"event_type\": \"lead_routed\"}\n";

    private readonly TemporaryDirectory _directory = new();

    public OldBackupTests()
    {
        // As the utility wrote them, and as its documentation has them.
        Write("audit_backup_20260204_210945.log.gz", "audit_backup_20260204_210945.log.gz.meta");
        Write("audit_backup_20260205_210945.gz", "audit_backup_20260205_210945.json");
        File.WriteAllText(_directory["audit_backup_20260206_210945.log"], Text);
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task They_are_listed_with_what_stands_beside_them()
    {
        var (exit, output, error) = await RunAsync("list", _directory.Path);
        exit.ShouldBe(0, error);
        output.Split('\n').Length.ShouldBe(5);
        output.ShouldContain(Checksum("audit_backup_20260204_210945.log.gz")[..16]);
        var listed = JsonNode.Parse((await RunAsync("list", _directory.Path, "--json")).Output)!.AsArray();
        listed.Select(each => Path.GetFileName((string)each!["backup_file"]!)).ShouldBe(["audit_backup_20260204_210945.log.gz", "audit_backup_20260205_210945.gz", "audit_backup_20260206_210945.log"]);
        listed.Select(each => (bool)each!["compressed"]!).ShouldBe([true, true, false]);
        ((string)listed[1]!["checksum"]!).ShouldBe(Checksum("audit_backup_20260205_210945.gz"));

        await File.WriteAllTextAsync(_directory["audit_backup_20260205_210945.json"], "[1]");
        (exit, output, error) = await RunAsync("list", _directory.Path);
        exit.ShouldBe(1);
        error.ShouldContain("audit_backup_20260205_210945.json: not a JSON object");
        output.ShouldContain("audit_backup_20260206_210945.log");
    }

    [Fact]
    public async Task A_dry_run_proves_and_writes_nothing_and_force_is_needed_to_overwrite()
    {
        var (backup, target) = (_directory["audit_backup_20260205_210945.gz"], _directory["new/audit.log"]);
        (await RunAsync("restore", backup, "--target", target, "--dry-run")).ShouldBe((0, $"create {target}\n", ""));
        Directory.Exists(_directory["new"]).ShouldBeFalse();
        (await RunAsync("restore", backup, "--dry-run")).Output.ShouldBe("create audit_backup_20260205_210945\n", "to a new place when nobody says where");
        (await RunAsync("restore", backup, "--target", target)).Exit.ShouldBe(0);
        (await File.ReadAllTextAsync(target)).ShouldBe(Text);

        await File.WriteAllTextAsync(target, "precious");
        (await RunAsync("restore", backup, "--target", target, "--dry-run")).ShouldBe((2, $"in the way: {target}\n", ""));
        (await RunAsync("restore", backup, "--target", target)).Exit.ShouldBe(2);
        (await RunAsync("restore", backup, "--target", target, "--force", "--dry-run")).ShouldBe((0, $"overwrite {target}\n", ""));
        (await File.ReadAllTextAsync(target)).ShouldBe("precious");
        (await RunAsync("restore", backup, "--target", target, "--force")).Exit.ShouldBe(0);
        (await File.ReadAllTextAsync(target)).ShouldBe(Text);

        await File.AppendAllTextAsync(backup, "x");
        (await RunAsync("verify", backup)).Exit.ShouldBe(1);
        (await RunAsync("restore", backup, "--target", target, "--force", "--dry-run")).Exit.ShouldBe(2);
    }

    [Theory]
    [InlineData("no such directory", "list", "nowhere")]
    [InlineData("no such file", "restore", "nowhere.gz")]
    [InlineData("and --store: one of them", "list", "nowhere", "--store", "x")]
    [InlineData("and --store: one of them", "verify", "nowhere.gz", "--store", "x")]
    [InlineData("and --store: one of them", "restore", "nowhere.gz", "--store", "x")]
    public async Task What_cannot_be_is_told(string told, params string[] arguments)
    {
        var (exit, _, error) = await RunAsync(arguments);
        exit.ShouldBe(2);
        error.ShouldContain(told);
    }

    [Theory]
    [InlineData("s3", "/evidence/audit-backups/")]
    [InlineData("azure", "/evidence/audit-backups/")]
    public async Task A_cloud_and_a_destination_are_a_store_and_an_upload_that_fails_ends_with_2(string cloud, string path)
    {
        await File.WriteAllTextAsync(_directory["audit.log"], Text);
        using (var key = SigningKey.Create())
        {
            await File.WriteAllTextAsync(_directory["key.pem"], key.ToPem());
        }

        await using var store = ScriptedServer.Start(request => request.Method == "PUT" ? Answer.Of(403, "<Error><Code>AccessDenied</Code></Error>")
            : request.Method == "GET" ? Answer.Of(200, cloud == "s3" ? "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>evidence</Name><KeyCount>0</KeyCount><IsTruncated>false</IsTruncated></ListBucketResult>" : "<EnumerationResults><Blobs/><NextMarker/></EnumerationResults>")
            : Answer.Of(request["restype"] == "container" ? 200 : 404));
        Dictionary<string, string> environment = new()
        {
            ["AWS_ACCESS_KEY_ID"] = "AK",
            ["AWS_SECRET_ACCESS_KEY"] = "SK",
            ["AZURE_STORAGE_CONNECTION_STRING"] = "DefaultEndpointsProtocol=https;AccountName=estate;AccountKey=c2VjcmV0;EndpointSuffix=core.windows.net",
        };
        await using var run = ProgramRun.Start(
            ["archive", "backup", "--source", _directory["audit.log"], "--cloud", cloud, "--destination", "evidence", "--endpoint", store.Endpoint.ToString().TrimEnd('/'), "--allow-http", "--allow-local-endpoint", "--signing-key", _directory["key.pem"]], environment);
        (await run.ExitAsync()).ShouldBe(2, run.Log.ToString());
        store.Requests.Where(request => request.Method == "PUT").ShouldNotBeEmpty(run.Log.ToString());
        store.Requests.Where(request => request.Method == "PUT").ShouldAllBe(request => request.Path.Contains(path, StringComparison.Ordinal));
        run.Log.ToString().ShouldNotContain("c2VjcmV0");
    }

    private void Write(string name, string beside)
    {
        using (var file = File.Create(_directory[name]))
        {
            GzipMember.Write(System.Text.Encoding.UTF8.GetBytes(Text), 9, file);
        }

        File.WriteAllText(_directory[beside], new JsonObject { ["timestamp"] = "20260204_210945", ["compressed"] = true, ["checksum"] = Checksum(name), ["created_at"] = "2026-02-04T21:09:45.123456" }.ToJsonString());
    }

    private string Checksum(string name) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(_directory[name])));

    private static Task<(int Exit, string Output, string Error)> RunAsync(params string[] arguments) => CommandLine.RunAsync(["archive", .. arguments]);
}
