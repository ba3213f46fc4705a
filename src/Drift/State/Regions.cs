using Comptroller.Drift.Events;

namespace Comptroller.Drift.State;

/// <summary>Where a resource is, by its own attributes. Pure.</summary>
internal static class Regions
{
    /// <summary>What is in no region: people, roles, names of domains.</summary>
    public const string Global = "global";

    public static string Of(StateResource resource)
    {
        using var document = resource.ReadAttributes();
        var attributes = document.RootElement;
        // arn:partition:service:region:account:…
        var arn = attributes.Text("arn").Split(':');
        return attributes.Text("region") is { Length: > 0 } region ? region
            : arn.Length > 3 && arn[3].Length > 0 ? arn[3]
            : Region(attributes.Text("availability_zone"), isLetter: true) is { Length: > 0 } ofZone ? ofZone
            : Region(attributes.Text("zone"), isLetter: false) is { Length: > 0 } ofGoogle ? ofGoogle
            : attributes.Text("location") is { Length: > 0 } location ? location.ToLowerInvariant() : Global;
    }

    // eu-west-1a of AWS, europe-west1-b of Google Cloud.
    private static string Region(string zone, bool isLetter) => zone.Length < 3 ? ""
        : isLetter ? char.IsAsciiLetterLower(zone[^1]) && char.IsAsciiDigit(zone[^2]) ? zone[..^1] : zone
        : zone[^2] == '-' ? zone[..^2] : "";
}
