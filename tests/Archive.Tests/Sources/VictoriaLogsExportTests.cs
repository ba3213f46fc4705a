using System.Globalization;
using Comptroller.Archive.Backups;
using Comptroller.Archive.Evidence;
using Comptroller.Archive.Objects;
using Comptroller.Archive.Sources;
using Comptroller.Archive.Tests.Testing;

namespace Comptroller.Archive.Tests.Sources;

/// <summary>Against scripted answers in the form of VictoriaLogs.</summary>
public sealed class VictoriaLogsExportTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly DateTimeOffset Noon = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    private readonly TemporaryDirectory _directory = new();
    private readonly SigningKey _key = SigningKey.Create();
    private readonly List<string> _exported = [];
    private readonly Dictionary<string, int> _events = new() { ["12:00"] = 3, ["13:00"] = 0, ["14:00"] = 2 };
    private ScriptedServer _server = null!;
    private int _lost;

    public Task InitializeAsync()
    {
        _server = ScriptedServer.Start(request =>
        {
            var query = request.Form["query"];
            var hour = DateTimeOffset.Parse(query["_time:[".Length..query.IndexOf(',', StringComparison.Ordinal)], CultureInfo.InvariantCulture).ToString("HH:00", CultureInfo.InvariantCulture);
            query.ShouldContain("({app=\"audit\"})");
            if (query.EndsWith("| stats count() as rows", StringComparison.Ordinal))
            {
                return Answer.Of(200, $$"""{"rows":"{{_events[hour]}}"}""" + "\n");
            }

            _exported.Add(hour);
            return Answer.Of(200, string.Concat(Enumerable.Range(0, Math.Max(0, _events[hour] - _lost)).Select(i => $$"""{"_time":"2026-11-21T{{hour}}:0{{i}}Z","_msg":"{{i}}"}""" + "\n")));
        });
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        _key.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Every_hour_is_a_text_and_one_that_has_not_changed_is_not_exported_again()
    {
        var first = await BackupAsync();
        first.Manifest.Files.Select(file => (file.Path, file.Lines)).ShouldBe([("logs/2026-11-21/12.jsonl", 3), ("logs/2026-11-21/13.jsonl", 0), ("logs/2026-11-21/14.jsonl", 2)]);
        _events["14:00"] = 4;
        var second = await BackupAsync();
        (second.UnchangedFiles, second.Manifest.Files[2].Lines).ShouldBe((2, 4));
        _exported.ShouldBe(["12:00", "13:00", "14:00", "14:00"]);
        (await new BackupVerification(Store(), _key.Public, null, TimeProvider.System).VerifyAsync("logs", readAll: true, None)).Problems.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_export_that_was_cut_short_is_no_backup()
    {
        _lost = 1;
        (await Should.ThrowAsync<IOException>(BackupAsync)).Message.ShouldContain("2 events came from 2026-11-21 12:00:00Z to 2026-11-21 13:00:00Z, and it holds 3");
        (await new BackupCatalog(Store(), _key.Public).NumbersAsync("logs", None)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("{app=\"audit\"} | limit 5")]
    [InlineData("* | fields _msg")]
    public void A_pipe_is_refused(string filter) =>
        Should.Throw<FormatException>(() => new VictoriaLogsExport(_server.Endpoint, filter, null, allowLocal: true, TimeProvider.System)).Message.ShouldContain("without pipes");

    [Theory]
    [InlineData("\"a|b\"")]
    [InlineData("'a|b' or `c|\\`")]
    [InlineData("\"a\\\"|b\"")]
    public void A_pipe_in_a_phrase_is_none(string filter)
    {
        using var export = new VictoriaLogsExport(_server.Endpoint, filter, null, allowLocal: true, TimeProvider.System);
        export.Sources("logs", Noon, Noon.AddMinutes(90)).Count.ShouldBe(2);
        Should.Throw<FormatException>(() => export.Sources("logs", Noon, Noon));
        Should.Throw<FormatException>(() => export.Sources("logs", Noon, Noon.AddYears(20)));
    }

    [Fact]
    public async Task A_refused_query_is_told_at_once_and_a_local_address_is_not_asked()
    {
        await using var refusing = ScriptedServer.Start(_ => Answer.Of(400, "cannot parse query"));
        using var export = new VictoriaLogsExport(refusing.Endpoint, "*", "SECRET", allowLocal: true, TimeProvider.System);
        var source = export.Sources("logs", Noon, Noon.AddHours(1))[0];
        var refused = await Should.ThrowAsync<ObjectStoreException>(() => source.Text!.OpenAsync(None));
        refused.Message.ShouldContain("400 for the query");
        refused.ToString().ShouldNotContain("SECRET");
        refusing.Requests.Count.ShouldBe(1);
        refusing.Requests[0].Header("Authorization").ShouldBe("Bearer SECRET");

        using var guarded = new VictoriaLogsExport(refusing.Endpoint, "*", null, allowLocal: false, new ImpatientTime());
        await Should.ThrowAsync<Exception>(() => guarded.Sources("logs", Noon, Noon.AddHours(1))[0].Text!.OpenAsync(None));
        refusing.Requests.Count.ShouldBe(1);
    }

    private FileStore Store() => new(_directory["store"]);

    private async Task<BackupOutcome> BackupAsync()
    {
        using var export = new VictoriaLogsExport(_server.Endpoint, "{app=\"audit\"}", null, allowLocal: true, TimeProvider.System);
        return await new BackupRun(Store(), _key, new BackupOptions { Stream = "logs" }, TimeProvider.System).RunAsync(export.Sources("logs", Noon, Noon.AddHours(3)), None);
    }
}
