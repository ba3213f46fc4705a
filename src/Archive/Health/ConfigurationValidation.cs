using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Comptroller.Archive.Backups;
using Comptroller.Archive.Compression;
using Comptroller.Archive.Evidence;
using Comptroller.Archive.Log;
using Comptroller.Archive.Objects;

namespace Comptroller.Archive.Health;

/// <summary>Tries a configuration before it is relied on: its constants, its directory, what it needs of the machine, its speed, and its defences by attacking them.</summary>
public static class ConfigurationValidation
{
    private const int Events = 2000;

    /// <summary>What 10 000 events may take.</summary>
    private const long MostMemory = 50_000_000;

    /// <param name="liveFile">The log that will be written; nothing is written to it.</param>
    /// <param name="tuning">The constants.</param>
    /// <param name="withBenchmarks">Whether speed is tried as well.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<ImmutableArray<ValidationResult>> RunAsync(string liveFile, Tuning tuning, bool withBenchmarks, CancellationToken cancellationToken)
    {
        var results = new List<ValidationResult>();
        results.AddRange(Constants(tuning));
        results.AddRange(Permissions(liveFile));
        results.AddRange(Dependencies());
        var scratch = Directory.CreateTempSubdirectory("comptroller-validate-");
        try
        {
            if (withBenchmarks)
            {
                results.AddRange(await BenchmarksAsync(Path.Combine(scratch.FullName, "bench", "audit.log"), tuning, cancellationToken));
            }

            results.AddRange(await AttacksAsync(scratch.FullName, cancellationToken));
        }
        finally
        {
            scratch.Delete(recursive: true);
        }

        return [.. results];
    }

    /// <summary>Ranges of the validator before, and one more: the level that is slower without being smaller.</summary>
    public static IEnumerable<ValidationResult> Constants(Tuning tuning)
    {
        const string Group = "Configuration Constants";
        yield return Range(Group, "WRITE_BUFFER_SIZE", tuning.BufferSize, 10, 1000);
        yield return Range(Group, "WRITE_FLUSH_INTERVAL", tuning.FlushInterval.TotalSeconds, 0.5, 30);
        yield return Range(Group, "QUERY_CACHE_SIZE", tuning.CacheSize, 16, 1000);
        var level = tuning.CompressionLevel;
        yield return level is < 1 or > 9 ? new ValidationResult(Group, "COMPRESSION_LEVEL", HealthStatus.Critical, $"{level}: must be 1 to 9")
            : level is < 3 or > 7 ? new ValidationResult(Group, "COMPRESSION_LEVEL", HealthStatus.Warning, $"{level}: {(level < 3 ? "segments become larger" : "slower than 6 and no smaller")}")
            : new ValidationResult(Group, "COMPRESSION_LEVEL", HealthStatus.Healthy, $"{level}");
        // Those that wait to be written; what is written is in the file alone.
        yield return Range(Group, "MAX_MEMORY_EVENTS", LogOptions.Default.QueueCapacity, 1000, 100_000);
        yield return Range(Group, "MAX_DETAILS_SIZE", EventWriter.LongestDetails, 1024, 1 << 20);
    }

    private static ValidationResult Range(string group, string name, double value, double least, double most) =>
        value >= least && value <= most
            ? new ValidationResult(group, name, HealthStatus.Healthy, FormattableString.Invariant($"{value}"))
            : new ValidationResult(group, name, HealthStatus.Critical, FormattableString.Invariant($"{value}: must be {least} to {most}"));

    private static IEnumerable<ValidationResult> Permissions(string liveFile)
    {
        const string Group = "File Permissions";
        var directory = Path.GetDirectoryName(Path.GetFullPath(liveFile))!;
        yield return Try(Group, "Logs directory is writable", () =>
        {
            Directory.CreateDirectory(directory);
            var probe = Path.Combine(directory, $".probe-{Guid.NewGuid():N}");
            File.WriteAllText(probe, "");
            File.Delete(probe);
            return directory;
        });
        if (File.Exists(liveFile))
        {
            yield return Try(Group, "Existing log readable/writable", () =>
            {
                using var file = new FileStream(liveFile, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
                return $"{file.Length} bytes";
            });
            yield return OthersMayRead(Group, liveFile);
        }
    }

    private static ValidationResult OthersMayRead(string group, string path)
    {
        var open = !OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & (UnixFileMode.OtherRead | UnixFileMode.OtherWrite)) != UnixFileMode.None;
        return new ValidationResult(group, "Log closed to other users", open ? HealthStatus.Warning : HealthStatus.Healthy, open ? "every user of this machine may read it: chmod o= takes that away" : "yes");
    }

    private static IEnumerable<ValidationResult> Dependencies()
    {
        const string Group = "Dependencies";
        yield return Try(Group, "ES256 signatures", () =>
        {
            using var key = SigningKey.Create();
            var document = new JsonObject { ["a"] = 1 };
            key.Sign(document);
            return key.Public.Verify(document) ?? "signs and proves";
        });
        yield return AppContext.TryGetSwitch("System.IO.Compression.UseStrictValidation", out var strict) && strict
            ? new ValidationResult(Group, "Strict gzip", HealthStatus.Healthy, "a file that was cut is told")
            : new ValidationResult(Group, "Strict gzip", HealthStatus.Critical, "System.IO.Compression.UseStrictValidation is off: a gzip file that was cut would read as one that ended");
    }

    private static async Task<IEnumerable<ValidationResult>> BenchmarksAsync(string log, Tuning tuning, CancellationToken cancellationToken)
    {
        const string Group = "Performance Benchmarks";
        var before = GC.GetTotalMemory(forceFullCollection: true);
        await using var auditLog = await AuditLog.OpenAsync(log, LogOptions.Default with { Tuning = tuning }, TimeProvider.System, cancellationToken);
        var watch = Stopwatch.StartNew();
        await Parallel.ForEachAsync(Enumerable.Range(0, Events), new ParallelOptions { MaxDegreeOfParallelism = 20, CancellationToken = cancellationToken },
            async (i, cancel) => await auditLog.AppendAsync(new AuditEvent { EventType = "benchmark", Actor = $"writer-{i % 20}", Details = new JsonObject { ["index"] = i } }, cancel));
        var rate = Events / watch.Elapsed.TotalSeconds;
        watch.Restart();
        var found = auditLog.Find(new LogQuery { Actor = "writer-7", Limit = 10_000 }, cancellationToken).Events.Count;
        var query = watch.Elapsed.TotalMilliseconds;
        var kept = Math.Max(0, GC.GetTotalMemory(forceFullCollection: true) - before);
        return
        [
            new ValidationResult(Group, "Write throughput", rate < 100 ? HealthStatus.Critical : rate < 500 ? HealthStatus.Warning : HealthStatus.Healthy, FormattableString.Invariant($"{rate:0} events/s, each on the disk before it is acknowledged")),
            new ValidationResult(Group, "Query performance", query > 100 ? HealthStatus.Warning : HealthStatus.Healthy, FormattableString.Invariant($"{query:0.0} ms")),
            new ValidationResult(Group, "Memory usage", kept * (10_000 / Events) > MostMemory ? HealthStatus.Warning : HealthStatus.Healthy, FormattableString.Invariant($"{kept / 1000} kB with {Events} events and their index")),
            new ValidationResult(Group, "Nothing lost", found == Events / 20 ? HealthStatus.Healthy : HealthStatus.Critical, $"{found} of {Events / 20} events found again"),
        ];
    }

    // Each one does what an attacker would, and passes only when it was stopped.
    private static async Task<IEnumerable<ValidationResult>> AttacksAsync(string scratch, CancellationToken cancellationToken)
    {
        const string Group = "Security Features";
        var results = new List<ValidationResult>();
        await using var store = new FileStore(Path.Combine(scratch, "store"));
        await AttackAsync<ArgumentException>("Path traversal protection", () => store.PutAsync("../../escaped", Array.Empty<byte>(), PutOptions.Default, cancellationToken));
        await using (var log = await AuditLog.OpenAsync(Path.Combine(scratch, "attack", "audit.log"), LogOptions.Default, TimeProvider.System, cancellationToken))
        {
            await AttackAsync<EventRefusedException>("Size validation", () => log.AppendAsync(new AuditEvent { EventType = "x", Details = new JsonObject { ["x"] = new string('x', EventWriter.LongestDetails) } }, cancellationToken).AsTask());
            await log.AppendAsync(new AuditEvent { EventType = "x", Actor = "eve\n{\"event_type\":\"forged\"}\r\u001b[2J" }, cancellationToken);
            var injected = log.Find(new LogQuery { EventType = "forged" }, cancellationToken).Events.Count + log.LastSeq - 1;
            Add("Input sanitization", injected == 0, "a line break in a name made a second event");
        }

        using (var client = new HttpClient(EndpointGuard.Handler(allowLocal: false)))
        {
            foreach (var url in new[] { "http://169.254.169.254/", "http://2130706433/", "http://[::ffff:127.0.0.1]/" })
            {
                await AttackAsync<HttpRequestException>($"SSRF protection against {url}", () => client.GetAsync(new Uri(url), cancellationToken), e => e.InnerException is ObjectStoreException { IsDenied: true });
            }
        }

        var (forged, escaped) = await AttackBackupAsync(store, scratch, cancellationToken);
        Add("Forged backup detection", !forged, "a manifest that another key signed passed as ours");
        Add("Path traversal in a restore", !escaped, "a file would have been restored outside of its directory");
        Add("Zip bomb protection", BombIsStopped(), "a piece unpacked to more than it says");
        Add("Spreadsheet formula protection", !EventCsv.Row("""{"event_type":"=HYPERLINK(1)"}"""u8).Contains(",=", StringComparison.Ordinal), "a cell of a table began with =");
        Add("Tampering detection", TamperedLogIsFound(Path.Combine(scratch, "attack", "audit.log"), cancellationToken), "a changed event passed as unchanged");
        return results;

        void Add(string name, bool stopped, string otherwise) => results.Add(new ValidationResult(Group, name, stopped ? HealthStatus.Healthy : HealthStatus.Critical, stopped ? "working" : otherwise));

        async Task AttackAsync<T>(string name, Func<Task> attack, Func<T, bool>? isRight = null)
            where T : Exception
        {
            try
            {
                await attack();
                Add(name, stopped: false, "the attack went through");
            }
            catch (T e)
            {
                Add(name, isRight?.Invoke(e) ?? true, $"stopped, but by chance: {e.Message}");
            }
        }
    }

    private static async Task<(bool Forged, bool Escaped)> AttackBackupAsync(FileStore store, string scratch, CancellationToken cancellationToken)
    {
        using var key = SigningKey.Create();
        using var thief = SigningKey.Create();
        var file = Path.Combine(scratch, "evidence");
        await File.WriteAllTextAsync(file, "evidence\n", cancellationToken);
        var outcome = await new BackupRun(store, key, new BackupOptions { Stream = "attack" }, TimeProvider.System).RunAsync([new BackupSource("evidence", file)], cancellationToken);
        var manifest = Path.Combine(scratch, "store", outcome.Key);
        var document = JsonNode.Parse(await File.ReadAllTextAsync(manifest, cancellationToken))!.AsObject();
        thief.Sign(document);
        File.Delete(manifest); // It is read-only; what is written in its place is not.
        await File.WriteAllTextAsync(manifest, document.ToJsonString(), cancellationToken);
        var verdict = await new BackupVerification(store, key.Public, recipient: null, TimeProvider.System).VerifyAsync("attack", readAll: true, cancellationToken);
        try
        {
            BackupRestore.Plan(outcome.Manifest with { Files = [outcome.Manifest.Files[0] with { Path = "../../escaped" }] }, scratch, overwrite: true);
            return (verdict.ChainIntact, true);
        }
        catch (InvalidDataException)
        {
            return (verdict.ChainIntact, false);
        }
    }

    private static bool BombIsStopped()
    {
        var room = new byte[1 << 20];
        if (!TextCodec.Gzip.TryCompress(new byte[64 << 20], 6, room, out var written))
        {
            return false;
        }

        try
        {
            TextCodecs.Read(TextCodec.Gzip.Suffix(), room.AsMemory(0, written), new byte[1000]);
            return false;
        }
        catch (InvalidDataException)
        {
            return true;
        }
    }

    private static bool TamperedLogIsFound(string log, CancellationToken cancellationToken)
    {
        var text = File.ReadAllText(log);
        File.WriteAllText(log, text.Replace("\"x\"", "\"y\"", StringComparison.Ordinal));
        return !LogVerification.Verify(log, cancellationToken).Problems.IsEmpty;
    }

    private static ValidationResult Try(string group, string name, Func<string> attempt)
    {
        try
        {
            return new ValidationResult(group, name, HealthStatus.Healthy, attempt());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or System.Security.Cryptography.CryptographicException)
        {
            return new ValidationResult(group, name, HealthStatus.Critical, e.Message);
        }
    }
}

/// <summary>One thing that was tried.</summary>
public sealed record ValidationResult(string Group, string Name, HealthStatus Status, string Message);
