using System.CommandLine;
using Comptroller.Archive.Backups;
using Comptroller.Archive.Objects;

namespace Comptroller.Operator.Verbs.Archive;

/// <summary><c>archive digest</c>: says, signed, which backups there are now. Meant for every hour, also when there is nothing new. Exit 0, or 2 when it was not written.</summary>
internal static class DigestVerb
{
    public static Command Create()
    {
        var options = new StoreOptions();
        var days = new Option<int?>("--lock-days") { Description = "Days for which nobody may delete it; the store must have object lock" };
        var compliance = new Option<bool>("--compliance") { Description = "Lock in COMPLIANCE mode: not even an administrator may delete it" };
        var command = new Command("digest", "Write a signed digest of which backups there are: every hour, so that their absence can be proved") { days, compliance };
        options.AddStore(command);
        options.AddSigning(command);
        command.SetAction(async (result, cancellationToken) =>
        {
            using var key = options.Signing(result);
            await using var store = options.Store(result);
            DateTimeOffset? until = result.GetValue(days) is { } count ? TimeProvider.System.GetUtcNow().AddDays(BackupVerb.Within("--lock-days", count, 1, 36_500)) : null;
            var put = new PutOptions { RetainUntil = until, Compliance = result.GetValue(compliance) };
            var digest = await new DigestChain(store, key.Public).WriteAsync(options.Stream(result), key, put, TimeProvider.System, cancellationToken);
            await result.InvocationConfiguration.Output.WriteLineAsync($"{digest.Key}: {digest.Backups.Length} backups since {digest.StartTime:u}, the newest is {digest.NewestBackup}");
            return ExitCodes.Clean;
        });
        return command;
    }
}
