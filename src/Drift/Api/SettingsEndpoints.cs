using System.Collections.Immutable;
using System.Text.Json;
using Comptroller.Drift.Api.Access;
using Comptroller.Drift.Comparison;
using Comptroller.Drift.Rules;
using Comptroller.Drift.State.Backends;

namespace Comptroller.Drift.Api;

/// <summary>What the watch was told to do. Secrets are in files, which are named and never read here; addresses lose what could be a secret.</summary>
internal sealed class SettingsEndpoints(WatchView view)
{
    public IEnumerable<Route> Routes =>
    [
        new("GET", "/api/v1/config", Scopes.Read, "The configuration, without secrets", (_, _) => Task.FromResult(Config())) { Data = "Config" },
        new("GET", "/api/v1/rules", Scopes.Read, "Rules, what is ignored, and maintenance windows", (_, _) => Task.FromResult(Rules())) { Data = "Rules" },
        new("GET", "/api/v1/version", Scopes.None, "The version", (_, _) => Task.FromResult(Version())) { Data = "Version" },
        new("GET", "/version", Scopes.None, "The same, where the replaced tool had it", (_, _) => Task.FromResult(Version())) { Data = "Version" },
    ];

    private ApiAnswer Version() => ApiAnswer.Of(json =>
    {
        json.WriteStartObject();
        json.WriteString("version", view.Version);
        json.WriteEndObject();
    });

    private ApiAnswer Config() => ApiAnswer.Of(json =>
    {
        var config = view.Config;
        json.WriteStartObject();
        json.WriteStartArray("states");
        foreach (var state in config.States)
        {
            json.WriteStringValue(HttpStateSource.Shown(state.Address));
        }

        json.WriteEndArray();
        json.WriteNumber("refresh_interval_seconds", config.RefreshInterval.TotalSeconds);
        json.WriteNumber("grace_period_seconds", config.GracePeriod.TotalSeconds);
        json.WriteNumber("retention_seconds", config.Retention.TotalSeconds);
        json.WriteNumber("queue", config.Queue);
        json.WriteStartObject("authentication");
        json.WriteBoolean("intake_token", config.TokenFile is not null);
        json.WriteBoolean("client_certificates", config.Tls?.ClientCaFile is not null);
        json.WriteBoolean("admin_token", config.Api.AdminTokenFile is not null);
        json.WriteString("jwt_issuer", config.Api.Jwt?.Issuer);
        json.WriteString("jwt_audience", config.Api.Jwt?.Audience);
        Texts(json, "anonymous", view.Doorkeeper.Anonymous.List());
        json.WriteEndObject();
        json.WriteBoolean("tls", config.Tls is not null);
        json.WriteStartObject("rate_limit");
        json.WriteNumber("per_minute", config.Api.RateLimit.PerMinute);
        json.WriteNumber("burst", config.Api.RateLimit.Burst);
        json.WriteEndObject();
        Texts(json, "trusted_proxies", config.Api.TrustedProxies.Select(network => network.ToString()));
        Texts(json, "cors_origins", config.Api.CorsOrigins);
        json.WriteStartArray("channels");
        foreach (var channel in config.Notifications.Channels)
        {
            json.WriteStartObject();
            json.WriteString("name", channel.Name);
            json.WriteString("type", channel.Type.ToString().ToLowerInvariant());
            json.WriteString("host", channel.Url?.Host);
            json.WriteBoolean("signed", channel.SecretFile is not null);
            json.WriteString("severity", channel.Severity.Name());
            Patterns(json, "types", channel.Types);
            Texts(json, "kinds", channel.Kinds.Select(kind => kind.Name()));
            json.WriteBoolean("resolved", channel.Resolved);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });

    private ApiAnswer Rules() => ApiAnswer.Of(json =>
    {
        var rules = view.Config.Rules;
        json.WriteStartObject();
        json.WriteStartArray("rules");
        foreach (var rule in rules.Rules)
        {
            json.WriteStartObject();
            json.WriteString("name", rule.Name);
            Patterns(json, "types", rule.Types);
            Patterns(json, "attributes", rule.Attributes);
            json.WriteString("severity", rule.Severity.Name());
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("ignore");
        foreach (var ignore in rules.Ignore)
        {
            json.WriteStartObject();
            json.WriteString("name", ignore.Name);
            Patterns(json, "types", ignore.Types);
            Patterns(json, "addresses", ignore.Addresses);
            Patterns(json, "attributes", ignore.Attributes);
            Patterns(json, "actors", ignore.Actors);
            Texts(json, "kinds", ignore.Kinds.Select(kind => kind.Name()));
            Texts(json, "tags", ignore.Tags);
            ApiJson.Time(json, "until", ignore.Until);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("windows");
        foreach (var window in rules.Windows)
        {
            json.WriteStartObject();
            json.WriteString("name", window.Name);
            ApiJson.Time(json, "from", window.From);
            ApiJson.Time(json, "to", window.To);
            Texts(json, "days", window.Days.Select(day => day.ToString()));
            if (window.From is null)
            {
                json.WriteString("start", window.Start.ToString("HH:mm", System.Globalization.CultureInfo.InvariantCulture));
                json.WriteString("end", window.End.ToString("HH:mm", System.Globalization.CultureInfo.InvariantCulture));
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartObject("iac");
        Patterns(json, "actors", rules.Iac.Actors);
        Patterns(json, "user_agents", rules.Iac.UserAgents);
        json.WriteBoolean("require_both", rules.Iac.RequireBoth);
        json.WriteEndObject();
        json.WriteEndObject();
    });

    private static void Patterns(Utf8JsonWriter json, string name, ImmutableArray<Wildcard> patterns) => Texts(json, name, patterns.Select(pattern => pattern.Pattern));

    private static void Texts(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }
}
