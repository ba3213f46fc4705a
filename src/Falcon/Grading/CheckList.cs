using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.Falcon.Policies;

namespace Comptroller.Falcon.Grading;

/// <summary>Collects the checks of one policy.</summary>
internal sealed class CheckList(PolicyType type, string id, string? name, string? platform)
{
    private readonly ImmutableArray<CheckResult>.Builder _checks = ImmutableArray.CreateBuilder<CheckResult>();
    private int _silent;

    /// <summary>A check that passed and is only counted.</summary>
    public void Confirm() => _silent++;

    public void Add(CheckResult check) => _checks.Add(check);

    public void Add(string setting, string type, JsonNode? actual, JsonNode? minimum, bool passed) =>
        Add(new CheckResult(setting, setting, type, actual, minimum, passed ? [] : [new CheckFailure(setting, actual?.DeepClone(), minimum?.DeepClone())]));

    /// <summary>A required setting that the policy does not have.</summary>
    public void Missing(string setting, string type, JsonNode? minimum) =>
        Add(new CheckResult(setting, setting, type, null, minimum, [new CheckFailure("setting", JsonValue.Create("MISSING"), minimum?.DeepClone())]));

    /// <summary>The policy itself: counted when asked for; where nothing is said of it, a disabled policy is still a finding.</summary>
    public void Enabled(PolicyNode policy, JsonElement? required, bool countWhenFalse)
    {
        var on = policy.IsOn("enabled");
        var silence = required is null or { ValueKind: JsonValueKind.Null };
        var asked = silence || PolicyNode.IsTruthy(required!.Value);
        if (asked && !on)
        {
            Add("enabled", "toggle", policy.Raw("enabled") ?? JsonValue.Create(false), JsonValue.Create(true), passed: false);
        }
        else if (silence ? countWhenFalse : asked || countWhenFalse)
        {
            Confirm();
        }
    }

    public PolicyGrade Grade()
    {
        var checks = _checks.ToImmutable();
        var failures = checks.Count(check => !check.Passed);
        return Verdict(failures == 0) with { Checks = checks, ChecksCount = checks.Length + _silent, FailuresCount = failures };
    }

    public PolicyGrade Ungradable() => Verdict(null) with { Ungradable = UngradableReason.NoPlatformConfig };

    /// <summary>What was to be judged could not be read: one failed check, score 0.</summary>
    public PolicyGrade Unreadable(UngradableReason reason, string setting, string actual, string wanted)
    {
        var failure = new CheckFailure(setting, JsonValue.Create(actual), JsonValue.Create(wanted));
        return Verdict(false) with
        {
            Ungradable = reason,
            Checks = [new CheckResult(setting, setting, "shape", JsonValue.Create(actual), JsonValue.Create(wanted), [failure])],
            ChecksCount = 1,
            FailuresCount = 1,
        };
    }

    private PolicyGrade Verdict(bool? passed) => new() { Type = type, Id = id, Name = name, Platform = platform, Passed = passed };
}
