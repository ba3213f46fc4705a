using System.CommandLine;
using System.Text.Json.Nodes;
using Comptroller.Archive.Backups;
using Comptroller.Archive.Log;
using Comptroller.Operator.Verbs.AuditPolicies;

namespace Comptroller.Operator.Verbs.Archive;

/// <summary><c>archive verify</c>: proves backups with nothing but the public key, or an audit log by its chain. Exit 0 proved, 1 something is wrong, 2 it could not be looked at.</summary>
internal static class VerifyVerb
{
    public static Command Create()
    {
        var options = new StoreOptions();
        var old = StoreOptions.OldBackup();
        var all = new Option<bool>("--all") { Description = "Read back every backup, not only the newest; the chain of all is proved either way" };
        var least = new Option<long?>("--at-least") { Description = "Number of the newest backup that somebody saw: fewer mean that the newest ones are gone" };
        var drill = new Option<string?>("--drill") { Description = "Directory with room for the longest file: each file of the newest backup is brought back there, read and deleted" };
        var format = BackupVerb.Output();
        var termination = RunResultFile.Create();
        var command = new Command("verify", "Prove backups: signatures, chain, gaps, locks and every byte; with --signing-key the result is kept as evidence") { old, all, least, drill, format, BackupVerb.JsonFlag(), termination };
        options.AddStore(command);
        options.AddStreams(command);
        options.AddSigning(command);
        options.AddReading(command);
        command.SetAction((result, stopped) => RunResultFile.RunAsync(result.GetValue(termination), new RunResult { Verb = "verify", Stream = options.StreamText(result), Location = options.Place(result) }, async (started, cancellationToken) =>
        {
            if (result.GetValue(old) is { } file)
            {
                var problem = options.Open(result, file).Verify(cancellationToken);
                await result.InvocationConfiguration.Output.WriteLineAsync(problem ?? $"{file}: whole; it is not signed, so nobody can tell who made it");
                return problem is null
                    ? (ExitCodes.Clean, started with { Success = true, Location = file })
                    : (ExitCodes.Warnings, started with { Location = file, Problems = 1, Found = [problem] });
            }

            using var key = options.Verification(result);
            var recipient = options.Decryption(result);
            using var signing = options.TrySigning(result);
            await using var store = options.Store(result);
            using var progress = ArchiveProgress.Open(result.InvocationConfiguration.Error);
            var results = new List<RunResult>();
            foreach (var stream in await options.StreamsAsync(result, store, key, cancellationToken))
            {
                var verification = new BackupVerification(store, key, recipient, TimeProvider.System) { Progress = progress.Show, Drill = result.GetValue(drill) };
                var verdict = await verification.VerifyAsync(stream, result.GetValue(all), cancellationToken);
                if (result.GetValue(least) is { } seen && !(verdict.Newest?.Manifest.Number >= seen))
                {
                    verdict = verdict with { ChainIntact = false, Problems = verdict.Problems.Add($"backup {seen} was seen before and is gone: the newest one is {verdict.Newest?.Manifest.Number ?? 0}") };
                }

                if (verdict.Problems.IsEmpty && signing is not null)
                {
                    await verification.RecordAsync(verdict, signing, cancellationToken);
                }

                await result.InvocationConfiguration.Output.WriteAsync(BackupVerb.IsJson(result, format) ? Json(verdict) : Text(verdict));
                results.Add(Result(started with { Stream = stream }, verdict));
            }

            var together = RunResult.Of(started, results);
            return (together.Success ? ExitCodes.Clean : ExitCodes.Warnings, together);
        }, stopped));
        return command;
    }

    /// <summary><c>archive verify-log</c>: the chain of a log.</summary>
    public static Command CreateLog()
    {
        var log = ArchiveVerb.LogFile();
        var signatures = new Option<string?>("--signature-key") { Description = "File with the key of the system before, such as logs/.audit_secret: checks the signature of each line as well" };
        var command = new Command("verify-log", "Prove that an audit log is as it was written: exit 0 it is, 1 it is not, 2 it could not be read") { log, signatures };
        command.SetAction(async (result, cancellationToken) =>
        {
            var path = result.GetValue(log)!;
            if (!File.Exists(path))
            {
                throw new InvalidInputException([$"--log-file {path}: no such file"]);
            }

            var verdict = LogVerification.Verify(path, cancellationToken);
            var output = result.InvocationConfiguration.Output;
            foreach (var problem in verdict.Problems)
            {
                await output.WriteLineAsync(problem);
            }

            await output.WriteLineAsync($"{verdict.Events} events in {verdict.Segments} sealed segments and the live one: {(verdict.Problems.IsEmpty ? "as they were written" : $"{verdict.Problems.Length} problems")}");
            if (result.GetValue(signatures) is not { } file)
            {
                return verdict.Problems.IsEmpty ? ExitCodes.Clean : ExitCodes.Warnings;
            }

            var signed = SignatureVerdict.Of(path, StoreOptions.Read("--signature-key", file, text => text), cancellationToken);
            foreach (var problem in signed.First)
            {
                await output.WriteLineAsync(problem);
            }

            await output.WriteLineAsync($"{signed.Right} lines with the right signature, {signed.Wrong} with another one, {signed.Unsigned} with none, which proves nothing of them");
            return verdict.Problems.IsEmpty && signed.Wrong == 0 ? ExitCodes.Clean : ExitCodes.Warnings;
        });
        return command;
    }

    private static RunResult Result(RunResult started, BackupVerdict verdict) => started with
    {
        Success = verdict.Problems.IsEmpty,
        Number = verdict.Newest?.Manifest.Number,
        RootHash = verdict.Newest?.Manifest.Root,
        CreatedAt = verdict.Newest?.Manifest.CreatedAt,
        Files = verdict.Files,
        BytesRead = verdict.BytesRead,
        LockedUntil = verdict.Newest?.Manifest.RetainUntil,
        LocksHold = verdict.LocksHold,
        RecoverableFrom = verdict.RecoverableFrom,
        RecoverableTo = verdict.Newest?.Manifest.CreatedAt,
        ChainIntact = verdict.ChainIntact,
        DigestsUntil = verdict.DigestsUntil,
        RestoredFiles = verdict.RestoredFiles,
        Problems = verdict.Problems.Length,
        Found = verdict.Problems,
    };

    private static string Text(BackupVerdict verdict)
    {
        var text = string.Concat(verdict.Problems.Select(problem => $"{problem}\n"))
            + $"{verdict.Stream}: {verdict.Backups} backups, {verdict.Files} files and {Amounts.Bytes(verdict.BytesRead)} read back: {(verdict.Problems.IsEmpty ? "proved" : $"{verdict.Problems.Length} problems")}\n";
        return verdict.EncryptedFiles == 0 ? text : text + $"{verdict.EncryptedFiles} files are encrypted: their stored bytes are proved; with --decryption-key their text is proved as well\n";
    }

    private static string Json(BackupVerdict verdict) => new JsonObject
    {
        ["stream"] = verdict.Stream,
        ["verified"] = verdict.Problems.IsEmpty,
        ["backups"] = verdict.Backups,
        ["newest"] = verdict.Newest?.Manifest.Number,
        ["root"] = verdict.Newest?.Manifest.Root,
        ["files"] = verdict.Files,
        ["encryptedFiles"] = verdict.EncryptedFiles,
        ["bytesRead"] = verdict.BytesRead,
        ["chainIntact"] = verdict.ChainIntact,
        ["digestsUntil"] = verdict.DigestsUntil,
        ["restoredFiles"] = verdict.RestoredFiles,
        ["problems"] = new JsonArray([.. verdict.Problems.Select(problem => (JsonNode)problem)]),
    }.ToJsonString() + "\n";
}
