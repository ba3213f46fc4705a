using System.CommandLine;
using System.Text;
using Comptroller.Archive.Log;

namespace Comptroller.Operator.Verbs.Archive;

/// <summary><c>archive query</c>: events as JSON lines or as a table, oldest first. Exit 0 when there are any, 1 when there are none, 2 on errors.</summary>
internal static class QueryVerb
{
    public static Command Create()
    {
        var log = ArchiveVerb.LogFile();
        var type = new Option<string?>("--type") { Description = "Event type" };
        var actor = new Option<string?>("--actor") { Description = "Who did it" };
        var resource = new Option<string?>("--resource") { Description = "What it was done to" };
        var lead = new Option<string?>("--lead") { Description = "Lead id" };
        var workflow = new Option<string?>("--workflow") { Description = "Workflow" };
        var last = new Option<string?>("--last") { Description = "Only the last 24h, 7d, 1w, 1m (30 days)" };
        var since = new Option<DateTimeOffset?>("--since") { Description = "At or after this time, such as 2026-11-21T10:00:00Z" };
        var until = new Option<DateTimeOffset?>("--until") { Description = "Before this time" };
        var limit = new Option<int>("--limit") { Description = "At most that many events", DefaultValueFactory = _ => 100 };
        var format = new Option<string>("--output", "-o") { Description = "jsonl or csv", DefaultValueFactory = _ => "jsonl" };
        format.AcceptOnlyFromAmong("jsonl", "csv");
        var piiKey = AppendVerb.PersonalKey();
        var command = new Command("query", "Find audit events: exit 0 when there are any, 1 when there are none, 2 on errors") { log, type, actor, resource, lead, workflow, last, since, until, limit, format, piiKey };
        command.SetAction(async (result, cancellationToken) =>
        {
            var path = result.GetValue(log)!;
            if (!File.Exists(path))
            {
                throw new InvalidInputException([$"--log-file {path}: no such file"]);
            }

            var answer = new LogReader(path).Find(
                new LogQuery
                {
                    EventType = result.GetValue(type),
                    Actor = result.GetValue(actor) is { } who && result.GetValue(piiKey) is { } key ? AppendVerb.Hashed(key).OfActor(who) : result.GetValue(actor),
                    Resource = result.GetValue(resource),
                    LeadId = result.GetValue(lead),
                    Workflow = result.GetValue(workflow),
                    Since = result.GetValue(last) is { } span ? TimeProvider.System.GetUtcNow() - Duration(span) : result.GetValue(since),
                    Until = result.GetValue(until),
                    Limit = result.GetValue(limit) is > 0 and var count ? count : throw new InvalidInputException(["--limit: at least 1"]),
                },
                cancellationToken);
            var (output, error) = (result.InvocationConfiguration.Output, result.InvocationConfiguration.Error);
            var isTable = result.GetValue(format) == "csv";
            if (isTable)
            {
                await output.WriteLineAsync(EventCsv.Header);
            }

            foreach (var found in answer.Events)
            {
                await output.WriteLineAsync(isTable ? EventCsv.Row(found.Json.Span) : Encoding.UTF8.GetString(found.Json.Span));
            }

            await error.WriteLineAsync($"{answer.Events.Count} events; {answer.BlocksRead} blocks read, {answer.BlocksSkipped} excluded by the index");
            return answer.Events.Count > 0 ? ExitCodes.Clean : ExitCodes.Warnings;
        });
        return command;
    }

    private static TimeSpan Duration(string text) =>
        text.Length > 1 && int.TryParse(text.AsSpan(..^1), out var count) && count > 0
            ? text[^1] switch
            {
                'h' => TimeSpan.FromHours(count),
                'd' => TimeSpan.FromDays(count),
                'w' => TimeSpan.FromDays(7 * count),
                'm' => TimeSpan.FromDays(30 * count),
                _ => throw Invalid(text),
            }
            : throw Invalid(text);

    private static InvalidInputException Invalid(string text) => new([$"--last: \"{text}\" is not a time such as 24h, 7d, 1w or 1m"]);
}
