using System.Globalization;
using System.Text.Json.Nodes;
using Comptroller.Crds.DriftWatches;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Yaml;

namespace Comptroller.Operator.DriftWatches.Rendering;

/// <summary>The configuration file of <c>drift watch</c>, without any credential: those are files that it names. Pure.</summary>
internal static class DriftConfiguration
{
    public const string FileName = "config.yaml";

    /// <summary>Where the SQLite file is, from the working directory on.</summary>
    public const string DataFolder = "data";

    /// <summary>Key of the Secrets of Terraform's Kubernetes backend.</summary>
    private const string StateKey = "tfstate";

    /// <param name="spec">What is asked for.</param>
    /// <param name="files">Takes the volumes that the configuration needs.</param>
    public static string Render(DriftWatchSpec spec, DriftFiles files)
    {
        var configuration = new JsonObject
        {
            ["states"] = new JsonArray([.. spec.States.Select(state => (JsonNode)State(state, files))]),
            ["refreshInterval"] = Seconds(spec.StateRefresh),
            ["gracePeriod"] = Seconds(spec.GracePeriod),
            ["listen"] = string.Create(CultureInfo.InvariantCulture, $"0.0.0.0:{spec.Intake.Port}"),
            ["queue"] = spec.Intake.Queue,
            ["retention"] = string.Create(CultureInfo.InvariantCulture, $"{spec.Store.RetentionDays}d"),
        };
        if (spec.Store.Postgres is { } postgres)
        {
            configuration["storeFile"] = files.Secret("postgres", postgres.ConnectionSecretRef);
        }
        else
        {
            configuration["store"] = $"{DataFolder}/drift.sqlite";
        }

        if (spec.Intake.TokenSecretRef is { } token)
        {
            configuration["tokenFile"] = files.Secret("intake-token", token);
        }

        if (spec.Intake.Tls is { } tls)
        {
            var certificate = files.SecretFiles("tls", tls.SecretRef.Name, [("tls.crt", "tls.crt"), ("tls.key", "tls.key")]);
            var section = new JsonObject { ["certificateFile"] = certificate[0], ["keyFile"] = certificate[1] };
            if (tls.ClientCaSecretRef is { } authority)
            {
                section["clientCAFile"] = files.Secret("client-ca", authority);
            }

            configuration["tls"] = section;
        }

        if (spec.Comparison is { } comparison)
        {
            configuration["comparison"] = new JsonObject { ["file"] = files.Of("comparison", comparison.Plan), ["interval"] = Seconds(comparison.Interval) };
        }

        if (spec.Baseline is { } baseline)
        {
            configuration["baseline"] = files.Of("baseline", baseline);
        }

        Add(configuration, "rules", spec.Rules.Select(Rule));
        Add(configuration, "ignore", spec.Ignore.Select(Ignore));
        Add(configuration, "windows", spec.Windows.Select(Window));
        if (Automation(spec.Automation) is { Count: > 0 } automation)
        {
            configuration["iac"] = automation;
        }

        configuration["api"] = Api(spec.Api, files);
        if (spec.Notifications.Channels.Count > 0)
        {
            configuration["notifications"] = new JsonObject
            {
                ["groupWindow"] = Seconds(spec.Notifications.GroupWindow),
                ["giveUpAfter"] = Seconds(spec.Notifications.GiveUpAfter),
                ["channels"] = new JsonArray([.. spec.Notifications.Channels.Select(channel => (JsonNode)Channel(channel, files))]),
            };
        }

        return YamlWriter.Write(configuration);
    }

    private static JsonObject State(DriftState state, DriftFiles files)
    {
        var section = new JsonObject { ["address"] = state.Http?.Url ?? Address(state, files) };
        var purpose = $"state-{state.Name}";
        if (state.Http is { TokenSecretRef: { } token })
        {
            section["tokenFile"] = files.Secret(purpose, token);
        }

        if (state.Http is { BasicAuth: { } basic })
        {
            section["user"] = basic.User;
            section["passwordFile"] = files.Secret(purpose, basic.PasswordSecretRef);
        }

        if (state.Azurerm is { CredentialsSecretRef: { } account })
        {
            section["credentialsFile"] = files.Secret(purpose, account);
        }

        if (state.Kubernetes is { Parts: > 1 } split)
        {
            section["parts"] = Strings(Enumerable.Range(1, split.Parts - 1).Select(part => files.OptionalSecret($"states/{state.Name}-part-{part}", $"{SecretName(split)}-part-{part}", StateKey)));
        }

        Add(section, "region", state.S3?.Region);
        Add(section, "endpoint", state.S3?.Endpoint);
        return section;
    }

    private static string Address(DriftState state, DriftFiles files) => state switch
    {
        { File: { } file } => files.Of($"states/{state.Name}", file),
        // Mounted by the kubelet, which follows every change: no token for Kubernetes is needed, and no role on Secrets.
        { Kubernetes: { } backend } => files.Of($"states/{state.Name}", new DriftFile { Secret = SecretName(backend), Path = StateKey }),
        { S3: { } s3 } => $"s3://{s3.Bucket}/{s3.Key}",
        { Gcs: { } gcs } => $"gs://{gcs.Bucket}/{(gcs.Prefix is { } prefix ? $"{prefix.TrimEnd('/')}/" : "")}{gcs.Workspace}.tfstate",
        _ => $"azurerm://{state.Azurerm!.StorageAccount}/{state.Azurerm.Container}/{state.Azurerm.Key}",
    };

    private static string SecretName(DriftKubernetesState backend) => $"tfstate-{backend.Workspace}-{backend.SecretSuffix}";

    private static JsonObject Rule(DriftSeverityRule rule)
    {
        var section = new JsonObject { ["name"] = rule.Name, ["types"] = Strings(rule.Types), ["severity"] = rule.Severity.ToLowerInvariant() };
        Add(section, "attributes", rule.Attributes);
        return section;
    }

    private static JsonObject Ignore(DriftIgnoreRule rule)
    {
        var section = new JsonObject { ["name"] = rule.Name };
        Add(section, "types", rule.Types);
        Add(section, "addresses", rule.Addresses);
        Add(section, "attributes", rule.Attributes);
        Add(section, "actors", rule.Actors);
        Add(section, "tags", rule.Tags);
        Add(section, "kinds", [.. rule.Kinds.Select(kind => kind.ToLowerInvariant())]);
        Add(section, "until", rule.Until);
        return section;
    }

    private static JsonObject Window(DriftWindow window)
    {
        var section = new JsonObject { ["name"] = window.Name };
        Add(section, "from", window.From);
        Add(section, "to", window.To);
        Add(section, "days", window.Days);
        Add(section, "start", window.Start);
        Add(section, "end", window.End);
        return section;
    }

    private static JsonObject Automation(DriftAutomation automation)
    {
        var section = new JsonObject();
        if (automation.Actors is { } actors)
        {
            section["actors"] = Strings(actors);
        }

        if (automation.UserAgents is { } agents)
        {
            section["userAgents"] = Strings(agents);
        }

        if (automation.RequireBoth)
        {
            section["requireBoth"] = true;
        }

        return section;
    }

    private static JsonObject Api(DriftApi api, DriftFiles files)
    {
        var section = new JsonObject
        {
            ["rateLimit"] = new JsonObject { ["perMinute"] = api.RequestsPerMinute, ["burst"] = api.Burst },
            ["streams"] = api.Streams,
        };
        if (api.AdminTokenSecretRef is { } admin)
        {
            section["adminTokenFile"] = files.Secret("admin-token", admin);
        }

        Add(section, "anonymous", [.. api.Anonymous.Select(scope => scope.ToLowerInvariant())]);
        Add(section, "trustedProxies", api.TrustedProxies);
        Add(section, "corsOrigins", api.CorsOrigins);
        if (api.Jwt is { } jwt)
        {
            var tokens = new JsonObject { ["issuer"] = jwt.Issuer, ["audience"] = jwt.Audience, ["scopeClaim"] = jwt.ScopeClaim };
            Add(tokens, "secretFiles", [.. jwt.SecretRefs.Select((secret, index) => files.Secret($"jwt-{index}", secret))]);
            if (jwt.KeysSecretRef is { } keys)
            {
                tokens["keysFile"] = files.Secret("jwt-keys", keys);
            }

            section["jwt"] = tokens;
        }

        return section;
    }

    private static JsonObject Channel(DriftChannel channel, DriftFiles files)
    {
        var section = new JsonObject
        {
            ["name"] = channel.Name,
            ["type"] = channel.Type.ToLowerInvariant(),
            ["urlFile"] = files.Secret($"channel-{channel.Name}", channel.UrlSecretRef),
            ["severity"] = channel.Severity.ToLowerInvariant(),
            ["resolved"] = channel.Resolved,
        };
        if (channel.SigningSecretRef is { } signing)
        {
            section["secretFile"] = files.Secret($"sign-{channel.Name}", signing);
        }

        if (channel.TokenSecretRef is { } token)
        {
            section["tokenFile"] = files.Secret($"token-{channel.Name}", token);
        }

        Add(section, "types", channel.Types);
        return section;
    }

    private static void Add(JsonObject section, string key, IEnumerable<JsonObject> items)
    {
        var list = new JsonArray([.. items]);
        if (list.Count > 0)
        {
            section[key] = list;
        }
    }

    private static void Add(JsonObject section, string key, IReadOnlyList<string> values)
    {
        if (values.Count > 0)
        {
            section[key] = Strings(values);
        }
    }

    private static void Add(JsonObject section, string key, string? value)
    {
        if (value is not null)
        {
            section[key] = value;
        }
    }

    private static JsonArray Strings(IEnumerable<string> values) => [.. values.Select(value => (JsonNode)value)];

    // The file knows one unit per time.
    private static string Seconds(string duration) =>
        GoDuration.TryParse(duration, out var value, out _) ? string.Create(CultureInfo.InvariantCulture, $"{value.TotalSeconds:0.###}s") : duration;
}
