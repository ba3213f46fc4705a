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

    /// <summary>How often the rules are evaluated, from 10s to 1h.</summary>
    [Duration(AtLeast = "10s", AtMost = "1h")]
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
    /// User names that may read Secrets without raising an alert, compared exactly, such as
    /// "system:serviceaccount:flux-system:kustomize-controller". List service accounts one by one: a stolen token is the common
    /// case, so none is exempt by its kind but the controllers of kube-controller-manager.
    /// </summary>
    [SetList, Items(256, MaxLength = 512, MinLength = 1)]
    public IReadOnlyList<string> SecretReaders { get; init => field = value ?? []; } = [];

    /// <summary>User names that may change roles and bindings without raising an alert, such as a delivery tool.</summary>
    [SetList, Items(256, MaxLength = 512, MinLength = 1)]
    public IReadOnlyList<string> RoleEditors { get; init => field = value ?? []; } = [];

    /// <summary>User names that may exec, attach, forward ports and proxy without raising an alert, such as a backup tool.</summary>
    [SetList, Items(256, MaxLength = 512, MinLength = 1)]
    public IReadOnlyList<string> SessionUsers { get; init => field = value ?? []; } = [];

    private static readonly IReadOnlyDictionary<string, string> None = new Dictionary<string, string>();
}
