using System.Collections.Frozen;

namespace Comptroller.Falcon.Api;

/// <summary>Where the API of a region is.</summary>
public static class FalconCloud
{
    private static readonly FrozenDictionary<string, string> Hosts = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["us1"] = "api.crowdstrike.com",
        ["us2"] = "api.us-2.crowdstrike.com",
        ["us3"] = "api.us-3.crowdstrike.com",
        ["eu1"] = "api.eu-1.crowdstrike.com",
        ["usgov1"] = "api.laggar.gcw.crowdstrike.com",
        ["gov1"] = "api.laggar.gcw.crowdstrike.com",
        ["usgov2"] = "api.us-gov-2.crowdstrike.mil",
        ["gov2"] = "api.us-gov-2.crowdstrike.mil",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Names that people write, in any case, with or without dashes.</summary>
    public const string Names = "us-1, us-2, us-3, eu-1, us-gov-1, us-gov-2";

    /// <summary>The address of a region name, or of a URL as it is.</summary>
    /// <exception cref="FormatException">Neither; a guess would send credentials to a stranger.</exception>
    public static Uri Resolve(string text)
    {
        if (text.Contains("://", StringComparison.Ordinal))
        {
            return Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "https" or "http" && url.UserInfo.Length == 0
                && (url.Scheme == "https" || url.IsLoopback || !url.Host.EndsWith("crowdstrike.com", StringComparison.OrdinalIgnoreCase))
                ? new Uri(url.GetLeftPart(UriPartial.Path).TrimEnd('/') + "/")
                : throw new FormatException(SecretArguments.HoldsCredentials(text) ? "the address of the Falcon API holds credentials: write https://host, without them"
                    : $"\"{text}\" is not an address of the Falcon API: write https://host");
        }

        return OfRegion(text) ?? throw new FormatException($"\"{text}\" is not a Falcon cloud: write one of {Names}, or a URL");
    }

    /// <summary>The address of a region as <c>X-Cs-Region</c> names it; null when it is unknown.</summary>
    public static Uri? OfRegion(string region) =>
        Hosts.TryGetValue(region.Trim().Replace("-", "", StringComparison.Ordinal).ToLowerInvariant(), out var host) ? new Uri($"https://{host}/") : null;

    /// <summary>Government clouds neither send tenants elsewhere nor take them over.</summary>
    public static bool IsGovernment(Uri address) =>
        address.Host.EndsWith(".gcw.crowdstrike.com", StringComparison.OrdinalIgnoreCase) || address.Host.EndsWith(".mil", StringComparison.OrdinalIgnoreCase);
}
