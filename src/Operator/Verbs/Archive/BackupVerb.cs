using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Comptroller.Archive.Backups;
using Comptroller.Archive.Compression;
using Comptroller.Operator.AuditBackups;
using Comptroller.Operator.Verbs.AuditPolicies;

namespace Comptroller.Operator.Verbs.Archive;

/// <summary><c>archive backup</c>: one backup of files and directories. Exit 0 when it is complete or waits for a window, 2 when not; there is nothing between.</summary>
internal static class BackupVerb
{
    public static Command Create()
    {
        var options = new StoreOptions();
        var sources = new Option<string[]>("--source")
        {
            Description = "A file or directory, such as /var/log/kubernetes/audit, or NAME=PATH; may be repeated",
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = true,
        };
        var others = new OtherSources();
        var codec = new Option<TextCodec>("--compression") { Description = "gzip, which every machine reads; brotli; zstd where libzstd is", DefaultValueFactory = _ => TextCodec.Gzip };
        var level = new Option<int?>("--compression-level") { Description = "gzip 1 to 9, 6 when absent; brotli 1 to 11, 4; zstd 1 to 19, 3" };
        var recipient = new Option<string?>("--encrypt-to") { Description = "File with a public RSA key: only its private key reads the backup" };
        var wrap = new Option<string?>("--encrypt-command") { Description = "Program and arguments, such as one that asks a key management service: gets a key on standard input and `wrap` as last argument, and gives it back wrapped" };
        var keyId = StoreOptions.KeyIdOption();
        var hold = new Option<bool>("--legal-hold") { Description = "Nobody may delete it until somebody releases it; the store must have object lock" };
        var days = new Option<int?>("--lock-days") { Description = "Days for which nobody may delete it; the store must have object lock" };
        var compliance = new Option<bool>("--compliance") { Description = "Lock in COMPLIANCE mode: not even an administrator may delete it" };
        var parallel = new Option<int>("--parallel") { Description = "Pieces compressed and sent at once", DefaultValueFactory = _ => 2 };
        var limit = new Option<double?>("--limit-mbps") { Description = "Megabytes a second that are sent, at most" };
        var windows = new Option<string[]>("--window") { Description = "Runs only then, such as 22:00-05:00 or \"Sat,Sun 00:00-24:00\": is not begun outside, and stops at the end to be gone on with by the next run; may be repeated" };
        var zone = new Option<string>("--time-zone") { Description = "Clock of --window, an IANA name such as Europe/Berlin", DefaultValueFactory = _ => "Etc/UTC" };
        var reread = new Option<bool>("--reread") { Description = "Read also files whose length and time did not change" };
        var journal = new Option<string?>("--journal") { Description = "File that remembers what was sent, so that a run that was killed goes on there" };
        var format = Output();
        var file = RunResultFile.Create();
        var command = new Command("backup", "Back up audit evidence: content-addressed, signed, chained to the backup before") { sources, JsonFlag(), codec, level, recipient, wrap, keyId, days, compliance, hold, parallel, limit, windows, zone, reread, journal, format, file };
        others.AddTo(command);
        options.AddStore(command);
        options.AddSigning(command);
        command.SetAction(RunAsync);
        return command;

        Task<int> RunAsync(ParseResult result, CancellationToken stopped) => RunResultFile.RunAsync(result.GetValue(file), new RunResult { Verb = "backup", Stream = options.StreamText(result), Location = options.Place(result) }, async (started, cancellationToken) =>
        {
            using var key = options.Signing(result);
            await using var store = options.Store(result, result.GetValue(journal));
            using var encryption = result.GetValue(recipient) is { } path ? StoreOptions.Read("--encrypt-to", path, pem => Envelope.ParseKey(pem, isPrivate: false)) : null;
            if (encryption is not null && result.GetValue(wrap) is not null)
            {
                throw new InvalidInputException(["--encrypt-to and --encrypt-command: one of them"]);
            }

            var compression = result.GetValue(codec);
            if (compression == TextCodec.Zstd && !Zstandard.IsAvailable)
            {
                throw new InvalidInputException(["--compression zstd: needs libzstd.so.1 (Debian: apt install libzstd1)"]);
            }

            var (open, now) = (BackupWindows.Parse(result.GetValue(windows) ?? [], result.GetValue(zone)!), TimeProvider.System.GetUtcNow());
            var until = open?.ClosesAt(now);
            if (open is not null && until is null)
            {
                return await PauseAsync(result, format, started with { ResumesAt = open.EarliestFrom(now) });
            }

            using var progress = ArchiveProgress.Open(result.InvocationConfiguration.Error);
            var settings = new BackupOptions
            {
                Stream = options.Stream(result),
                Codec = compression,
                CompressionLevel = Within("--compression-level", result.GetValue(level) ?? compression.Levels().Default, 1, compression.Levels().Most),
                Recipient = encryption is not null ? new RsaKeyWrap(encryption) : result.GetValue(wrap) is { } program ? StoreOptions.Command(program, result.GetValue(keyId)!) : null,
                LegalHold = result.GetValue(hold),
                Lock = result.GetValue(days) is { } count ? TimeSpan.FromDays(Within("--lock-days", count, 1, 36_500)) : null,
                Compliance = result.GetValue(compliance),
                Parallelism = Within("--parallel", result.GetValue(parallel), 1, 32),
                BytesPerSecond = result.GetValue(limit) is { } megabytes ? megabytes > 0 ? (long)(megabytes * 1e6) : throw new InvalidInputException(["--limit-mbps: more than 0"]) : null,
                Until = until == DateTimeOffset.MaxValue ? null : until,
                Reread = result.GetValue(reread),
                Journal = result.GetValue(journal),
            };
            using var elsewhere = await others.OpenAsync(result, cancellationToken);
            BackupSource[] all = [.. (result.GetValue(sources) ?? []).Select(Source), .. elsewhere.Sources];
            if (all.Length == 0)
            {
                throw new InvalidInputException(["--source: say what to back up: a file, a directory, --sqlite, --victorialogs or --estate"]);
            }

            BackupOutcome outcome;
            try
            {
                outcome = await new BackupRun(store, key, settings, TimeProvider.System) { Progress = progress.Show }.RunAsync(all, cancellationToken);
            }
            catch (BackupPausedException e)
            {
                return await PauseAsync(result, format, started with { ResumesAt = open!.EarliestFrom(until!.Value), SentBytes = e.Bytes });
            }

            await result.InvocationConfiguration.Output.WriteAsync(IsJson(result, format) ? Json(outcome, store.Location) : Text(outcome, store.Location));
            return (ExitCodes.Clean, await ResultAsync(started, outcome, new BackupCatalog(store, key.Public), store.Location, cancellationToken));
        }, stopped);
    }

    // Not a failure: whoever runs it by a schedule runs it again.
    private static async Task<(int Exit, RunResult Result)> PauseAsync(ParseResult result, Option<string> format, RunResult paused)
    {
        var text = IsJson(result, format) ? new JsonObject { ["stream"] = paused.Stream, ["resumesAt"] = paused.ResumesAt, ["sentBytes"] = paused.SentBytes }.ToJsonString()
            : paused.SentBytes is { } sent ? string.Create(CultureInfo.InvariantCulture, $"stopped at the end of the window with {Amounts.Bytes(sent)} sent; the next run goes on from there, from {paused.ResumesAt:u} on")
            : string.Create(CultureInfo.InvariantCulture, $"not begun: outside of the windows, the next of which opens at {paused.ResumesAt:u}");
        await result.InvocationConfiguration.Output.WriteLineAsync(text);
        return (ExitCodes.Clean, paused);
    }

    private static async Task<RunResult> ResultAsync(RunResult started, BackupOutcome outcome, BackupCatalog catalog, string location, CancellationToken cancellationToken)
    {
        var (manifest, totals) = (outcome.Manifest, outcome.Manifest.Totals);
        return started with
        {
            Success = true,
            Number = manifest.Number,
            Location = $"{location.TrimEnd('/')}/{outcome.Key}",
            RootHash = manifest.Root,
            CreatedAt = manifest.CreatedAt,
            Files = manifest.Files.Length,
            UnchangedFiles = outcome.UnchangedFiles,
            Bytes = totals.Bytes,
            StoredBytes = totals.StoredBytes,
            SentBytes = totals.NewStoredBytes,
            Ratio = totals.StoredBytes > 0 ? Math.Round((double)totals.Bytes / totals.StoredBytes, 2) : null,
            LockedUntil = manifest.RetainUntil,
            RecoverableFrom = await catalog.OldestAsync(manifest.Stream, cancellationToken),
            RecoverableTo = manifest.CreatedAt,
        };
    }

    internal static Option<string> Output()
    {
        var format = new Option<string>("--output", "-o") { Description = "text or json", DefaultValueFactory = _ => "text" };
        format.AcceptOnlyFromAmong("text", "json");
        return format;
    }

    /// <summary><c>--json</c> is how the utilities before this program were asked.</summary>
    internal static bool IsJson(ParseResult result, Option<string> format) => result.GetValue(format) == "json" || result.GetValue<bool>("--json");

    internal static Option<bool> JsonFlag() => new("--json") { Description = "The same as --output json" };

    internal static int Within(string option, int value, int least, int most) =>
        value >= least && value <= most ? value : throw new InvalidInputException([$"{option}: from {least} to {most}"]);

    internal static TimeSpan Seconds(string option, double value) =>
        value is >= 0.1 and <= 3600 ? TimeSpan.FromSeconds(value) : throw new InvalidInputException([$"{option}: from 0.1 to 3600 seconds"]);

    internal static BackupSource Source(string text)
    {
        var mark = text.IndexOf('=', StringComparison.Ordinal);
        var path = mark > 0 ? text[(mark + 1)..] : text;
        var name = mark > 0 ? text[..mark] : Path.GetFileName(Path.GetFullPath(path));
        return name.Length == 0 || name.Contains('/', StringComparison.Ordinal) || name is "." or ".."
            ? throw new InvalidInputException([$"{text}: give it a name without /, as NAME=PATH"])
            : new BackupSource(name, path);
    }

    private static string Text(BackupOutcome outcome, string location)
    {
        var totals = outcome.Manifest.Totals;
        return string.Create(CultureInfo.InvariantCulture,
            $"backup {outcome.Manifest.Number} of {outcome.Manifest.Stream}: {outcome.Manifest.Files.Length} files ({outcome.UnchangedFiles} unchanged), {Amounts.Bytes(totals.Bytes)} kept in {Amounts.Bytes(totals.StoredBytes)}{Ratio(totals)}; sent {totals.NewPieces} pieces, {Amounts.Bytes(totals.NewStoredBytes)}\nroot {outcome.Manifest.Root}\n{location.TrimEnd('/')}/{outcome.Key}\n");
    }

    private static string Ratio(ManifestTotals totals) =>
        totals.StoredBytes > 0 ? string.Create(CultureInfo.InvariantCulture, $" (ratio {(double)totals.Bytes / totals.StoredBytes:0.0})") : "";

    private static string Json(BackupOutcome outcome, string location)
    {
        var (manifest, totals) = (outcome.Manifest, outcome.Manifest.Totals);
        return new JsonObject
        {
            ["stream"] = manifest.Stream,
            ["number"] = manifest.Number,
            ["createdAt"] = manifest.CreatedAt,
            ["location"] = $"{location.TrimEnd('/')}/{outcome.Key}",
            ["root"] = manifest.Root,
            ["files"] = manifest.Files.Length,
            ["unchangedFiles"] = outcome.UnchangedFiles,
            ["bytes"] = totals.Bytes,
            ["storedBytes"] = totals.StoredBytes,
            ["sentPieces"] = totals.NewPieces,
            ["sentBytes"] = totals.NewStoredBytes,
            ["retainUntil"] = manifest.RetainUntil,
        }.ToJsonString() + "\n";
    }
}
