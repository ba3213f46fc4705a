using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.Drift.Api.Access;
using Comptroller.Drift.Rules;

namespace Comptroller.Drift.Configuration;

/// <summary>The sections about who is served and who is told.</summary>
public sealed partial class DriftConfigReader
{
    private TlsConfig? Tls(JsonNode? node)
    {
        var section = Section(node, "tls", "certificateFile", "keyFile", "clientCAFile");
        return Required(section, "tls", "certificateFile") is { } certificate && Required(section, "tls", "keyFile") is { } key
            ? new TlsConfig(certificate, key, Text(section, "tls", "clientCAFile")) : null;
    }

    private ApiConfig Api(JsonNode? node)
    {
        var section = Section(node, "api", "adminTokenFile", "anonymous", "jwt", "rateLimit", "trustedProxies", "corsOrigins", "streams");
        var defaults = new ApiConfig();
        return new ApiConfig
        {
            AdminTokenFile = Text(section, "api", "adminTokenFile"),
            Anonymous = section?["anonymous"] is null ? null : Granted(Texts(section, "api", "anonymous"), "api.anonymous"),
            Jwt = Jwt(section?["jwt"]),
            RateLimit = RateLimit(section?["rateLimit"]),
            TrustedProxies = Networks(section, "api", "trustedProxies"),
            CorsOrigins = [.. Texts(section, "api", "corsOrigins").Where(IsOrigin)],
            Streams = Whole(section, "api", "streams", defaults.Streams, 1, 100_000),
        };
    }

    private JwtConfig? Jwt(JsonNode? node)
    {
        const string Path = "api.jwt";
        var section = Section(node, Path, "issuer", "audience", "secretFiles", "keysFile", "publicKeyFiles", "scopeClaim", "leeway");
        if (section is null)
        {
            return null;
        }

        var (issuer, audience) = (Required(section, Path, "issuer"), Required(section, Path, "audience"));
        var defaults = new JwtConfig { Issuer = issuer ?? "", Audience = audience ?? "" };
        var config = defaults with
        {
            SecretFiles = Texts(section, Path, "secretFiles"),
            KeysFile = Text(section, Path, "keysFile"),
            PublicKeyFiles = Texts(section, Path, "publicKeyFiles"),
            ScopeClaim = Text(section, Path, "scopeClaim") ?? defaults.ScopeClaim,
            Leeway = Duration(section, Path, "leeway", defaults.Leeway, TimeSpan.Zero),
        };
        if (config.SecretFiles.IsEmpty && config.PublicKeyFiles.IsEmpty && config.KeysFile is null)
        {
            Problem(Path, "which keys? Give secretFiles, publicKeyFiles or keysFile");
        }

        if (config.Leeway > TimeSpan.FromMinutes(10))
        {
            Problem("api.jwt.leeway", "clocks more than 10m apart want mending, not leeway");
        }

        return config;
    }

    private RateLimitConfig RateLimit(JsonNode? node)
    {
        var section = Section(node, "api.rateLimit", "perMinute", "burst");
        var defaults = new RateLimitConfig();
        return new RateLimitConfig
        {
            PerMinute = Whole(section, "api.rateLimit", "perMinute", defaults.PerMinute, 0, 10_000_000),
            Burst = Whole(section, "api.rateLimit", "burst", defaults.Burst, 1, 1_000_000),
        };
    }

    private NotificationConfig Notifications(JsonNode? node)
    {
        const string Path = "notifications";
        var section = Section(node, Path, "groupWindow", "giveUpAfter", "allowedNetworks", "channels");
        var defaults = new NotificationConfig();
        var channels = List(section, Path, "channels", Channel);
        foreach (var twice in channels.GroupBy(channel => channel.Name, StringComparer.Ordinal).Where(group => group.Count() > 1))
        {
            Problem("notifications.channels", $"two channels are called \"{twice.Key}\"; dead letters would not tell which");
        }

        return new NotificationConfig
        {
            GroupWindow = Duration(section, Path, "groupWindow", defaults.GroupWindow, TimeSpan.Zero),
            GiveUpAfter = Duration(section, Path, "giveUpAfter", defaults.GiveUpAfter, TimeSpan.FromSeconds(1)),
            AllowedNetworks = Networks(section, Path, "allowedNetworks"),
            Channels = channels,
        };
    }

    private ChannelConfig? Channel(JsonNode? node, string path)
    {
        var section = Section(node, path, "name", "type", "url", "urlFile", "secretFile", "tokenFile", "severity", "types", "kinds", "resolved");
        var (name, typeName, severityName) = (Required(section, path, "name"), Required(section, path, "type"), Text(section, path, "severity"));
        if (!Enum.TryParse<ChannelType>(typeName, ignoreCase: true, out var type) || !Enum.IsDefined(type) || char.IsAsciiDigit(typeName![0]))
        {
            Problem(Below(path, "type"), $"\"{typeName}\" is none of slack, discord, teams, webhook, alertmanager");
        }

        if (severityName is not null && Severities.Parse(severityName) is null)
        {
            Problem(Below(path, "severity"), $"\"{severityName}\" is none of {Severities.Names}");
        }

        var (url, urlFile) = (Url(Text(section, path, "url"), Below(path, "url")), Text(section, path, "urlFile"));
        if (section?["url"] is null == (urlFile is null))
        {
            Problem(path, "a channel has either url or urlFile");
        }
        else if (url is not null && type is ChannelType.Slack or ChannelType.Discord or ChannelType.Teams)
        {
            Problem(Below(path, "url"), "whoever has this address can post; keep it in a file and name that in urlFile");
        }

        if (section?["secretFile"] is not null && type != ChannelType.Webhook)
        {
            Problem(Below(path, "secretFile"), "only a webhook is signed");
        }

        return new ChannelConfig
        {
            Name = name ?? "",
            Type = type,
            Url = url,
            UrlFile = urlFile,
            SecretFile = Text(section, path, "secretFile"),
            TokenFile = Text(section, path, "tokenFile"),
            Severity = Severities.Parse(severityName ?? "") ?? Severity.Low,
            Types = Wildcards(section, path, "types"),
            Kinds = [.. Texts(section, path, "kinds").Select(kind => Kind(kind, $"{path}.kinds"))],
            Resolved = section?["resolved"] is null || Flag(section, path, "resolved"),
        };
    }

    private Uri? Url(string? text, string path)
    {
        if (text is null)
        {
            return null;
        }

        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
        {
            Problem(path, "must begin with http:// or https://");
            return null;
        }

        if (url.UserInfo.Length > 0)
        {
            Problem(path, "holds a password; use urlFile or tokenFile");
        }

        return url;
    }

    private Scopes Granted(ImmutableArray<string> names, string path)
    {
        var granted = Scopes.None;
        foreach (var name in names)
        {
            if (ScopeNames.Parse(name) is { } scope)
            {
                granted |= scope;
            }
            else
            {
                Problem(path, $"\"{name}\" is none of {ScopeNames.All}");
            }
        }

        return granted;
    }

    private ImmutableArray<IPNetwork> Networks(JsonObject? section, string path, string key)
    {
        var networks = ImmutableArray.CreateBuilder<IPNetwork>();
        foreach (var text in Texts(section, path, key))
        {
            if (IPNetwork.TryParse(text, out var network))
            {
                networks.Add(network);
            }
            else if (IPAddress.TryParse(text, out var address))
            {
                networks.Add(new IPNetwork(address, address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? 32 : 128));
            }
            else
            {
                Problem(Below(path, key), $"\"{text}\" is no network; write 10.0.0.0/8");
            }
        }

        return networks.ToImmutable();
    }

    private bool IsOrigin(string text)
    {
        // "*" together with credentials would hand every page what its visitor may read.
        var isOrigin = Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.GetLeftPart(UriPartial.Authority) == text;
        if (!isOrigin)
        {
            Problem("api.corsOrigins", $"\"{text}\" is no origin; write https://drift.example.com, without a path and without *");
        }

        return isOrigin;
    }

    private int Whole(JsonObject? section, string path, string key, int fallback, int least, int most)
    {
        if (section?[key] is not { } node)
        {
            return fallback;
        }

        if (node.GetValueKind() == JsonValueKind.Number && int.TryParse(node.ToJsonString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most)
        {
            return number;
        }

        Problem(Below(path, key), $"must be a whole number from {least} to {most}");
        return fallback;
    }

    private TimeSpan Duration(JsonObject? section, string path, string key, TimeSpan fallback, TimeSpan least)
    {
        if (section?[key] is not { } node)
        {
            return fallback;
        }

        if (node.GetValueKind() == JsonValueKind.String && Span(node.GetValue<string>()) is { } span && span >= least)
        {
            return span;
        }

        Problem(Below(path, key), $"must be a time such as 30s, 5m, 12h or 90d{(least > TimeSpan.Zero ? $", at least {least.TotalSeconds:0}s" : "")}");
        return fallback;
    }
}
