using System.Text.Json.Serialization;
using Comptroller.Crds.Schema;

namespace Comptroller.Crds;

/// <summary>Alert rules over the shipped events.</summary>
public sealed record Alerts
{
    /// <summary>Rules with every default. Generated JSON code knows defaults that are not null from here only.</summary>
    [JsonConstructor]
    public Alerts(bool enabled = true) => Enabled = enabled;

    /// <summary>Whether a VMRule is rendered.</summary>
    public bool Enabled { get; init; }

    /// <summary>How often the rules are evaluated, and how far back each evaluation looks; at least 10s.</summary>
    [Duration(AtLeast = "10s")]
    public string Interval { get; init => field = value ?? "1m"; } = "1m";

    /// <summary>
    /// How far evaluation stays behind the clock, so that events still on their way are counted. Longer than shipping takes.
    /// </summary>
    [Duration]
    public string EvalDelay { get; init => field = value ?? "15s"; } = "15s";

    /// <summary>
    /// Labels of the VMRule object. The VMAlert that queries VictoriaLogs selects its rules by them; it must not be the VMAlert that
    /// queries metrics.
    /// </summary>
    [Entries(32, maxLength: 63)]
    public IReadOnlyDictionary<string, string> Labels { get; init => field = value ?? None; } = None;

    /// <summary>
    /// User names that may read Secrets without raising an alert, compared exactly, such as
    /// "system:serviceaccount:flux-system:kustomize-controller". List service accounts one by one: a stolen token is the common
    /// case, so none is exempt by its kind.
    /// </summary>
    [SetList, Items(256, MaxLength = 512, MinLength = 1)]
    public IReadOnlyList<string> SecretReaders { get; init => field = value ?? []; } = [];

    private static readonly IReadOnlyDictionary<string, string> None = new Dictionary<string, string>();
}
