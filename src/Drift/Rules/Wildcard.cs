using System.Buffers;
using System.IO.Enumeration;

namespace Comptroller.Drift.Rules;

/// <summary>
/// A pattern of <c>*</c> and <c>?</c>; a pattern without them is a name. Nearly every pattern is a name, a beginning, an end or a middle,
/// and every finding is held against dozens: those are told apart once.
/// </summary>
public sealed class Wildcard
{
    private readonly Form _form;
    private readonly string _core;
    private readonly SearchValues<string>? _middle;

    public Wildcard(string pattern)
    {
        Pattern = pattern;
        var (starts, ends) = (pattern.StartsWith('*'), pattern.Length > 1 && pattern.EndsWith('*'));
        _core = pattern[(starts ? 1 : 0)..(pattern.Length - (ends ? 1 : 0))];
        _form = _core.AsSpan().ContainsAny('*', '?', '\\') ? Form.Other : (starts, ends) switch
        {
            (true, true) => Form.Middle,
            (true, false) => Form.End,
            (false, true) => Form.Beginning,
            _ => Form.Name,
        };
        // Every user agent and actor is held against a dozen of these; a plain search without regard to case looks at each letter of it each time.
        _middle = _form == Form.Middle && _core.Length > 0 ? SearchValues.Create([_core], StringComparison.OrdinalIgnoreCase) : null;
    }

    private enum Form
    {
        Name,
        Beginning,
        End,
        Middle,
        Other,
    }

    public string Pattern { get; }

    public bool Matches(string text) => Matches(text, StringComparison.Ordinal);

    public bool MatchesAnyCase(string text) => Matches(text, StringComparison.OrdinalIgnoreCase);

    private bool Matches(string text, StringComparison how) => _form switch
    {
        Form.Name => text.Equals(_core, how),
        Form.Beginning => text.StartsWith(_core, how),
        Form.End => text.EndsWith(_core, how),
        Form.Middle when how == StringComparison.OrdinalIgnoreCase && _middle is not null => text.AsSpan().ContainsAny(_middle),
        Form.Middle => text.Contains(_core, how),
        _ => FileSystemName.MatchesSimpleExpression(Pattern, text, how == StringComparison.OrdinalIgnoreCase),
    };
}
