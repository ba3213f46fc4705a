using System.CommandLine;
using Comptroller.Archive.Backups;
using Comptroller.Archive.Evidence;
using Comptroller.Archive.Objects;

namespace Comptroller.Operator.Verbs.Archive;

/// <summary>Options that say where backups are and with which keys, alike for every verb. Secrets come from files and the environment, never from arguments.</summary>
internal sealed class StoreOptions
{
    private readonly Option<string?> _store = new("--store")
    {
        Description = "A directory, s3://BUCKET/PREFIX, azure://ACCOUNT/CONTAINER/PREFIX or gs://BUCKET/PREFIX; what lets in stands in the environment",
    };

    private readonly Option<string?> _endpoint = new("--endpoint") { Description = "URL of a store that speaks S3, or of an emulator; the cloud itself when absent" };
    private readonly Option<string> _region = new("--region") { Description = "Region of the bucket", DefaultValueFactory = _ => Environment.GetEnvironmentVariable("AWS_REGION") ?? "us-east-1" };
    private readonly Option<bool> _plain = new("--allow-http") { Description = "Accept an endpoint without TLS" };
    private readonly Option<bool> _local = new("--allow-local-endpoint") { Description = "Accept an endpoint on this machine" };
    private readonly Option<string> _stream = new("--stream") { Description = "Name under which something is backed up over and over", DefaultValueFactory = _ => "audit" };
    private readonly Option<string?> _streamsOf = new("--streams-of") { Description = "Every stream that has this name, a dot and a node's name, also of nodes that are gone; instead of --stream" };
    private readonly Option<string?> _cloud = new("--cloud") { Description = "s3, azure or gcs, with --destination: as the utilities before this program were told; --store says more" };
    private readonly Option<string?> _destination = new("--destination") { Description = "Bucket or container of --cloud; backups stand in it under audit-backups/. Azure's account comes from AZURE_STORAGE_ACCOUNT or AZURE_STORAGE_CONNECTION_STRING" };
    private readonly Option<string?> _signing = new("--signing-key") { Description = "File with the private key on P-256 that signs" };
    private readonly Option<string?> _public = new("--public-key") { Description = "File with the public key that proves; the one of --signing-key when absent" };
    private readonly Option<string?> _decryption = new("--decryption-key") { Description = "File with the private RSA key of encrypted backups" };
    private readonly Option<string?> _decryptCommand = new("--decrypt-command") { Description = "Program and arguments that unwrap the keys of backups that were made with --encrypt-command" };
    private readonly Option<string> _keyId = KeyIdOption();

    public StoreOptions() => _cloud.AcceptOnlyFromAmong("s3", "azure", "gcs");

    public void AddStore(Command command) => AddAll(command, _store, _cloud, _destination, _endpoint, _region, _plain, _local, _stream);

    /// <summary>For what is done to all streams of a resource, and not to one.</summary>
    public void AddStreams(Command command) => AddAll(command, _streamsOf);

    public void AddSigning(Command command) => AddAll(command, _signing);

    public void AddReading(Command command) => AddAll(command, _public, _decryption, _decryptCommand, _keyId);

    /// <summary>As it was written, for a run that may yet be refused.</summary>
    public string? StreamText(ParseResult result) => (result.GetValue(_streamsOf) ?? result.GetValue(_stream)) is { Length: <= 63 } text ? text : null;

    /// <summary>As it was written.</summary>
    public string? Place(ParseResult result) => result.GetValue(_store) ?? OfCloud(result);

    public string Stream(ParseResult result) => BackupKeys.CheckStream(result.GetValue(_stream)!);

    /// <summary>The stream, or those of all nodes. Where there is none yet, the name itself: it has no backup, and that is told.</summary>
    public async Task<IReadOnlyList<string>> StreamsAsync(ParseResult result, IObjectStore store, VerificationKey key, CancellationToken cancellationToken) =>
        result.GetValue(_streamsOf) is not { } of ? [Stream(result)]
        : await new BackupCatalog(store, key).StreamsOfAsync(BackupKeys.CheckStream(of), cancellationToken) is { Count: > 0 } streams ? streams
        : [of];

    /// <param name="result">What was given.</param>
    /// <param name="journal">Of a run that goes on after a kill, what it remembers; null for none.</param>
    /// <exception cref="FormatException">It is no place for a store.</exception>
    public IObjectStore Store(ParseResult result, string? journal = null)
    {
        var place = Place(result) ?? throw new InvalidInputException(["--store: needed, a directory, s3://BUCKET/PREFIX, azure://ACCOUNT/CONTAINER/PREFIX or gs://BUCKET/PREFIX"]);
        if (result.GetValue(_store) is not null && result.GetValue(_cloud) is not null)
        {
            throw new InvalidInputException(["--store and --cloud: one of them"]);
        }

        var endpoint = result.GetValue(_endpoint) is { } url ? EndpointGuard.Check(url, result.GetValue(_plain)) : null;
        var mark = place.IndexOf("://", StringComparison.Ordinal);
        return (mark < 0 ? "" : place[..mark]) switch
        {
            "" => new FileStore(place),
            "file" => new FileStore(place[(mark + 3)..]),
            "s3" when Split(place, mark, 1) is [var bucket, var prefix] => new S3Store(
                new S3Options { Bucket = bucket, Prefix = prefix, Endpoint = endpoint, Region = result.GetValue(_region)!, AllowLocal = result.GetValue(_local) }, TimeProvider.System),
            "azure" when Split(place, mark, 2) is [var account, var container, var prefix] => new AzureStore(
                new AzureOptions { Account = account, Container = container, Prefix = prefix, Endpoint = endpoint, AllowLocal = result.GetValue(_local), Environment = AzureVariable }, TimeProvider.System),
            "gs" when Split(place, mark, 1) is [var bucket, var prefix] => new GoogleStore(
                new GoogleOptions { Bucket = bucket, Prefix = prefix, Endpoint = endpoint, AllowLocal = result.GetValue(_local), Sessions = journal is null ? null : $"{journal}.sessions" }, TimeProvider.System),
            _ => throw new InvalidInputException([$"--store {place}: a directory, s3://BUCKET/PREFIX, azure://ACCOUNT/CONTAINER/PREFIX or gs://BUCKET/PREFIX"]),
        };
    }

    /// <exception cref="InvalidInputException">It was not given, or is none.</exception>
    public SigningKey Signing(ParseResult result) => TrySigning(result) ?? throw new InvalidInputException(["--signing-key: needed; `archive keygen` makes one"]);

    public SigningKey? TrySigning(ParseResult result) => result.GetValue(_signing) is { } path ? Read("--signing-key", path, SigningKey.Parse) : null;

    /// <exception cref="InvalidInputException">Neither key was given, or it is none.</exception>
    public VerificationKey Verification(ParseResult result) => Read("--public-key", result.GetValue(_public) ?? result.GetValue(_signing)
        ?? throw new InvalidInputException(["--public-key: needed to prove anything"]), VerificationKey.Parse);

    /// <exception cref="InvalidInputException">The file is no such key.</exception>
    public KeyWrap? Decryption(ParseResult result) =>
        result.GetValue(_decryption) is { } path ? new RsaKeyWrap(Read("--decryption-key", path, pem => Envelope.ParseKey(pem, isPrivate: true)))
        : result.GetValue(_decryptCommand) is { } program ? Command(program, result.GetValue(_keyId)!)
        : null;

    /// <summary>Which key a program for keys uses.</summary>
    public static Option<string> KeyIdOption() => new("--key-id") { Description = "Which key the program uses, as it stands in the backup", DefaultValueFactory = _ => "default" };

    public static KeyWrap Command(string program, string keyId) => new CommandKeyWrap(program.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries), keyId);

    /// <summary>A backup of the system before, which is one file.</summary>
    public static Argument<string?> OldBackup() => new("file") { Description = "A backup of the utilities before this program, such as backups/audit/audit_backup_20260204_210945.log.gz, instead of --store", Arity = ArgumentArity.ZeroOrOne };

    /// <exception cref="InvalidInputException">There is no such file, or a store was named as well.</exception>
    public SeedBackup Open(ParseResult result, string path) =>
        Place(result) is not null ? throw new InvalidInputException([$"{path} and --store: one of them"])
        : File.Exists(path) ? SeedBackup.Open(path)
        : throw new InvalidInputException([$"{path}: no such file"]);

    /// <summary>Backups of the system before in a directory.</summary>
    /// <exception cref="InvalidInputException">There is no such directory, or a store was named as well.</exception>
    public IReadOnlyList<string> PathsIn(ParseResult result, string directory) =>
        Place(result) is not null ? throw new InvalidInputException([$"{directory} and --store: one of them"])
        : Directory.Exists(directory) ? SeedBackup.PathsIn(directory)
        : throw new InvalidInputException([$"{directory}: no such directory"]);

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

    private string? OfCloud(ParseResult result) => (result.GetValue(_cloud), result.GetValue(_destination)) switch
    {
        (null, null) => null,
        (null, _) => throw new InvalidInputException(["--destination: goes with --cloud; --store says where to with one option"]),
        (_, null) => throw new InvalidInputException(["--cloud: needs --destination, the bucket or container"]),
        ("s3", var bucket) => $"s3://{bucket}/audit-backups",
        ("gcs", var bucket) => $"gs://{bucket}/audit-backups",
        (_, var container) => $"azure://{AzureVariable("AZURE_STORAGE_ACCOUNT") ?? throw new InvalidInputException(["--cloud azure: set AZURE_STORAGE_ACCOUNT, or AZURE_STORAGE_CONNECTION_STRING"])}/{container}/audit-backups",
    };

    // A connection string is those two in one, as the utilities before this program had them.
    private static string? AzureVariable(string name) => Environment.GetEnvironmentVariable(name) ?? name switch
    {
        "AZURE_STORAGE_ACCOUNT" => OfConnectionString("AccountName"),
        "AZURE_STORAGE_KEY" => OfConnectionString("AccountKey"),
        "AZURE_STORAGE_SAS_TOKEN" => OfConnectionString("SharedAccessSignature"),
        _ => null,
    };

    private static string? OfConnectionString(string part) => (Environment.GetEnvironmentVariable("AZURE_STORAGE_CONNECTION_STRING") ?? "")
        .Split(';', StringSplitOptions.TrimEntries)
        .Where(pair => pair.StartsWith($"{part}=", StringComparison.OrdinalIgnoreCase))
        .Select(pair => pair[(part.Length + 1)..])
        .FirstOrDefault();

    // So many parts, none of them empty, and the prefix behind them, with a / at its end when there is one.
    private static string[]? Split(string place, int mark, int parts)
    {
        var all = place[(mark + 3)..].Split('/', parts + 1);
        var prefix = all.Length > parts ? all[parts].Trim('/') : "";
        return all.Length < parts || all.Take(parts).Any(part => part.Length == 0) ? null : [.. all.Take(parts), prefix.Length == 0 ? "" : $"{prefix}/"];
    }

    private static void AddAll(Command command, params Option[] options)
    {
        foreach (var option in options.Where(option => !command.Options.Contains(option)))
        {
            command.Options.Add(option);
        }
    }
}
