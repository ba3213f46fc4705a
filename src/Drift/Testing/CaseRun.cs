using System.Collections.Immutable;
using System.Text.Json;
using Comptroller.Drift.Comparison;
using Comptroller.Drift.Events;
using Comptroller.Drift.Scanning;

namespace Comptroller.Drift.Testing;

/// <summary>Runs cases.</summary>
public static class CaseRun
{
    private delegate Task<JsonElement> Rule(JsonElement input, CancellationToken cancellationToken);

    private static readonly Dictionary<string, Rule> Rules = new(StringComparer.Ordinal)
    {
        ["falco_alert"] = AlertCases.RunAsync,
        ["scan"] = ScanCases.RunAsync,
        ["state"] = StateCases.RunAsync,
        ["values_equal"] = (input, _) => Task.FromResult(ValuesEqual(input)),
        ["scan_exit_code"] = (input, _) => Task.FromResult(ExitCode(input)),
    };

    // They need a server, or another tool's configuration.
    private static readonly string[] Elsewhere = ["api_blackbox", "config_load"];

    /// <summary>Every kind of case that is run here.</summary>
    public static IReadOnlyCollection<string> Kinds => Rules.Keys;

    public static async Task<CaseResult> RunAsync(DriftCase test, CancellationToken cancellationToken)
    {
        if (Elsewhere.Contains(test.Kind, StringComparer.Ordinal))
        {
            return new CaseResult(test, [], IsSkipped: true);
        }

        if (!Rules.TryGetValue(test.Kind, out var rule))
        {
            return new CaseResult(test, [new CaseDifference("kind", $"one of {string.Join(", ", Rules.Keys)}", test.Kind)], IsSkipped: false);
        }

        JsonElement answer;
        try
        {
            answer = await rule(test.Input, cancellationToken);
        }
        catch (Exception e) when (e is FormatException or JsonException or InvalidOperationException)
        {
            answer = Shapes.Write(writer =>
            {
                writer.WriteStartObject();
                writer.WriteString("error", e.Message);
                writer.WriteEndObject();
            });
        }

        return new CaseResult(test, new Expectation(test.IsDesired).Differences(test.Wanted, answer), IsSkipped: false);
    }

    private static JsonElement ValuesEqual(JsonElement input)
    {
        // Without a schema a list keeps its order and a text its words.
        var (left, right) = (input.Member("A"), input.Member("B"));
        return Shapes.Write(writer =>
        {
            writer.WriteStartObject();
            writer.WriteBoolean("strict", Values.Same(left, right));
            writer.WriteBoolean("case_insensitive", Values.Same(left, right, Sameness.AnyCase));
            writer.WriteEndObject();
        });
    }

    private static JsonElement ExitCode(JsonElement input)
    {
        var hasFailed = input.Member("error").ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null or JsonValueKind.False);
        var total = input.Member("total") is { ValueKind: JsonValueKind.Number } number ? number.GetInt32() : 0;
        var fails = input.Member("fail_on_drift").ValueKind != JsonValueKind.False;
        return Shapes.Write(writer =>
        {
            writer.WriteStartObject();
            writer.WriteNumber("exit_code", hasFailed ? ScanExitCode.Error : ScanExitCode.Counted(total, fails));
            writer.WriteEndObject();
        });
    }
}

/// <summary>The outcome of one case.</summary>
/// <param name="Case">The case.</param>
/// <param name="Differences">What was found otherwise than wanted.</param>
/// <param name="IsSkipped">It is none of those that run here.</param>
public sealed record CaseResult(DriftCase Case, ImmutableArray<CaseDifference> Differences, bool IsSkipped)
{
    public bool Passed => !IsSkipped && Differences.IsEmpty;
}

/// <summary>One answer that differs.</summary>
public sealed record CaseDifference(string Field, string Expected, string Actual);
