using System.CommandLine;
using System.Security.Cryptography;
using Comptroller.Archive.Backups;
using Comptroller.Archive.Evidence;
using Comptroller.Archive.Objects;

namespace Comptroller.Operator.Verbs.Archive;

/// <summary>Options that say where backups are and with which keys, alike for every verb. Secrets come from files and the environment, never from arguments.</summary>
internal sealed class StoreOptions
{
    private readonly Option<string?> _store = new("--store")
    {
        Description = "A directory, or s3://BUCKET/PREFIX; AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, web identity or Pod Identity let in",
    };

    private readonly Option<string?> _endpoint = new("--endpoint") { Description = "URL of a store that speaks S3; AWS when absent" };
    private readonly Option<string> _region = new("--region") { Description = "Region of the bucket", DefaultValueFactory = _ => Environment.GetEnvironmentVariable("AWS_REGION") ?? "us-east-1" };
    private readonly Option<bool> _plain = new("--allow-http") { Description = "Accept an endpoint without TLS" };
    private readonly Option<bool> _local = new("--allow-local-endpoint") { Description = "Accept an endpoint on this machine" };
    private readonly Option<string> _stream = new("--stream") { Description = "Name under which something is backed up over and over", DefaultValueFactory = _ => "audit" };
    private readonly Option<string?> _signing = new("--signing-key") { Description = "File with the private key on P-256 that signs" };
    private readonly Option<string?> _public = new("--public-key") { Description = "File with the public key that proves; the one of --signing-key when absent" };
    private readonly Option<string?> _decryption = new("--decryption-key") { Description = "File with the private RSA key of encrypted backups" };

    public void AddStore(Command command) => AddAll(command, _store, _endpoint, _region, _plain, _local, _stream);

    public void AddSigning(Command command) => AddAll(command, _signing);

    public void AddReading(Command command) => AddAll(command, _public, _decryption);

    /// <summary>As it was written, for a run that may yet be refused.</summary>
    public string? StreamText(ParseResult result) => result.GetValue(_stream) is { Length: <= 63 } text ? text : null;

    /// <summary>As it was written.</summary>
    public string? Place(ParseResult result) => result.GetValue(_store);

    public string Stream(ParseResult result) => BackupKeys.CheckStream(result.GetValue(_stream)!);

    /// <exception cref="FormatException">It is no place for a store.</exception>
    public IObjectStore Store(ParseResult result)
    {
        var place = result.GetValue(_store) ?? throw new InvalidInputException(["--store: needed, a directory or s3://BUCKET/PREFIX"]);
        if (!place.StartsWith("s3://", StringComparison.Ordinal))
        {
            return place.Contains("://", StringComparison.Ordinal) && !place.StartsWith("file://", StringComparison.Ordinal)
                ? throw new InvalidInputException([$"--store {place}: a directory or s3://BUCKET/PREFIX"])
                : new FileStore(place.StartsWith("file://", StringComparison.Ordinal) ? place["file://".Length..] : place);
        }

        var parts = place["s3://".Length..].Split('/', 2);
        if (parts[0].Length == 0)
        {
            throw new InvalidInputException([$"--store {place}: no bucket"]);
        }

        var prefix = parts.Length > 1 ? parts[1].Trim('/') : "";
        return new S3Store(
            new S3Options
            {
                Bucket = parts[0],
                Prefix = prefix.Length == 0 ? "" : prefix + "/",
                Endpoint = result.GetValue(_endpoint) is { } endpoint ? EndpointGuard.Check(endpoint, result.GetValue(_plain)) : null,
                Region = result.GetValue(_region)!,
                AllowLocal = result.GetValue(_local),
            },
            TimeProvider.System);
    }

    /// <exception cref="InvalidInputException">It was not given, or is none.</exception>
    public SigningKey Signing(ParseResult result) => TrySigning(result) ?? throw new InvalidInputException(["--signing-key: needed; `archive keygen` makes one"]);

    public SigningKey? TrySigning(ParseResult result) => result.GetValue(_signing) is { } path ? Read("--signing-key", path, SigningKey.Parse) : null;

    /// <exception cref="InvalidInputException">Neither key was given, or it is none.</exception>
    public VerificationKey Verification(ParseResult result) => Read("--public-key", result.GetValue(_public) ?? result.GetValue(_signing)
        ?? throw new InvalidInputException(["--public-key: needed to prove anything"]), VerificationKey.Parse);

    public RSA? Decryption(ParseResult result) => result.GetValue(_decryption) is { } path ? Read("--decryption-key", path, pem => Envelope.ParseKey(pem, isPrivate: true)) : null;

    /// <summary>A backup of the system before, which is one file.</summary>
    public static Argument<string?> OldBackup() => new("file") { Description = "A backup of the utilities before this program, such as backups/audit/audit_backup_20260204_210945.log.gz, instead of --store", Arity = ArgumentArity.ZeroOrOne };

    /// <exception cref="InvalidInputException">There is no such file.</exception>
    public static SeedBackup Open(string path) => File.Exists(path) ? SeedBackup.Open(path) : throw new InvalidInputException([$"{path}: no such file"]);

    public static T Read<T>(string option, string path, Func<string, T> parse)
    {
        try
        {
            return parse(File.ReadAllText(path));
        }
        catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException([$"{option} {path}: {e.Message}"]);
        }
    }

    private static void AddAll(Command command, params Option[] options)
    {
        foreach (var option in options.Where(option => !command.Options.Contains(option)))
        {
            command.Options.Add(option);
        }
    }
}
