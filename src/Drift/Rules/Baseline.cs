using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Comptroller.Drift.Comparison;
using Comptroller.Drift.Events;
using Comptroller.Drift.Lifecycle;

namespace Comptroller.Drift.Rules;

/// <summary>
/// What had drifted already when somebody began to look, and is to be mended later: each of these is quiet as long as it is what it was
/// then. Values are kept as hashes: a file in a repository must tell nobody what is in the cloud.
/// </summary>
public sealed class Baseline
{
    private readonly FrozenDictionary<string, string> _values;

    private Baseline(IEnumerable<KeyValuePair<string, string>> values) => _values = values.ToFrozenDictionary(StringComparer.Ordinal);

    public static Baseline Empty { get; } = new([]);

    public int Count => _values.Count;

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <param name="utf8">The file.</param>
    /// <param name="source">Named in errors.</param>
    /// <exception cref="FormatException">It is no baseline; says where.</exception>
    public static Baseline Read(ReadOnlyMemory<byte> utf8, string source)
    {
        try
        {
            var root = JsonElement.Parse(utf8.Span);
            if (root.Text("version") != "1" || root.Member("drifts").ValueKind != JsonValueKind.Array)
            {
                throw new FormatException($"{source}: this is no baseline; `drift scan --write-baseline FILE` writes one");
            }

            var drifts = root.Member("drifts").EnumerateArray().Select(drift => KeyValuePair.Create(drift.Text("id"), drift.Text("value"))).ToList();
            var at = drifts.FindIndex(drift => drift.Key.Length == 0);
            return at < 0 ? new Baseline(drifts.DistinctBy(drift => drift.Key, StringComparer.Ordinal)) : throw new FormatException($"{source}: drifts[{at}] has no id");
        }
        catch (JsonException e)
        {
            throw new FormatException($"{source}:{(e.LineNumber ?? 0) + 1}: this is not JSON: {e.Message}", e);
        }
    }

    /// <summary>Writes findings as a baseline, in an order that does not change by itself.</summary>
    public static void Write(IEnumerable<Finding> findings, Stream into)
    {
        using var writer = new Utf8JsonWriter(into, new JsonWriterOptions { Indented = true });
        writer.WriteStartObject();
        writer.WriteNumber("version", 1);
        writer.WriteStartArray("drifts");
        foreach (var finding in findings.OrderBy(finding => finding.Title, StringComparer.Ordinal).ThenBy(finding => finding.Attribute, StringComparer.Ordinal))
        {
            writer.WriteStartObject();
            writer.WriteString("id", DriftKey.Of(finding).Value);
            writer.WriteString("about", $"{finding.Title}: {finding.Attribute}");
            writer.WriteString("value", Hash(finding));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    /// <summary>Whether a finding is one of these, with the value it had.</summary>
    public bool Holds(Finding finding) => _values.Count > 0 && _values.TryGetValue(DriftKey.Of(finding).Value, out var value) && value == Hash(finding);

    // The new value: what the world had. Of what is hidden even the hash would be one of the hiding.
    private static string Hash(Finding finding) =>
        finding.New.ValueKind == JsonValueKind.Undefined ? "" : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(finding.New.GetRawText())).AsSpan(0, 12));
}
