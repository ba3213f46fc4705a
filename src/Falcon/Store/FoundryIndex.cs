using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Comptroller.Falcon.Hosts;
using Comptroller.Falcon.Policies;

namespace Comptroller.Falcon.Store;

/// <summary>What the object <c>current</c> says.</summary>
/// <param name="Id">What each part of the run carries, in its key and in itself.</param>
/// <param name="Replaced">The run that was the current one before; null when there was none.</param>
/// <param name="Audited">Types that the run was about.</param>
/// <param name="Policies">Objects with policies.</param>
/// <param name="Hosts">Objects with hosts.</param>
/// <param name="Trust">Score of the customer; null when it was not asked for.</param>
/// <param name="Runs">Figures of the newest runs, this one last.</param>
internal sealed record FoundryIndex(string Id, string? Replaced, ImmutableArray<PolicyType> Audited, int Policies, int Hosts, TenantTrust? Trust, ImmutableArray<StoredRun> Runs)
{
    /// <summary>What the keys of every run begin with.</summary>
    public const string Prefix = "run-";

    private const string Stamp = "yyyyMMdd'T'HHmmss'Z'";
    private const int Length = 4 + 16 + 1 + 12;

    /// <summary>A name that no other writer gives: <c>run-20260301T120000Z-0123456789ab</c>.</summary>
    public static string NewId(DateTimeOffset started) =>
        $"{Prefix}{started.UtcDateTime.ToString(Stamp, CultureInfo.InvariantCulture)}-{Guid.NewGuid().ToString("N")[..12]}";

    /// <summary>The run that a key is of; null for the key of something else.</summary>
    public static string? RunOf(string key) => key.Length > Length && key[Length] == '-' && StartOf(key[..Length]) is not null ? key[..Length] : null;

    /// <summary>When a run started, by its name; null when that is none.</summary>
    public static DateTimeOffset? StartOf(string run) => run.Length == Length && run.StartsWith(Prefix, StringComparison.Ordinal)
        && DateTimeOffset.TryParseExact(run.AsSpan(Prefix.Length, 16), Stamp, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var started) ? started : null;

    public void Write(Utf8JsonWriter json, int version)
    {
        json.WriteStartObject();
        json.WriteNumber("version", version);
        json.WriteString("run", Id);
        json.WriteString("replaced", Replaced);
        json.WriteString("audited", string.Join(',', Audited.Select(type => type.Key)));
        json.WriteNumber("policies", Policies);
        json.WriteNumber("hosts", Hosts);
        Trust?.WriteTo(json);
        json.WriteStartArray("runs");
        foreach (var run in Runs)
        {
            JsonSerializer.Serialize(json, run, FalconJson.Default.StoredRun);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Null when it is none.</summary>
    public static FoundryIndex? Read(JsonElement json, int version)
    {
        try
        {
            if (Count(json, "version") != version || json.Text("run") is not { } id || StartOf(id) is null)
            {
                return null;
            }

            var index = new FoundryIndex(
                id,
                json.Text("replaced"),
                [.. (json.Text("audited") ?? "").Split(',').Select(name => PolicyType.TryParse(name, out var type) ? type : null).OfType<PolicyType>()],
                Count(json, "policies"),
                Count(json, "hosts"),
                json.Field("zero_trust") is { } trust ? TenantTrust.Read(trust) : null,
                [.. json.Items("runs").Select(run => run.Deserialize(FalconJson.Default.StoredRun)).OfType<StoredRun>()]);
            return index is { Policies: >= 0, Hosts: >= 0, Runs.Length: > 0 } ? index : null;
        }
        // Half a surrogate in a text is no JSON that is wrong, but an operation that is not valid.
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    private static int Count(JsonElement json, string name) => json.Field(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt32(out var number) ? number : -1;
}
