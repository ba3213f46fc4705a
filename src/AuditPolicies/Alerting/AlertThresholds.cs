using System.Globalization;
using Comptroller.AuditPolicies.Rendering;

namespace Comptroller.AuditPolicies.Alerting;

/// <summary>From how much on something is reported. What is only a matter of yes or no has no threshold.</summary>
public sealed record AlertThresholds
{
    /// <summary>Window over which bursts, failures and volume are counted.</summary>
    public TimeSpan BurstWindow { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a cluster may send nothing.</summary>
    public TimeSpan SilentAfter { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>More 401 responses than this per window are reported, whatever addresses they come from.</summary>
    public int AuthenticationFailures { get; init; } = 10;

    /// <summary>More 403 responses than this per window are reported; per user where the events can be asked.</summary>
    public int ForbiddenRequests { get; init; } = 10;

    /// <summary>A larger share of failed requests is reported, in percent.</summary>
    public int FailurePercent { get; init; } = 10;

    /// <summary>The share is not judged below this many requests per window.</summary>
    public int FailureMinimum { get; init; } = 200;

    /// <summary>A window with this many times more, or fewer, requests than the twelve windows before it had on average is reported.</summary>
    public int VolumeFactor { get; init; } = 5;

    /// <summary>Volume is not judged while both the window and that average are below this many requests.</summary>
    public int VolumeMinimum { get; init; } = 500;

    /// <summary>Everything that cannot be rendered; empty when all is well.</summary>
    internal IEnumerable<OptionError> Check()
    {
        foreach (var (field, span) in new[] { ("burstWindow", BurstWindow), ("silentAfter", SilentAfter) })
        {
            if (span < TimeSpan.FromSeconds(10) || span > TimeSpan.FromDays(1))
            {
                yield return new OptionError($"thresholds.{field}", $"{span} must lie between 10 seconds and one day");
            }
        }

        foreach (var (field, value, least, most) in new[]
        {
            ("authenticationFailures", AuthenticationFailures, 0, 1_000_000),
            ("forbiddenRequests", ForbiddenRequests, 0, 1_000_000),
            ("failurePercent", FailurePercent, 1, 99),
            ("failureMinimum", FailureMinimum, 0, 1_000_000_000),
            ("volumeFactor", VolumeFactor, 2, 1000),
            ("volumeMinimum", VolumeMinimum, 1, 1_000_000_000),
        })
        {
            if (value < least || value > most)
            {
                yield return new OptionError($"thresholds.{field}", string.Create(CultureInfo.InvariantCulture, $"{value} must lie between {least} and {most}"));
            }
        }
    }
}
