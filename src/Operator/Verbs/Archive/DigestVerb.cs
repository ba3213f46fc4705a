using System.CommandLine;
using Comptroller.Archive.Backups;
using Comptroller.Archive.Evidence;
using Comptroller.Archive.Objects;

namespace Comptroller.Operator.Verbs.Archive;

/// <summary>
/// <c>archive digest</c>: says, signed, which backups there are now. Meant for every hour, also when there is nothing new. Exit 0; 1 when what it would go on from is
/// not as it was written, and then nothing is; 2 on errors.
/// </summary>
internal static class DigestVerb
{
    public static Command Create()
    {
        var options = new StoreOptions();
        var days = new Option<int?>("--lock-days") { Description = "Days for which nobody may delete it; the store must have object lock" };
        var compliance = new Option<bool>("--compliance") { Description = "Lock in COMPLIANCE mode: not even an administrator may delete it" };
        var hold = new Option<bool>("--legal-hold") { Description = "Nobody may delete it until somebody releases it; the store must have object lock" };
        var termination = RunResultFile.Create();
        var command = new Command("digest", "Write a signed digest of which backups there are: every hour, so that their absence can be proved") { days, compliance, hold, termination };
        options.AddStore(command);
        options.AddStreams(command);
        options.AddSigning(command);
        command.SetAction((result, stopped) => RunResultFile.RunAsync(result.GetValue(termination), new RunResult { Verb = "digest", Stream = options.StreamText(result), Location = options.Place(result) }, async (started, cancellationToken) =>
        {
            using var key = options.Signing(result);
            await using var store = options.Store(result);
            DateTimeOffset? until = result.GetValue(days) is { } count ? TimeProvider.System.GetUtcNow().AddDays(BackupVerb.Within("--lock-days", count, 1, 36_500)) : null;
            var put = new PutOptions { RetainUntil = until, Compliance = result.GetValue(compliance), LegalHold = result.GetValue(hold) };
            var results = new List<RunResult>();
            foreach (var stream in await options.StreamsAsync(result, store, key.Public, cancellationToken))
            {
                results.Add(await WriteAsync(result.InvocationConfiguration, started with { Stream = stream }, store, key, put, cancellationToken));
            }

            var all = RunResult.Of(started, results);
            return (all.Success ? ExitCodes.Clean : ExitCodes.Warnings, all);
        }, stopped));
        return command;
    }

    private static async Task<RunResult> WriteAsync(InvocationConfiguration console, RunResult started, IObjectStore store, SigningKey key, PutOptions put, CancellationToken cancellationToken)
    {
        try
        {
            var digest = await new DigestChain(store, key.Public).WriteAsync(started.Stream!, key, put, TimeProvider.System, cancellationToken);
            await console.Output.WriteLineAsync($"{digest.Key}: {digest.Backups.Length} backups since {digest.StartTime:u}, the newest is {digest.NewestBackup}");
            return started with { Success = true, Number = digest.NewestBackup, Location = $"{store.Location.TrimEnd('/')}/{digest.Key}", DigestsUntil = digest.EndTime, LockedUntil = put.RetainUntil };
        }
        catch (InvalidDataException e)
        {
            await console.Error.WriteLineAsync(e.Message);
            return started with { ChainIntact = false, Problems = 1, Found = [e.Message] };
        }
    }
}
