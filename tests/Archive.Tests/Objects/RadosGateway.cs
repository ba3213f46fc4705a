using System.Diagnostics;
using System.Globalization;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Comptroller.Archive.Objects;
using Comptroller.Archive.Tests.Testing;

namespace Comptroller.Archive.Tests.Objects;

/// <summary>Ceph's S3 gateway, as Debian packages it, on loopback: one for all tests of the class that asks for it.</summary>
public sealed class RadosGateway : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private readonly TemporaryDirectory _directory = new();

    public static string? WhyNot { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, "radosgw")))
        ? null : "needs radosgw in PATH (Debian: apt install --no-install-recommends radosgw ceph-mon ceph-osd ceph-mgr ceph-common)";

    public Uri Endpoint { get; private set; } = new("http://127.0.0.1:1");

    public async Task InitializeAsync()
    {
        if (WhyNot is not null)
        {
            return;
        }

        var (port, monitor) = (FreePort.Take(), FreePort.Take());
        Endpoint = new Uri($"http://127.0.0.1:{port}");
        using var script = Process.Start(new ProcessStartInfo("bash", [Path.Combine(AppContext.BaseDirectory, "Objects", "rgw-up.sh"), _directory.Path, $"{port}", $"{monitor}"]) { UseShellExecute = false })!;
        using var patience = new CancellationTokenSource(Patience);
        await script.WaitForExitAsync(patience.Token);
        script.ExitCode.ShouldBe(0, File.Exists(_directory["log/start.out"]) ? await File.ReadAllTextAsync(_directory["log/start.out"]) : "");
    }

    public Task DisposeAsync()
    {
        foreach (var file in Directory.Exists(_directory["run"]) ? Directory.GetFiles(_directory["run"], "*.pid") : [])
        {
            try
            {
                using var process = Process.GetProcessById(int.Parse(File.ReadAllText(file), CultureInfo.InvariantCulture));
                process.Kill();
                process.WaitForExit();
            }
            catch (Exception e) when (e is ArgumentException or InvalidOperationException or FormatException)
            {
                // It ended already.
            }
        }

        _directory.Dispose();
        return Task.CompletedTask;
    }

    public S3Options Options(string bucket) => new()
    {
        Bucket = bucket,
        Prefix = "estate/",
        Endpoint = Endpoint,
        AllowLocal = true,
        Credentials = new S3Credentials("AUDITKEY", "AUDITSECRET"),
    };

    /// <summary>A client that does whatever it is told, as somebody does who may write to the bucket.</summary>
    public AmazonS3Client Client() => new(new BasicAWSCredentials("AUDITKEY", "AUDITSECRET"), new AmazonS3Config
    {
        ServiceURL = Endpoint.ToString(),
        ForcePathStyle = true,
        AuthenticationRegion = "us-east-1",
        RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
    });

    public async Task<S3Store> StoreAsync(bool locked, Func<S3Options, S3Options>? change = null)
    {
        using var client = Client();
        var bucket = $"b-{Guid.NewGuid():N}";
        await client.PutBucketAsync(new PutBucketRequest { BucketName = bucket, ObjectLockEnabledForBucket = locked });
        return new S3Store((change ?? (same => same))(Options(bucket)), TimeProvider.System);
    }
}

/// <summary>A test against the real gateway; skipped with its reason where it is not installed.</summary>
public sealed class RadosFactAttribute : FactAttribute
{
    public RadosFactAttribute() => Skip = RadosGateway.WhyNot;
}
