using System.CommandLine;
using Comptroller.Archive.Backups;
using Comptroller.Operator.Verbs.AuditPolicies;

namespace Comptroller.Operator.Verbs.Archive;

/// <summary><c>archive restore</c>: brings a backup back. Exit 0 when all of it is back and proved, 2 when not.</summary>
internal static class RestoreVerb
{
    public static Command Create()
    {
        var options = new StoreOptions();
        var old = StoreOptions.OldBackup();
        var target = new Option<string?>("--target") { Description = "Directory that gets the files, restored-STREAM-NUMBER when absent; of a single old backup, the file, its name without .gz" };
        var at = new Option<DateTimeOffset?>("--at") { Description = "The newest backup made at or before this time, such as 2026-11-21T10:00:00Z; the newest of all when absent" };
        var number = new Option<long?>("--number") { Description = "The backup of this number, instead of one by its time" };
        var force = new Option<bool>("--force") { Description = "Overwrite files that are others" };
        var dry = new Option<bool>("--dry-run") { Description = "Say what would be done, and do nothing" };
        var termination = RunResultFile.Create();
        var command = new Command("restore", "Bring a backup back; run again, it goes on where it ended") { old, target, at, number, force, dry, termination };
        options.AddStore(command);
        options.AddSigning(command);
        options.AddReading(command);
        command.SetAction((result, stopped) => RunResultFile.RunAsync(result.GetValue(termination), new RunResult { Verb = "restore", Stream = options.StreamText(result), Location = options.Place(result) }, async (started, cancellationToken) =>
        {
            if (result.GetValue(old) is { } file)
            {
                return await RestoreOldAsync(result, options.Open(result, file), result.GetValue(target), result.GetValue(force), result.GetValue(dry), started, cancellationToken);
            }

            using var key = options.Verification(result);
            var recipient = options.Decryption(result);
            await using var store = options.Store(result);
            using var progress = ArchiveProgress.Open(result.InvocationConfiguration.Error);
            var restore = new BackupRestore(store, key, recipient) { Progress = progress.Show };
            var chosen = result.GetValue(number) is { } wanted
                ? await new BackupCatalog(store, key, takesFirst: true).ReadAsync(options.Stream(result), wanted, cancellationToken) ?? throw new InvalidInputException([$"--number {wanted}: {store.Location} has no such backup of {options.Stream(result)}"])
                : await restore.ChooseAsync(options.Stream(result), result.GetValue(at), cancellationToken);
            var directory = result.GetValue(target) ?? $"restored-{chosen.Manifest.Stream}-{chosen.Manifest.Number}";
            var steps = BackupRestore.Plan(chosen.Manifest, directory, result.GetValue(force));
            var output = result.InvocationConfiguration.Output;
            started = started with
            {
                Number = chosen.Manifest.Number,
                RootHash = chosen.Manifest.Root,
                CreatedAt = chosen.Manifest.CreatedAt,
                Files = steps.Count,
                Bytes = chosen.Manifest.Totals.Bytes,
                Problems = steps.Count(step => step.Action == RestoreAction.InTheWay),
            };
            if (result.GetValue(dry))
            {
                foreach (var step in steps)
                {
                    await output.WriteLineAsync($"{Describe(step.Action)} {step.Target} ({Amounts.Bytes(step.File.Bytes)})");
                }

                return (started.Problems > 0 ? ExitCodes.Errors : ExitCodes.Clean, started with { Success = started.Problems == 0 });
            }

            await restore.RunAsync(steps, cancellationToken);
            await output.WriteLineAsync($"backup {chosen.Manifest.Number} of {chosen.Manifest.Stream}, {chosen.Manifest.CreatedAt:u}: {steps.Count} files, {Amounts.Bytes(chosen.Manifest.Totals.Bytes)} in {directory}; "
                + $"{steps.Count(step => step.Action == RestoreAction.AlreadyThere)} were there already; every byte is the one that was backed up");
            return (ExitCodes.Clean, started with { Success = true, Problems = 0, RestoredFiles = steps.Count });
        }, stopped));
        return command;
    }

    private static async Task<(int Exit, RunResult Result)> RestoreOldAsync(ParseResult result, SeedBackup old, string? target, bool force, bool dry, RunResult started, CancellationToken cancellationToken)
    {
        target ??= Path.GetFileName(old.IsCompressed ? old.Path[..^".gz".Length] : old.Path);
        var output = result.InvocationConfiguration.Output;
        started = started with { Location = old.Path };
        if (!dry)
        {
            old.Restore(target, force, cancellationToken);
            await output.WriteLineAsync($"{old.Path}: restored as {target}; it is not signed, so nobody can tell who made it");
            return (ExitCodes.Clean, started with { Success = true, RestoredFiles = 1 });
        }

        var problem = old.Verify(cancellationToken);
        var isInTheWay = Path.Exists(target) && (!force || Directory.Exists(target));
        await output.WriteLineAsync(problem ?? $"{Describe(isInTheWay ? RestoreAction.InTheWay : Path.Exists(target) ? RestoreAction.Overwrite : RestoreAction.Create)} {target}");
        return problem is not null ? (ExitCodes.Errors, started with { Problems = 1, Found = [problem] })
            : isInTheWay ? (ExitCodes.Errors, started with { Problems = 1 })
            : (ExitCodes.Clean, started with { Success = true });
    }

    private static string Describe(RestoreAction action) => action switch
    {
        RestoreAction.Create => "create",
        RestoreAction.AlreadyThere => "already there:",
        RestoreAction.Overwrite => "overwrite",
        _ => "in the way:",
    };
}
