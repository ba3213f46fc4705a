namespace Comptroller.AuditPolicies.Rendering.Shipping;

/// <summary>What the value of an option has to look like.</summary>
internal enum OptionKind
{
    Text,
    Number,
    Switch,
    Size,
    Time,
}

/// <summary>What Fluent Bit knows of a section: which options there are, and which of them an audit trail cannot do without.</summary>
/// <param name="Section">Such as <c>inputs</c>, <c>service</c> or <c>parsers</c>.</param>
/// <param name="Name">Name of the plugin; empty for what every plugin of the section, or a section without plugins, takes.</param>
internal sealed record PluginDeclaration(string Section, string Name = "")
{
    /// <summary>Options that take any text, separated by spaces; so with the other kinds.</summary>
    public string Texts { get; init; } = "";

    public string Numbers { get; init; } = "";

    public string Switches { get; init; } = "";

    public string Sizes { get; init; } = "";

    public string Times { get; init; } = "";

    /// <summary>Options that must be there, and what happens without them.</summary>
    public IReadOnlyList<(string Option, string Consequence)> Required { get; init; } = [];

    /// <summary>Options that take one of a few words; Fluent Bit's dry run accepts any.</summary>
    public IReadOnlyList<(string Option, string[] Words)> Words { get; init; } = [];

    /// <summary>Options whose value is a secret.</summary>
    public IReadOnlyList<string> Secrets { get; init; } = [];

    private Dictionary<string, OptionKind> Kinds => field ??= new[]
        {
            (Texts, OptionKind.Text), (Numbers, OptionKind.Number), (Switches, OptionKind.Switch), (Sizes, OptionKind.Size), (Times, OptionKind.Time),
        }
        .SelectMany(list => list.Item1.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(option => KeyValuePair.Create(option, list.Item2)))
        .ToDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>Null when there is no such option.</summary>
    public OptionKind? Kind(string option) => Kinds.TryGetValue(option, out var kind) ? kind : null;
}
