using System.IO.Enumeration;

namespace Comptroller.Drift.Rules;

/// <summary>A pattern of <c>*</c> and <c>?</c>; a pattern without them is a name.</summary>
public sealed class Wildcard(string pattern)
{
    public string Pattern { get; } = pattern;

    public bool Matches(string text) => FileSystemName.MatchesSimpleExpression(Pattern, text, ignoreCase: false);

    public bool MatchesAnyCase(string text) => FileSystemName.MatchesSimpleExpression(Pattern, text, ignoreCase: true);
}
