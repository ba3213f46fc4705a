using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Comptroller.Conformance.Replay;

/// <summary>
/// The values behind the placeholders of one transcript. The first appearance of a numbered placeholder binds it, later ones must
/// repeat the value; in requests the bound value is filled in. <c>&lt;ns&gt;</c> and <c>&lt;run&gt;</c> are chosen by the replay.
/// </summary>
internal sealed partial class Placeholders
{
    private Dictionary<string, string> values;

    public Placeholders() : this(new(StringComparer.Ordinal))
    {
    }

    private Placeholders(Dictionary<string, string> values) => this.values = values;

    public void Bind(string placeholder, string value) => values[placeholder] = value;

    public string? ValueOf(string placeholder) => values.GetValueOrDefault(placeholder) ?? values.GetValueOrDefault(Collection(placeholder));

    /// <summary>The numeric version bound to <c>&lt;rv:n&gt;</c>, and whether it is that of an object (or only of a list).</summary>
    public (ulong Version, bool OfObject)? VersionOf(string placeholder) =>
        values.TryGetValue(placeholder, out var version) ? (Number(version), true)
        : values.TryGetValue(Collection(placeholder), out version) ? (Number(version), false)
        : null;

    /// <summary>A copy to try a comparison on, so that a failed attempt leaves nothing behind.</summary>
    public Placeholders Fork() => new(new(values, StringComparer.Ordinal));

    public void Adopt(Placeholders fork) => values = fork.values;

    public bool CanFill(string text, string scope) => Tokens().Matches(text).All(token => Lookup(token, text, scope) is not null);

    /// <summary>A recorded request text with the values of this run.</summary>
    /// <param name="scope">The path of the request: values that differ from path to path (ETags) are taken from the same one.</param>
    /// <exception cref="InvalidOperationException">A placeholder has no value yet, because the step that was to give it failed.</exception>
    public string Fill(string text, string scope) => Tokens().Replace(text, token => Lookup(token, text, scope)
        ?? throw new InvalidOperationException($"{token.Value} has no value: the step that shows it first did not answer as recorded"));

    /// <summary>Compares one string and binds what appears for the first time.</summary>
    /// <returns>Null when it matches, else the text with the known values filled in.</returns>
    public string? Match(string recorded, string actual, string scope, VersionRole role)
    {
        if (recorded == actual)
        {
            return null;
        }

        var tokens = Tokens().Matches(recorded);
        if (tokens.Count == 0)
        {
            return recorded;
        }

        var groups = Regex.Match(actual, Pattern(recorded, tokens), RegexOptions.CultureInvariant, TimeSpan.FromSeconds(5)).Groups;
        var matched = groups[0].Success;
        for (var i = 0; matched && i < tokens.Count; i++)
        {
            matched = Accept(tokens[i], recorded, groups[$"g{i}"].Value, scope, role);
        }

        return matched ? null : Tokens().Replace(recorded, token => Fixed(token) ?? ValueOf(token.Value) ?? token.Value);
    }

    private string Pattern(string recorded, MatchCollection tokens)
    {
        var pattern = new StringBuilder("\\A");
        var position = 0;
        for (var i = 0; i < tokens.Count; i++)
        {
            pattern.Append(Regex.Escape(recorded[position..tokens[i].Index])).Append(CultureInfo.InvariantCulture, $"(?<g{i}>{PatternOf(tokens[i])})");
            position = tokens[i].Index + tokens[i].Length;
        }

        return pattern.Append(Regex.Escape(recorded[position..])).Append("\\z").ToString();
    }

    private string PatternOf(Match token) => Fixed(token) is { } text ? Regex.Escape(text) : token.Groups["name"].Value switch
    {
        "uid" => "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        "rv" => "[0-9]+",
        "continue" => "[A-Za-z0-9_-]+=*",
        "suffix" => "[bcdfghjklmnpqrstvwxz2456789]{5}",
        "time" => @"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",
        "microtime" => @"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z",
        "age" => @"(\d+[smhdy]){1,2}",
        "ns" or "run" => Regex.Escape(values[token.Value]),
        "hash" => "[0-9A-Fa-f]+",
        "certificate" => @"(?s:-----BEGIN CERTIFICATE-----.+-----END CERTIFICATE-----\s*)",
        _ => @"[^\s]+",
    };

    private bool Accept(Match token, string recorded, string actual, string scope, VersionRole role)
    {
        switch (token.Groups["name"].Value)
        {
            case "rv":
                return AcceptVersion(token.Value, actual, role);
            case "uid" or "suffix" or "continue":
                if (values.TryGetValue(token.Value, out var bound))
                {
                    return bound == actual;
                }

                // Two numbers are two values: an object that keeps the uid of its predecessor is a failure.
                var kind = token.Value[..(token.Value.IndexOf(':', StringComparison.Ordinal) + 1)];
                var taken = values.Any(pair => pair.Key.StartsWith(kind, StringComparison.Ordinal) && pair.Value == actual);
                values[token.Value] = actual;
                return !taken;
            case "time" or "microtime":
                // A PUT sends back what was read: the newest time seen stands for each.
                values[token.Value] = actual;
                return true;
            case "hash" or "etag" or "token" or "server" or "certificate":
                values[token.Value] = actual;
                values[$"{token.Value} after {recorded[..token.Index]}"] = actual;
                values[$"{token.Value} of {scope}"] = actual;
                return true;
            default:
                return true;
        }
    }

    private bool AcceptVersion(string placeholder, string actual, VersionRole role)
    {
        var ofObject = values.GetValueOrDefault(placeholder);
        var ofCollection = values.GetValueOrDefault(Collection(placeholder));
        switch (role)
        {
            case VersionRole.OfObject:
                values.TryAdd(placeholder, actual);
                return ofObject is not null ? ofObject == actual : ofCollection is null || Number(actual) <= Number(ofCollection);
            case VersionRole.OfCollection:
                values.TryAdd(Collection(placeholder), actual);
                return ofCollection is not null ? ofCollection == actual : ofObject is null || Number(actual) >= Number(ofObject);
            default:
                if (ofObject is null)
                {
                    values.TryAdd(Collection(placeholder), actual);
                }

                return true;
        }
    }

    private string? Lookup(Match token, string text, string scope) => Fixed(token)
        ?? values.GetValueOrDefault($"{token.Value} of {scope}")
        ?? values.GetValueOrDefault($"{token.Value} after {text[..token.Index]}")
        ?? ValueOf(token.Value);

    /// <summary>What stands for a text that is the same in every run.</summary>
    private static string? Fixed(Match token) =>
        token.Groups["count"].Success
            ? new string(token.Groups["char"].Value[0], int.Parse(token.Groups["count"].Value, CultureInfo.InvariantCulture))
        : token.Value == "<unknown token>" ? "unknown-token"
        : token.Value == "<x:y>" ? Convert.ToBase64String("x:y"u8)
        : null;

    private static string Collection(string placeholder) => placeholder + " of a list";

    private static ulong Number(string version) => ulong.Parse(version, CultureInfo.InvariantCulture);

    [GeneratedRegex("<(?<name>uid|rv|continue|suffix):[0-9]+>"
        + "|<(?<name>time|microtime|age|ns|run|token|certificate|server|etag|hash|scheme source file|unknown token|x:y)>"
        + "|<(?<count>[0-9]+) times (?<char>.)>", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Tokens();
}
