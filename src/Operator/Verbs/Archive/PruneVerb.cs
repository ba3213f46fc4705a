using System.CommandLine;
using Comptroller.Archive.Backups;
using Comptroller.Operator.Verbs.AuditPolicies;

namespace Comptroller.Operator.Verbs.Archive;

/// <summary><c>archive prune</c>: deletes what a policy lets go. Exit 0, 1 when the store kept some of it, 2 on errors.</summary>
internal static class PruneVerb
{
    public static Command Create()
    {
        var options = new StoreOptions();
        var last = Count("--keep-last", "Newest backups to keep");
        last.Aliases.Add("--keep");
        var (daily, weekly, monthly, yearly) = (Count("--keep-daily", "Days of which the newest is kept"), Count("--keep-weekly", "Weeks"), Count("--keep-monthly", "Months"), Count("--keep-yearly", "Years"));
        var age = new Option<int?>("--max-age-days") { Description = "Older ones go; without any count, younger ones stay" };
        var dry = new Option<bool>("--dry-run") { Description = "Say what would be done, and do nothing" };
        var termination = RunResultFile.Create();
        var command = new Command("prune", "Delete old backups; the newest, the newest verified one and what is locked always stay") { last, daily, weekly, monthly, yearly, age, dry, termination };
        command.Aliases.Add("cleanup");
        options.AddStore(command);
        options.AddStreams(command);
        options.AddSigning(command);
        command.SetAction((result, stopped) => RunResultFile.RunAsync(result.GetValue(termination), new RunResult { Verb = "prune", Stream = options.StreamText(result), Location = options.Place(result) }, async (started, cancellationToken) =>
        {
            var policy = new RetentionPolicy
            {
                KeepLast = result.GetValue(last),
                KeepDaily = result.GetValue(daily),
                KeepWeekly = result.GetValue(weekly),
                KeepMonthly = result.GetValue(monthly),
                KeepYearly = result.GetValue(yearly),
                MaxAge = result.GetValue(age) is { } days ? TimeSpan.FromDays(BackupVerb.Within("--max-age-days", days, 1, 36_500)) : null,
            };
            if (policy == new RetentionPolicy())
            {
                throw new InvalidInputException(["say what to keep: --keep-last, --keep-daily, --keep-weekly, --keep-monthly, --keep-yearly or --max-age-days"]);
            }

            using var key = options.Signing(result);
            await using var store = options.Store(result);
            var results = new List<RunResult>();
            foreach (var stream in await options.StreamsAsync(result, store, key.Public, cancellationToken))
            {
                results.Add(await PruneAsync(result.InvocationConfiguration, started with { Stream = stream }, new BackupPrune(store, key, TimeProvider.System), policy, result.GetValue(dry), cancellationToken));
            }

            var together = RunResult.Of(started, results);
            return (together.Success ? ExitCodes.Clean : ExitCodes.Warnings, together);
        }, stopped));
        return command;
    }

    private static async Task<RunResult> PruneAsync(InvocationConfiguration console, RunResult started, BackupPrune prune, RetentionPolicy policy, bool dry, CancellationToken cancellationToken)
    {
        var plan = await prune.PlanAsync(started.Stream!, policy, cancellationToken);
        foreach (var verdict in plan.Verdicts)
        {
            await console.Output.WriteLineAsync($"{(verdict.Goes ? "delete" : "keep  ")} {verdict.Backup.Number} of {verdict.Backup.CreatedAt:u}{(verdict.Goes ? "" : $": {string.Join(", ", verdict.KeptBy)}")}");
        }

        if (plan.Digests is { } cut)
        {
            await console.Output.WriteLineAsync($"delete digests up to {cut.Through}: they end before the oldest backup that stays");
        }

        started = Left(started, plan);
        if (dry)
        {
            return started with { Success = true, Deleted = 0 };
        }

        var outcome = await prune.RunAsync(plan, cancellationToken);
        foreach (var problem in plan.Problems.Concat(outcome.Refused))
        {
            await console.Error.WriteLineAsync(problem);
        }

        await console.Output.WriteLineAsync($"{outcome.Backups} backups and {outcome.Digests} digests deleted, and {outcome.Pieces} pieces ({Amounts.Bytes(outcome.Bytes)}) that no backup named any more");
        return started with
        {
            Success = outcome.Refused.IsEmpty,
            Deleted = outcome.Backups,
            DeletedBytes = outcome.Bytes,
            Problems = outcome.Refused.Length,
            Found = outcome.Refused,
        };
    }

    private static RunResult Left(RunResult started, PrunePlan plan)
    {
        var kept = plan.Verdicts.Where(verdict => !verdict.Goes).Select(verdict => verdict.Backup).ToList();
        return kept.Count == 0 ? started : started with { Number = kept[0].Number, RecoverableFrom = kept[^1].CreatedAt, RecoverableTo = kept[0].CreatedAt };
    }

    private static Option<int> Count(string name, string description)
    {
        var option = new Option<int>(name) { Description = description };
        option.Validators.Add(result =>
        {
            if (result.GetValue(option) < 0)
            {
                result.AddError($"{name}: 0 or more");
            }
        });
        return option;
    }
}
