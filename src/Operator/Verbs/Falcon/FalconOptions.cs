using System.CommandLine;
using System.Globalization;
using Comptroller.Falcon.Api;
using Comptroller.Falcon.Auditing;
using Comptroller.Falcon.Configuration;
using Comptroller.Falcon.Grading;
using Comptroller.Falcon.Hosts;
using Comptroller.Falcon.Policies;
using Comptroller.Falcon.RateLimiting;
using Comptroller.Falcon.Store;
using Comptroller.Kubernetes.Yaml;

namespace Comptroller.Operator.Verbs.Falcon;

/// <summary>
/// The options that the verbs of <c>falcon</c> share. An option outweighs the environment, the environment the file. Credentials are
/// no options: command lines are seen by everybody on the machine.
/// </summary>
internal sealed class FalconOptions
{
    private static readonly string[] Searched = ["config.yaml", "config/config.yaml", "/etc/falcon-policy-audit/config.yaml"];

    private readonly Option<string?> _config = new("--config", "-c") { Description = $"Path of a config.yaml; the first of {string.Join(", ", Searched)} when absent" };
    private readonly Option<string?> _store = new("--store") { Description = "SQLite file or PostgreSQL address; sqlite.path of the file, then data/db.sqlite, when absent" };
    private readonly Option<string?> _cloud = new("--cloud") { Description = $"Falcon cloud ({FalconCloud.Names}) or URL; FALCON_BASE_URL when absent" };
    private readonly Option<string[]> _types = new("--policy-types", "-t") { Description = "Policy types to audit, by commas; or all", AllowMultipleArgumentsPerToken = true };
    private readonly Option<string[]> _products = new("--product-types") { Description = "Product types of hosts, by commas; or all", AllowMultipleArgumentsPerToken = true };
    private readonly Option<string[]> _groups = new("--host-groups") { Description = "Only hosts of these groups, by name", AllowMultipleArgumentsPerToken = true };
    private readonly Option<string[]> _groupIds = new("--host-group-ids") { Description = "Only hosts of these groups, by id", AllowMultipleArgumentsPerToken = true };
    private readonly Option<string?> _tags = new("--tags") { Description = "Only hosts with one of these tags, by commas" };
    private readonly Option<string?> _lastSeen = new("--last-seen") { Description = "Only hosts seen within a time such as hour, 12 hours, day, week" };
    private readonly Option<string?> _rate = new("--rate-limit") { Description = $"Rate limit profile: {string.Join(", ", RateLimit.Profiles.Keys)}" };
    private readonly Option<string?> _grading = new("--grading") { Description = "Directory of grading files; the built-in ones where it has none" };
    private readonly Option<string?> _trust = new("--zero-trust")
    {
        Description = "Fetch Zero Trust scores as well: tenant, one request for the whole customer; hosts, the default, a request per 100 hosts too",
        Arity = ArgumentArity.ZeroOrOne,
    };

    /// <summary>For verbs that read the store only.</summary>
    public void AddStore(Command command)
    {
        command.Options.Add(_config);
        command.Options.Add(_store);
    }

    /// <summary>For verbs that grade.</summary>
    public void AddGrading(Command command) => command.Options.Add(_grading);

    /// <summary>For verbs that call the API.</summary>
    public void AddApi(Command command)
    {
        AddStore(command);
        AddGrading(command);
        foreach (var option in (Option[])[_cloud, _types, _products, _groups, _groupIds, _tags, _lastSeen, _rate, _trust])
        {
            command.Options.Add(option);
        }
    }

    /// <summary>For verbs that ask the API for a few things beside the store.</summary>
    public void AddClient(Command command)
    {
        command.Options.Add(_cloud);
        command.Options.Add(_rate);
    }

    /// <summary>The file with the rate limit of the command line, so that reading it again does not lose the option.</summary>
    public async Task<FalconConfig> ConfigAsync(ParseResult result, CancellationToken cancellationToken)
    {
        var config = await ReadAsync(PathOf(result), cancellationToken);
        return result.GetValue(_rate) is not { } name ? config
            : RateLimit.Profiles.TryGetValue(name, out var limit) ? config with { RateLimit = limit }
            : throw new FormatException($"\"{name}\" is none of {string.Join(", ", RateLimit.Profiles.Keys)}");
    }

    private static async Task<FalconConfig> ReadAsync(string? path, CancellationToken cancellationToken)
    {
        if (path is null)
        {
            return new FalconConfig();
        }

        YamlDocument document;
        try
        {
            document = YamlReader.ReadFirst(await File.ReadAllTextAsync(path, cancellationToken));
        }
        catch (YamlException e)
        {
            throw new FormatException($"{path}: {e.Message}", e);
        }

        return FalconConfigReader.Read(document.Root, path, at => document.Locate(at).Line);
    }

    public string? PathOf(ParseResult result) => result.GetValue(_config) ?? Searched.FirstOrDefault(File.Exists);

    public StoreConnections Store(ParseResult result, FalconConfig config) => new(result.GetValue(_store) ?? config.Store);

    public async Task<GradingFiles> GradingAsync(ParseResult result, FalconConfig config, CancellationToken cancellationToken)
    {
        var beside = PathOf(result) is { } file ? Path.Combine(Path.GetDirectoryName(Path.GetFullPath(file))!, "grading") : null;
        var directory = result.GetValue(_grading) ?? config.Grading ?? (Directory.Exists(beside) ? beside : null);
        return directory is null ? GradingFiles.BuiltIn : await GradingFiles.ReadAsync(directory, cancellationToken);
    }

    public static RateLimiter Limiter(FalconConfig config) => new(config.RateLimit, TimeProvider.System, Random.Shared.NextDouble);

    /// <summary>The collection that keeps the last complete run; null where the configuration names none.</summary>
    /// <param name="result">The command line.</param>
    /// <param name="config">The file.</param>
    /// <param name="audit">The client of the audit. A collection with credentials of its own gets a client of its own, within the same limits.</param>
    public static FoundryStore? Foundry(ParseResult result, FalconConfig config, FalconClient audit)
    {
        if (config.Foundry is not { } foundry)
        {
            return null;
        }

        if (foundry is { ClientId: null, BaseUrl: null })
        {
            return new FoundryStore(new FoundryCollection(audit, foundry.AppId, foundry.Collection));
        }

        var client = new FalconClient(
            audit.Options with
            {
                Address = foundry.BaseUrl is { } address ? FalconCloud.Resolve(address) : audit.Options.Address,
                Credentials = foundry is { ClientId: { } id, ClientSecret: { } secret } ? new FalconCredentials(id, secret) : audit.Options.Credentials,
            },
            audit.Limiter,
            TimeProvider.System,
            counters: audit.Counters);
        return new FoundryStore(new FoundryCollection(client, foundry.AppId, foundry.Collection), client);
    }

    public FalconClient Client(ParseResult result, FalconConfig config, RateLimiter limiter)
    {
        var address = result.GetValue(_cloud) ?? Environment(config, "BASE_URL") ?? config.BaseUrl
            ?? throw new FormatException($"which Falcon cloud? Set FALCON_BASE_URL or --cloud to one of {FalconCloud.Names}");
        var (id, secret) = (Credential(config, "CLIENT_ID", config.ClientId), Credential(config, "CLIENT_SECRET", config.ClientSecret));
        return new FalconClient(
            new FalconClientOptions
            {
                Address = FalconCloud.Resolve(address),
                Credentials = new FalconCredentials(() => (id(), secret())) { MemberCid = Environment(config, "MEMBER_CID") ?? config.MemberCid },
                FollowRegion = !address.Contains("://", StringComparison.Ordinal),
            },
            limiter,
            TimeProvider.System);
    }

    public async Task<AuditOptions> AuditAsync(ParseResult result, FalconConfig config, FalconApi api, CancellationToken cancellationToken)
    {
        var groups = Split(result.GetValue(_groupIds));
        if (Split(result.GetValue(_groups)) is { Count: > 0 } names)
        {
            groups.AddRange(await api.HostGroupIdsAsync(names, cancellationToken));
        }

        var products = Split(result.GetValue(_products)) is { Count: > 0 } named ? named : config.AskedProductTypes;
        return new AuditOptions
        {
            Types = Split(result.GetValue(_types)) is { Count: > 0 } types ? Types(types) : config.PolicyTypes,
            Grading = await GradingAsync(result, config, cancellationToken),
            HostFilter = Fql.Hosts(
                groupIds: groups,
                tags: HostTags.Parse(result.GetValue(_tags)),
                productTypes: products,
                custom: result.GetValue(_lastSeen) is { } ago ? Fql.LastSeenSince(TimeProvider.System.GetUtcNow() - Ago(ago)) : null),
            ProductTypes = products,
            ZeroTrust = result.GetResult(_trust) is { Implicit: false } asked ? Trust(asked.GetValueOrDefault<string?>()) : config.ZeroTrust,
        };
    }

    /// <summary>Types by name; <c>all</c> for all.</summary>
    /// <exception cref="FormatException">A name is unknown.</exception>
    public static System.Collections.Immutable.ImmutableArray<PolicyType> Types(IReadOnlyList<string> names) => names is ["all"] ? PolicyType.All
        : [.. names.Select(name => PolicyType.TryParse(name, out var type) ? type
            : throw new FormatException($"\"{name}\" is none of {string.Join(", ", PolicyType.All.Select(each => each.Name))}, all")).Distinct()];

    private static TrustScope Trust(string? scope) => scope switch
    {
        null or "hosts" => TrustScope.Hosts,
        "tenant" => TrustScope.Tenant,
        _ => throw new FormatException($"--zero-trust: \"{scope}\" is neither tenant nor hosts"),
    };

    public static List<string> Split(string[]? values) =>
        [.. (values ?? []).SelectMany(value => value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))];

    // The replaced tool reads both CLIENT_ID and, with its prefix set, FALCON_CLIENT_ID.
    private static string? Environment(FalconConfig config, string name) =>
        Value(config.Prefix + name) ?? (config.Prefix.Length == 0 ? Value($"FALCON_{name}") : null);

    /// <summary>One half of the credentials. A file is read at every login: Kubernetes writes it anew when the Secret changes.</summary>
    private static Func<string> Credential(FalconConfig config, string name, string? configured)
    {
        if (Environment(config, $"{name}_FILE") is { } path && File.Exists(path))
        {
            return () => File.ReadAllText(path).Trim() is { Length: > 0 } text ? text : throw new IOException($"{path} is empty: it should hold the API client's {name.ToLowerInvariant()}");
        }

        var value = Environment(config, name) ?? configured ?? throw new FormatException("no API client: set FALCON_CLIENT_ID and FALCON_CLIENT_SECRET, or FALCON_CLIENT_ID_FILE and FALCON_CLIENT_SECRET_FILE to files with them");
        return () => value;
    }

    private static string? Value(string name) => System.Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value.Trim() : null;

    private static TimeSpan Ago(string text)
    {
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var count = words.Length == 2 && int.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : words.Length == 1 ? 1 : 0;
        var unit = words.LastOrDefault() switch
        {
            "hour" or "hours" => TimeSpan.FromHours(1),
            "day" or "days" => TimeSpan.FromDays(1),
            "week" or "weeks" => TimeSpan.FromDays(7),
            _ => TimeSpan.Zero,
        };
        return count > 0 && unit > TimeSpan.Zero ? count * unit : throw new FormatException($"\"{text}\" is not a time such as hour, 12 hours, day or week");
    }
}
