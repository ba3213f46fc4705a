using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Comptroller.Falcon.Policies;

namespace Comptroller.Falcon.Grading;

/// <summary>The verdict on one policy.</summary>
public sealed record PolicyGrade
{
    public required PolicyType Type { get; init; }

    public required string Id { get; init; }

    public string? Name { get; init; }

    public string? Platform { get; init; }

    /// <summary>True and false are verdicts; null says that nothing was asked of this policy.</summary>
    public bool? Passed { get; init; }

    /// <summary>Why the policy could not be judged by its settings; null when it was.</summary>
    public UngradableReason? Ungradable { get; init; }

    /// <summary>Every check, in the order in which it was made. One that merely confirms that the policy is enabled is counted, not listed.</summary>
    public ImmutableArray<CheckResult> Checks { get; init; } = [];

    public int ChecksCount { get; init; }

    public int FailuresCount { get; init; }

    /// <summary>Percent of checks passed, two decimals; 0 without checks.</summary>
    public double Score => Scores.Percent(ChecksCount, FailuresCount);

    public string Status => Ungradable is null ? "graded" : "ungradable";

    /// <summary>The reason as it is written in reports.</summary>
    public string? UngradableText => Ungradable switch
    {
        null => null,
        UngradableReason.NoPlatformConfig => "no_platform_config",
        UngradableReason.SettingsUnavailable => "settings_unavailable",
        _ => "malformed",
    };

    /// <summary>Whether the policy counts as failed: by its settings, or because what was to be judged could not be read.</summary>
    public bool Failed => Passed == false;
}

/// <summary>Why a policy could not be judged by its settings.</summary>
public enum UngradableReason
{
    /// <summary>The grading file asks nothing of this platform. Neither a pass nor a failure.</summary>
    NoPlatformConfig,

    /// <summary>The API did not hand out the settings. A failure: what is not seen is not compliant.</summary>
    SettingsUnavailable,

    /// <summary>The policy has a shape that the API never sends. A failure of this policy; the others are graded.</summary>
    Malformed,
}

/// <summary>One check of one setting.</summary>
/// <param name="SettingId">Id in the API, such as <c>CloudAntiMalware</c>.</param>
/// <param name="SettingName">Name in the console; the id where there is none.</param>
/// <param name="Type"><c>toggle</c>, <c>mlslider</c>, or how it is compared.</param>
/// <param name="Actual">What the policy says.</param>
/// <param name="Minimum">What the grading file asks for.</param>
/// <param name="Failures">Empty when it passed.</param>
public sealed record CheckResult(string SettingId, string SettingName, string Type, JsonNode? Actual, JsonNode? Minimum, ImmutableArray<CheckFailure> Failures)
{
    public bool Passed => Failures.IsEmpty;
}

/// <summary>One field that falls short.</summary>
/// <param name="Field">Field of the setting.</param>
/// <param name="Actual">What it holds; null for absent or null.</param>
/// <param name="Minimum">What was asked for.</param>
public sealed record CheckFailure(string Field, JsonNode? Actual, JsonNode? Minimum);
