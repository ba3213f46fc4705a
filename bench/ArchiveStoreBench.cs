using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;

namespace Comptroller.Bench;

/// <summary>
/// A generated log to an S3 server and back: beside <c>pigz | sha256sum</c>, which sends nothing, and beside restic, which sends to the same server. The server is
/// the gateway that the tests start, with their user.
/// </summary>
internal sealed class ArchiveStoreBench(string binary, int megabytes, Uri endpoint)
{
    private static readonly CultureInfo Invariant = CultureInfo.InvariantCulture;
    private static readonly Dictionary<string, string> Login = new() { ["AWS_ACCESS_KEY_ID"] = "AUDITKEY", ["AWS_SECRET_ACCESS_KEY"] = "AUDITSECRET", ["RESTIC_PASSWORD"] = "bench" };

    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("comptroller-bench-").FullName;
        try
        {
            var (logs, key, bucket) = (Path.Combine(folder, "logs"), Path.Combine(folder, "key.pem"), $"bench-{RandomNumberGenerator.GetHexString(8, lowercase: true)}");
            Directory.CreateDirectory(logs);
            AuditLogWriter.Write(Path.Combine(logs, "audit.log"), megabytes * 1_000_000L);
            var figures = new Figures($"archive-store: {megabytes} MB to {endpoint} ({Machine.Describe()}, {Machine.Load})");
            await TimedAsync(binary, ["archive", "keygen", key], cancellationToken);
            // It makes the bucket as well.
            string[] repository = ["-q", "--cache-dir", Path.Combine(folder, "cache"), "-r", $"s3:{endpoint.ToString().TrimEnd('/')}/{bucket}/restic"];
            await TimedAsync("restic", [.. repository, "init"], cancellationToken);
            string[] place = ["--store", $"s3://{bucket}/ours", "--endpoint", endpoint.ToString().TrimEnd('/'), "--allow-http", "--allow-local-endpoint", "--signing-key", key];

            var plain = await TimedAsync("bash", ["-c", $"pigz -6 -c {logs}/audit.log | sha256sum > /dev/null"], cancellationToken);
            figures.Add("pigz -6 | sha256sum, MB/s", Rate(plain), "baseline; sends and keeps nothing");
            var restic = await TimedAsync("restic", [.. repository, "backup", logs], cancellationToken);
            figures.Add("restic backup, MB/s", Rate(restic), $"baseline; peak {Text(restic.Usage.PeakMiB)} MiB");
            foreach (var compression in new[] { "gzip", "brotli", "zstd" })
            {
                var backup = await TimedAsync(binary, ["archive", "backup", "--source", logs, .. place, "--stream", compression, "--reread", "--compression", compression, .. compression == "brotli" ? ["--compression-level", "1"] : Array.Empty<string>()], cancellationToken);
                figures.Add($"Backup with {compression}, MB/s", Rate(backup), $"{Ratio(plain.Seconds / backup.Seconds)} of pigz, {Ratio(restic.Seconds / backup.Seconds)} of restic; start included; peak {Text(backup.Usage.PeakMiB)} MiB, goal under 120");
                if (compression == "gzip")
                {
                    await AgainAsync(figures, folder, logs, place, repository, cancellationToken);
                }
            }

            figures.Print();
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task AgainAsync(Figures figures, string folder, string logs, string[] place, string[] repository, CancellationToken cancellationToken)
    {
        var nothing = await TimedAsync(binary, ["archive", "backup", "--source", logs, "--stream", "gzip", .. place], cancellationToken);
        var resticNothing = await TimedAsync("restic", [.. repository, "backup", logs], cancellationToken);
        figures.Add("Backup again with nothing new, s", nothing.Seconds.ToString("0.00", Invariant), $"start included; restic {resticNothing.Seconds.ToString("0.00", Invariant)}");
        var verify = await TimedAsync(binary, ["archive", "verify", "--stream", "gzip", .. place], cancellationToken);
        var check = await TimedAsync("restic", [.. repository, "check", "--read-data"], cancellationToken);
        figures.Add("Verify, MB/s of text", Rate(verify), $"peak {Text(verify.Usage.PeakMiB)} MiB; restic check --read-data {Rate(check)}");
        var restore = await TimedAsync(binary, ["archive", "restore", "--stream", "gzip", "--target", Path.Combine(folder, "out"), .. place], cancellationToken);
        Directory.Delete(Path.Combine(folder, "out"), recursive: true);
        var back = await TimedAsync("restic", [.. repository, "restore", "latest", "--target", Path.Combine(folder, "out")], cancellationToken);
        Directory.Delete(Path.Combine(folder, "out"), recursive: true);
        figures.Add("Restore, MB/s of text", Rate(restore), $"peak {Text(restore.Usage.PeakMiB)} MiB; restic {Rate(back)}");
    }

    private static async Task<(double Seconds, Usage Usage)> TimedAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        await using var process = ProcessUnderTest.Start(program, arguments, environment: Login);
        var usage = await process.UsageAsync(cancellationToken);
        return (watch.Elapsed.TotalSeconds, usage);
    }

    private string Rate((double Seconds, Usage Usage) run) => Text(megabytes / run.Seconds);

    private static string Ratio(double value) => value.ToString("0.00", Invariant);

    private static string Text(double value) => value.ToString("0", Invariant);
}
