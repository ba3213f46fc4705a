using System.Text.Json;
using Comptroller.Falcon.Policies;

namespace Comptroller.Falcon.Grading;

/// <summary>How one value is held against another. An unknown value never passes.</summary>
public static class Comparison
{
    private static readonly string[] SliderLevels = ["DISABLED", "CAUTIOUS", "MODERATE", "AGGRESSIVE", "EXTRA_AGGRESSIVE"];

    /// <summary>Machine-learning levels: at least the minimum. Case does not matter, surrounding blanks do.</summary>
    public static bool SliderMeets(JsonElement actual, JsonElement minimum) =>
        SliderRank(actual) is >= 0 and var rank && SliderRank(minimum) is >= 0 and var least && rank >= least;

    /// <summary>A switch: on where on is asked for. An object is judged by its <c>enabled</c>.</summary>
    /// <exception cref="MalformedPolicyException">A list stands where a switch is expected.</exception>
    public static bool ToggleMeets(JsonElement actual, JsonElement minimum) => ToggleRank(actual) >= ToggleRank(minimum);

    /// <summary>Sensor build tiers: <c>n</c> over <c>n-1</c> over <c>n-2</c> over pinned over other; disabled never suffices.</summary>
    public static bool BuildTierMeets(string? actual, string? minimum) =>
        TierRank(actual) is >= 0 and var rank && TierRank(minimum) is >= 0 and var least && rank >= least;

    /// <summary>What an update policy's <c>settings.build</c> says: <c>n</c>, <c>n-1</c>, <c>n-2</c>, Pinned, Other or Disabled.</summary>
    public static string BuildTier(JsonElement? build)
    {
        if (build is not { ValueKind: JsonValueKind.String } text)
        {
            return build is null or { ValueKind: JsonValueKind.Null or JsonValueKind.Undefined } ? "Disabled" : throw new PolicyNode(build.Value, "settings.build").Wrong("a text");
        }

        var parts = text.GetString()!.Split('|');
        if (parts.Length == 1)
        {
            return parts[0].Length == 0 ? "Disabled" : "Pinned";
        }

        var tier = parts[1].Trim().ToLowerInvariant();
        return tier is "n" or "n-1" or "n-2" ? tier : "Other";
    }

    /// <summary>Exact equality; text by case. The API has sent 1 for true.</summary>
    public static bool Same(JsonElement actual, JsonElement wanted)
    {
        if (actual.ValueKind == JsonValueKind.String || wanted.ValueKind == JsonValueKind.String)
        {
            return actual.ValueKind == wanted.ValueKind && actual.GetString() == wanted.GetString();
        }

        return Number(actual) is { } left && Number(wanted) is { } right ? left.Equals(right) : JsonElement.DeepEquals(actual, wanted);
    }

    private static double? Number(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True => 1,
        JsonValueKind.False => 0,
        JsonValueKind.Number => value.GetDouble(),
        _ => null,
    };

    private static int SliderRank(JsonElement level) =>
        level.ValueKind == JsonValueKind.String ? Array.IndexOf(SliderLevels, level.GetString()!.ToUpperInvariant()) : -1;

    private static int ToggleRank(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True => 1,
        JsonValueKind.Number => value.GetDouble() == 1 ? 1 : 0,
        JsonValueKind.String => value.ValueEquals("true") ? 1 : 0,
        JsonValueKind.Object => value.TryGetProperty("enabled", out var enabled) ? enabled.ValueKind is JsonValueKind.Object ? throw Wrong(enabled) : ToggleRank(enabled) : 0,
        JsonValueKind.Array => throw Wrong(value),
        _ => 0,
    };

    private static MalformedPolicyException Wrong(JsonElement value) => new PolicyNode(value, "value").Wrong("a switch");

    private static int TierRank(string? tier) => tier?.ToLowerInvariant() switch
    {
        "other" => 0,
        "pinned" => 1,
        "n-2" => 2,
        "n-1" => 3,
        "n" => 4,
        _ => -1,
    };
}
