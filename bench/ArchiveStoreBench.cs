using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;

namespace Comptroller.Bench;

/// <summary>
/// A log to an S3 server and back: beside <c>pigz | sha256sum</c>, which sends nothing, and beside restic, which sends to the same server. The server is the
/// gateway that the tests start, with their user.
/// </summary>
internal sealed class ArchiveStoreBench(string binary, string? log, int megabytes, Uri endpoint, IReadOnlyList<string> codecs)
{
    private static readonly CultureInfo Invariant = CultureInfo.InvariantCulture;
    private static readonly Dictionary<string, string> Login = new() { ["AWS_ACCESS_KEY_ID"] = "AUDITKEY", ["AWS_SECRET_ACCESS_KEY"] = "AUDITSECRET", ["RESTIC_PASSWORD"] = "bench" };

    private readonly string _bucket = $"bench-{RandomNumberGenerator.GetHexString(8, lowercase: true)}";
    private double _megabytes;

    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("comptroller-bench-").FullName;
        try
        {
            var (key, source) = (Path.Combine(folder, "key.pem"), Source(folder));
            var figures = new Figures($"archive-store: {_megabytes:0} MB to {endpoint} ({Machine.Describe()}, {Machine.Load})");
            await TimedAsync(binary, ["archive", "keygen", key], cancellationToken);
            // It makes the bucket as well.
            await TimedAsync("restic", [.. Repository(folder, endpoint), "init"], cancellationToken);

            var plain = await TimedAsync("bash", ["-c", $"pigz -6 -c {source} | tee {folder}/plain.gz | sha256sum > /dev/null"], cancellationToken);
            figures.Add("pigz -6 | sha256sum, MB/s", Rate(plain), $"baseline; sends nothing, proves one hash; ratio {Ratio(new FileInfo(source).Length / (double)new FileInfo($"{folder}/plain.gz").Length)}");
            var restic = await TimedAsync("restic", [.. Repository(folder, endpoint), "backup", source], cancellationToken);
            figures.Add("restic backup, MB/s", Rate(restic), $"baseline; peak {Text(restic.Usage.PeakMiB)} MiB");
            foreach (var codec in codecs)
            {
                var backup = await TimedAsync(binary, [.. Backup(source, key, endpoint, codec), "--reread"], cancellationToken);
                figures.Add($"Backup with {codec}, MB/s", Rate(backup), $"{Ratio(plain.Seconds / backup.Seconds)} of pigz, {Ratio(restic.Seconds / backup.Seconds)} of restic; {backup.Usage.CpuSeconds.ToString("0.0", Invariant)} s of processor in {backup.Seconds.ToString("0.0", Invariant)} s; peak {Text(backup.Usage.PeakMiB)} MiB, goal under 120; {backup.Said.Split('\n')[0]}");
            }

            await AgainAsync(figures, folder, source, key, cancellationToken);
            await BackAsync(figures, folder, key, cancellationToken);
            figures.Print();
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task AgainAsync(Figures figures, string folder, string source, string key, CancellationToken cancellationToken)
    {
        var nothing = await TimedAsync(binary, Backup(source, key, endpoint, codecs[0]), cancellationToken);
        var resticNothing = await TimedAsync("restic", [.. Repository(folder, endpoint), "backup", source], cancellationToken);
        await using var ours = new RequestCounter(endpoint);
        await TimedAsync(binary, Backup(source, key, ours.Endpoint, codecs[0]), cancellationToken);
        await using var theirs = new RequestCounter(endpoint);
        await TimedAsync("restic", [.. Repository(folder, theirs.Endpoint), "backup", source], cancellationToken);
        figures.Add("Backup again with nothing new, s; requests", $"{nothing.Seconds.ToString("0.00", Invariant)}; {ours.Count}", $"start included; restic {resticNothing.Seconds.ToString("0.00", Invariant)}; {theirs.Count}");
    }

    private async Task BackAsync(Figures figures, string folder, string key, CancellationToken cancellationToken)
    {
        var output = Path.Combine(folder, "out");
        var plain = await TimedAsync("bash", ["-c", $"gzip -dc {folder}/plain.gz | sha256sum > /dev/null"], cancellationToken);
        var verify = await TimedAsync(binary, ["archive", "verify", "--stream", codecs[0], .. Place(key, endpoint)], cancellationToken);
        var check = await TimedAsync("restic", [.. Repository(folder, endpoint), "check", "--read-data"], cancellationToken);
        figures.Add("Verify, MB/s of text", Rate(verify), $"{Ratio(plain.Seconds / verify.Seconds)} of gzip -dc | sha256sum ({Rate(plain)}); {verify.Usage.CpuSeconds.ToString("0.0", Invariant)} s of processor in {verify.Seconds.ToString("0.0", Invariant)} s; peak {Text(verify.Usage.PeakMiB)} MiB; restic check --read-data {Rate(check)}");
        var unpacked = await TimedAsync("bash", ["-c", $"gzip -dc {folder}/plain.gz > {folder}/plain && sync {folder}/plain"], cancellationToken);
        File.Delete($"{folder}/plain");
        var restore = await TimedAsync(binary, ["archive", "restore", "--stream", codecs[0], "--target", output, .. Place(key, endpoint)], cancellationToken);
        Directory.Delete(output, recursive: true);
        var back = await TimedAsync("bash", ["-c", $"restic {string.Join(' ', Repository(folder, endpoint))} restore latest --target {output} && sync -f {output}"], cancellationToken);
        Directory.Delete(output, recursive: true);
        figures.Add("Restore, synced, MB/s of text", Rate(restore), $"{Ratio(unpacked.Seconds / restore.Seconds)} of gzip -dc and a sync ({Rate(unpacked)}); peak {Text(restore.Usage.PeakMiB)} MiB; restic and a sync {Rate(back)}");
    }

    private string Source(string folder)
    {
        var source = log ?? Path.Combine(folder, "audit.log");
        if (log is null)
        {
            AuditLogWriter.Write(source, megabytes * 1_000_000L);
        }

        _megabytes = new FileInfo(source).Length / 1e6;
        return source;
    }

    private string[] Repository(string folder, Uri server) => ["-q", "--cache-dir", Path.Combine(folder, "cache"), "-r", $"s3:{server.ToString().TrimEnd('/')}/{_bucket}/restic"];

    private string[] Place(string key, Uri server) => ["--store", $"s3://{_bucket}/ours", "--endpoint", server.ToString().TrimEnd('/'), "--allow-http", "--allow-local-endpoint", "--signing-key", key];

    // Of Brotli, the level that is as small as gzip 6.
    private string[] Backup(string source, string key, Uri server, string codec) =>
        ["archive", "backup", "--source", source, "--stream", codec, "--compression", codec, .. codec == "brotli" ? ["--compression-level", "1"] : Array.Empty<string>(), .. Place(key, server)];

    private static async Task<(double Seconds, Usage Usage, string Said)> TimedAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        var (watch, said) = (Stopwatch.StartNew(), new List<string>());
        await using var process = ProcessUnderTest.Start(program, arguments, said.Add, Login);
        try
        {
            var usage = await process.UsageAsync(cancellationToken);
            return (watch.Elapsed.TotalSeconds, usage, string.Join('\n', said));
        }
        catch (InvalidOperationException e)
        {
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {e.Message}\n{string.Join('\n', said)}", e);
        }
    }

    private string Rate((double Seconds, Usage Usage, string Said) run) => Text(_megabytes / run.Seconds);

    private static string Ratio(double value) => value.ToString("0.00", Invariant);

    private static string Text(double value) => value.ToString("0", Invariant);
}
