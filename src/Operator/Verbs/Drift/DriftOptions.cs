using System.Collections.Immutable;
using System.CommandLine;
using Comptroller.Drift.Configuration;
using Comptroller.Drift.Rules;
using Comptroller.Drift.State;
using Comptroller.Drift.State.Backends;
using Comptroller.Drift.Store;
using Comptroller.Kubernetes.Yaml;

namespace Comptroller.Operator.Verbs.Drift;

/// <summary>The options that the verbs of <c>drift</c> share.</summary>
internal sealed class DriftOptions
{
    private static readonly TimeSpan FetchTimeout = TimeSpan.FromSeconds(60);

    private readonly Option<string?> _config = new("--config", "-c") { Description = "Configuration file with states and rules" };
    private readonly Option<string[]> _states = new("--state", "-s")
    {
        Description = "Terraform state: a path, http(s)://, s3://, gs://, azurerm:// or kubernetes://; may be repeated, in the place of those of the configuration. TF_HTTP_USERNAME and TF_HTTP_PASSWORD are given to servers",
        AllowMultipleArgumentsPerToken = true,
    };

    public void AddTo(Command command)
    {
        command.Options.Add(_config);
        command.Options.Add(_states);
    }

    public async Task<DriftConfig> ConfigAsync(ParseResult result, CancellationToken cancellationToken)
    {
        var config = result.GetValue(_config) is { } path ? await ReadAsync(path, cancellationToken) : new DriftConfig();
        if (config.BaselineFile is { } baseline)
        {
            config = config with { Rules = config.Rules with { Baseline = Baseline.Read(await File.ReadAllBytesAsync(baseline, cancellationToken), baseline) } };
        }

        return result.GetValue(_states) is { Length: > 0 } states ? config with { States = [.. states.Select(address => new StateAddress(address))] } : config;
    }

    public static async Task<DriftConfig> ReadAsync(string path, CancellationToken cancellationToken)
    {
        YamlDocument document;
        try
        {
            document = YamlReader.ReadFirst(await File.ReadAllTextAsync(path, cancellationToken));
        }
        catch (YamlException e)
        {
            throw new FormatException($"{path}: {e.Message}", e);
        }

        return DriftConfigReader.Read(document.Root, path, at => document.Locate(at).Line);
    }

    /// <summary>The states of a configuration, not yet read.</summary>
    public static async Task<StateSet> StatesAsync(DriftConfig config, HttpClient http, CancellationToken cancellationToken)
    {
        http.Timeout = FetchTimeout;
        var sources = ImmutableArray.CreateBuilder<StateSource>();
        foreach (var state in config.States)
        {
            sources.Add(StateSources.Of(state.Address, http, await AccessAsync(state, cancellationToken)));
        }

        return new StateSet(sources.ToImmutable(), TimeProvider.System);
    }

    /// <summary>The states of a configuration, every one read.</summary>
    /// <exception cref="StateException">One of them cannot be used.</exception>
    public static async Task<StateIndex> IndexAsync(DriftConfig config, CancellationToken cancellationToken)
    {
        using var http = new HttpClient();
        var states = await StatesAsync(config, http, cancellationToken);
        await states.RefreshAsync(cancellationToken);
        var errors = states.Statuses.Select(status => status.Error).OfType<string>().ToList();
        return errors.Count == 0 ? states.Index : throw new StateException(string.Join('\n', errors));
    }

    private static async Task<StateAccess> AccessAsync(StateAddress state, CancellationToken cancellationToken)
    {
        var isGoogle = state.Address.StartsWith("gs://", StringComparison.Ordinal);
        return new StateAccess
        {
            User = state.User ?? Environment.GetEnvironmentVariable("TF_HTTP_USERNAME"),
            Password = await SecretAsync(state.PasswordFile, cancellationToken) ?? Environment.GetEnvironmentVariable("TF_HTTP_PASSWORD"),
            Token = await SecretAsync(state.TokenFile, cancellationToken),
            Secret = await SecretAsync(state.CredentialsFile ?? (isGoogle ? Environment.GetEnvironmentVariable("GOOGLE_APPLICATION_CREDENTIALS") : null), cancellationToken),
            Region = state.Region,
            Endpoint = state.Endpoint,
            Parts = state.Parts,
        };
    }

    /// <summary>The store of the configuration; its address may stand in a file, for the password in it.</summary>
    public static async Task<DriftStore> StoreAsync(DriftConfig config, CancellationToken cancellationToken) =>
        await DriftStore.OpenAsync(await SecretAsync(config.StoreFile, cancellationToken) ?? config.Store, cancellationToken);

    public static async Task<string?> SecretAsync(string? path, CancellationToken cancellationToken)
    {
        if (path is null)
        {
            return null;
        }

        var secret = (await File.ReadAllTextAsync(path, cancellationToken)).Trim();
        return secret.Length > 0 ? secret : throw new FormatException($"{path}: the file is empty; it should hold a secret");
    }
}
