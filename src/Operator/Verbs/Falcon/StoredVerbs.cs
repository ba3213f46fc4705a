using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Comptroller.Falcon.Api;
using Comptroller.Falcon.Auditing;
using Comptroller.Falcon.Configuration;
using Comptroller.Falcon.Grading;
using Comptroller.Falcon.Hosts;
using Comptroller.Falcon.Policies;
using Comptroller.Falcon.Reports;
using Comptroller.Falcon.Store;

namespace Comptroller.Operator.Verbs.Falcon;

/// <summary>The verbs that show the last complete run: <c>policies</c>, <c>hosts</c>, <c>host</c> and <c>grade</c>. None needs the API, but for <c>host --live</c>.</summary>
internal static class StoredVerbs
{
    public static Command Policies()
    {
        var (options, output) = (new FalconOptions(), Output());
        var types = new Option<string[]>("--policy-types", "-t") { Description = "Only these types, by commas", AllowMultipleArgumentsPerToken = true };
        var platform = new Option<string?>("--platform", "-p") { Description = "Only Windows, Mac or Linux" };
        var status = new Option<string?>("--status", "-s") { Description = "Only passed, failed or ungradable" };
        status.AcceptOnlyFromAmong("passed", "failed", "ungradable");
        var details = new Option<bool>("--details") { Description = "Name every failed check" };
        var command = new Command("policies", "Show the grades of the last complete run") { types, platform, status, details, output };
        options.AddStore(command);
        options.AddGrading(command);
        command.SetAction((result, cancellationToken) => WithStoreAsync(result, options, async (store, run, config) =>
        {
            var names = FalconOptions.Split(result.GetValue(types));
            var filter = new PolicyFilter { Platform = result.GetValue(platform), Status = result.GetValue(status), Types = names.Count > 0 ? FalconOptions.Types(names) : PolicyType.All };
            var grades = (await GradesAsync(result, options, store, run, config, cancellationToken)).Where(filter.Matches).ToList();
            await new PolicyTable(result.GetValue(output)!, result.GetValue(details)).WriteAsync(grades, result.InvocationConfiguration.Output, cancellationToken);
            return ExitCodes.Clean;
        }, cancellationToken));
        return command;
    }

    public static Command Grade()
    {
        var (options, output) = (new FalconOptions(), Output());
        var minimum = new Option<double>("--min-score") { Description = "Score below which the exit code is 1", DefaultValueFactory = _ => 0 };
        var command = new Command("grade", "Grade the stored policies again, by other grading files: exit 0 at or above --min-score, 1 below it") { minimum, output };
        options.AddStore(command);
        options.AddGrading(command);
        command.SetAction((result, cancellationToken) => WithStoreAsync(result, options, async (store, run, config) =>
        {
            var grades = await GradesAsync(result, options, store, run, config, cancellationToken);
            var text = result.InvocationConfiguration.Output;
            var rows = grades.GroupBy(grade => grade.Type).Select(group => (Name: group.Key.Name, Summary: PolicySummary.Of(group))).ToList();
            var total = rows.Aggregate(default(PolicySummary), (sum, row) => sum + row.Summary);
            rows.Add(("TOTAL", total));
            switch (result.GetValue(output))
            {
                case "json":
                    await text.WriteLineAsync(new JsonObject(rows.Select(row => KeyValuePair.Create(row.Name, (JsonNode?)new JsonObject
                    {
                        ["passed"] = row.Summary.Passed,
                        ["failed"] = row.Summary.Failed,
                        ["ungradable"] = row.Summary.Ungradable,
                        ["total"] = row.Summary.Total,
                        ["score"] = row.Summary.Score,
                    }))).ToJsonString());
                    break;
                case "csv":
                    await text.WriteLineAsync("Policy Type,Passed,Failed,Ungradable,Total,Score");
                    rows.ForEach(row => text.WriteLine(Csv.Line(row.Name, $"{row.Summary.Passed}", $"{row.Summary.Failed}", $"{row.Summary.Ungradable}", $"{row.Summary.Total}", Score(row.Summary.Score))));
                    break;
                default:
                    rows.ForEach(row => text.WriteLine($"{row.Name,-20} {Score(row.Summary.Score),7} %  {row.Summary.Passed} passed, {row.Summary.Failed} failed, {row.Summary.Ungradable} ungradable"));
                    break;
            }

            return total.Score < result.GetValue(minimum) ? ExitCodes.Warnings : ExitCodes.Clean;
        }, cancellationToken));
        return command;
    }

    public static Command Hosts()
    {
        var (options, output) = (new FalconOptions(), Output());
        var platform = new Option<string?>("--platform", "-p") { Description = "Only Windows, Mac or Linux" };
        var status = new Option<string?>("--status", "-s") { Description = "Only all-passed or any-failed" };
        status.AcceptOnlyFromAmong("all-passed", "any-failed");
        var groups = new Option<string[]>("--host-group-ids") { Description = "Only hosts of these groups, by id", AllowMultipleArgumentsPerToken = true };
        var tags = new Option<string?>("--tags") { Description = "Only hosts with one of these tags, by commas" };
        var below = new Option<int?>("--zero-trust-below") { Description = "Only hosts whose overall Zero Trust score is now below this, 1 to 100: asks the API, a request per 1 000 such hosts" };
        var command = new Command("hosts", "Show where the hosts of the last complete run stand") { platform, status, groups, tags, below, output };
        options.AddStore(command);
        options.AddClient(command);
        command.SetAction((result, cancellationToken) => WithStoreAsync(result, options, async (store, run, config) =>
        {
            var scores = result.GetValue(below) is { } limit ? await ScoresAsync(result, options, config, limit, cancellationToken) : null;
            return await new HostTableWriter(result.GetValue(output)!).WriteAsync(
                store,
                run,
                new HostFilter
                {
                    Platform = result.GetValue(platform),
                    Passed = result.GetValue(status) switch { "all-passed" => true, "any-failed" => false, _ => null },
                    GroupIds = FalconOptions.Split(result.GetValue(groups)),
                    Tags = HostTags.Parse(result.GetValue(tags)) ?? [],
                    Scores = scores,
                },
                result.InvocationConfiguration.Output,
                cancellationToken);
        }, cancellationToken));
        return command;
    }

    private static async Task<Dictionary<string, int>> ScoresAsync(ParseResult result, FalconOptions options, FalconConfig config, int limit, CancellationToken cancellationToken)
    {
        if (limit is < 1 or > 100)
        {
            throw new FormatException($"--zero-trust-below: {limit} is not from 1 to 100");
        }

        using var limiter = FalconOptions.Limiter(config);
        using var client = options.Client(result, config, limiter);
        var scores = await new FalconApi(client).ScoresBelowAsync(limit, cancellationToken);
        await result.InvocationConfiguration.Error.WriteLineAsync($"{scores.Count} hosts of the tenant have a Zero Trust score below {limit}; those of the last complete run are shown");
        return scores;
    }

    public static Command Host()
    {
        var (options, output) = (new FalconOptions(), Output());
        var name = new Argument<string>("hostname") { Description = "Name of the host; case does not matter" };
        var live = new Option<bool>("--live") { Description = "Ask the API for the whole record of the host as it is now, a line of JSON for each host of the name" };
        var command = new Command("host", "Show where one host of the last complete run stands: exit 2 when there is none of that name") { name, output, live };
        options.AddStore(command);
        options.AddClient(command);
        command.SetAction((result, cancellationToken) => WithStoreAsync(result, options, async (store, run, config) =>
        {
            if (result.GetValue(live))
            {
                return await LiveAsync(result, options, config, store, run, result.GetValue(name)!, cancellationToken);
            }

            var found = await new HostTableWriter(result.GetValue(output)!).WriteAsync(
                store, run, new HostFilter { Hostname = result.GetValue(name) }, result.InvocationConfiguration.Output, cancellationToken, wide: true);
            return found == ExitCodes.Clean ? found : throw Unknown(result.GetValue(name)!);
        }, cancellationToken));
        return command;
    }

    // The store knows which hosts have the name; the API takes ids.
    private static async Task<int> LiveAsync(
        ParseResult result, FalconOptions options, FalconConfig config, AuditStore store, StoredRun run, string name, CancellationToken cancellationToken)
    {
        var filter = new HostFilter { Hostname = name };
        var ids = await store.HostsAsync(run.Id, [], cancellationToken)
            .Where(host => filter.Matches(host.Host, host.Verdict.AllPassed, host.Verdict.AnyFailed)).Select(host => host.Host.DeviceId).ToListAsync(cancellationToken);
        if (ids.Count == 0)
        {
            throw Unknown(name);
        }

        using var limiter = FalconOptions.Limiter(config);
        using var client = options.Client(result, config, limiter);
        var records = new SortedDictionary<string, string>(StringComparer.Ordinal);
        await new FalconApi(client).HostDetailsAsync(
            ids,
            bytes =>
            {
                // As one line, whatever the API's layout.
                var record = JsonNode.Parse(bytes.Span)!;
                records[record["device_id"]?.GetValue<string>() ?? ""] = record.ToJsonString();
            },
            cancellationToken);
        foreach (var record in records.Values)
        {
            await result.InvocationConfiguration.Output.WriteLineAsync(record.AsMemory(), cancellationToken);
        }

        return ExitCodes.Clean;
    }

    private static FormatException Unknown(string name) => new($"no host of the last complete run is called {name}");

    internal static Option<string> Output()
    {
        var output = new Option<string>("--output", "-o") { Description = "text, json or csv", DefaultValueFactory = _ => "text" };
        output.AcceptOnlyFromAmong("text", "json", "csv");
        return output;
    }

    internal static string Score(double score) => score.ToString("0.00", CultureInfo.InvariantCulture);

    private static async Task<List<PolicyGrade>> GradesAsync(
        ParseResult result, FalconOptions options, AuditStore store, StoredRun run, FalconConfig config, CancellationToken cancellationToken)
    {
        var grading = await options.GradingAsync(result, config, cancellationToken);
        var policies = await store.PoliciesAsync(run.Id, cancellationToken);
        return [.. PolicyType.All.Where(policies.ContainsKey).SelectMany(type => AuditRun.Grade(type, policies[type], grading))];
    }

    private static async Task<int> WithStoreAsync(ParseResult result, FalconOptions options, Func<AuditStore, StoredRun, FalconConfig, Task<int>> show, CancellationToken cancellationToken)
    {
        var config = await options.ConfigAsync(result, cancellationToken);
        await using var connections = options.Store(result, config);
        var (run, store) = ((StoredRun?)null, new AuditStore(connections));
        if (connections.IsPostgres || File.Exists(connections.FilePath))
        {
            await store.PrepareAsync(cancellationToken);
            run = await store.LastCompleteAsync(cancellationToken);
        }
        else if (config.Foundry is null)
        {
            throw new FormatException($"{connections.FilePath}: no such store; run comptroller falcon audit first");
        }

        await using var copy = config.Foundry is null ? null
            : run is null ? await NewerAsync(result, options, config, connections, run, cancellationToken)
            : await TryNewerAsync(result, options, config, connections, run, cancellationToken);
        if (copy is not null)
        {
            store = copy.Store;
            run = await store.LastCompleteAsync(cancellationToken);
        }

        _ = run ?? throw new FormatException("no run is complete yet; run comptroller falcon audit first");
        await result.InvocationConfiguration.Error.WriteLineAsync($"run of {run.Started.UtcDateTime:yyyy-MM-dd HH:mm} UTC, {run.Result.ToString().ToLowerInvariant()}");
        return await show(store, run, config);
    }

    // Without credentials or the API the run of this machine is still one to show. A collection that answers and is damaged is said instead.
    private static async Task<CollectionCopy?> TryNewerAsync(ParseResult result, FalconOptions options, FalconConfig config, StoreConnections connections, StoredRun own, CancellationToken cancellationToken)
    {
        try
        {
            return await NewerAsync(result, options, config, connections, own, cancellationToken);
        }
        catch (Exception e) when (e is FormatException or FalconApiException { Failure: not (FalconFailure.Partial or FalconFailure.Malformed) })
        {
            await result.InvocationConfiguration.Error.WriteLineAsync($"the collection {config.Foundry} cannot be asked for a newer run, this machine's own is shown: {e.Message}");
            return null;
        }
    }

    // Another machine may have audited since.
    private static async Task<CollectionCopy?> NewerAsync(ParseResult result, FalconOptions options, FalconConfig config, StoreConnections connections, StoredRun? own, CancellationToken cancellationToken)
    {
        using var limiter = FalconOptions.Limiter(config);
        using var client = options.Client(result, config, limiter);
        using var foundry = FalconOptions.Foundry(result, config, client)!;
        var copy = await CollectionCopy.OpenAsync(foundry, connections, own, cancellationToken);
        if (copy is { IsFresh: true })
        {
            await result.InvocationConfiguration.Error.WriteLineAsync($"the last complete run was read from the collection {config.Foundry}");
        }

        return copy;
    }
}
