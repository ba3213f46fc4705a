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

    /// <summary>How often the rules are evaluated; 10s to 5m, the window of the rules that count bursts.</summary>
    [Duration(AtLeast = "10s", AtMost = "5m")]
    public string Interval { get; init => field = value ?? "1m"; } = "1m";

    /// <summary>
    /// How far evaluation stays behind the clock, so that events still on their way are counted: longer than shipping takes, at
    /// most 1h.
    /// </summary>
    [Duration(AtMost = "1h")]
    public string EvalDelay { get; init => field = value ?? "15s"; } = "15s";

    /// <summary>
    /// Labels of the VMRule object. The VMAlert that queries VictoriaLogs selects its rules by them; it must not be the VMAlert that
    /// queries metrics.
    /// </summary>
    [Entries(32, maxLength: 63, Pattern = "^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$")]
    public IReadOnlyDictionary<string, string> Labels { get; init => field = value ?? None; } = None;

    /// <summary>
    /// User names whose secret reads, RBAC changes and interactive sessions are expected and raise no alert, compared exactly, such
    /// as "system:serviceaccount:flux-system:kustomize-controller". Every name is a blind spot: list what cannot be done without.
    /// </summary>
    [SetList, Items(256, MaxLength = 512, MinLength = 1)]
    public IReadOnlyList<string> AllowedUsers { get; init => field = value ?? []; } = [];

    /// <summary>
    /// Also alerts when a service account outside kube-system that is not in allowedUsers reads Secrets. Stolen service account
    /// tokens are the common case, but expect noise until the list is complete.
    /// </summary>
    public bool WatchServiceAccounts { get; init; }

    private static readonly IReadOnlyDictionary<string, string> None = new Dictionary<string, string>();
}
