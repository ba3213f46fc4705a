using System.Text.RegularExpressions;

namespace Comptroller.Sandbox.Kinds;

/// <summary>What Kubernetes says about names, keys and labels that break its rules. Each check gives the messages, none when all is well.</summary>
internal static partial class NameChecks
{
    private const string SubdomainText =
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

    private const string LabelText =
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

    private const string Label1035Text =
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

    private const string ConfigKeyText =
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

    private const string QualifiedPartText =
        "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

    /// <summary>RFC 1123 subdomain: most object names.</summary>
    public static IEnumerable<string> Subdomain(string value) => Check(value, 253, SubdomainPattern(), SubdomainText);

    /// <summary>RFC 1123 label: namespaces, containers.</summary>
    public static IEnumerable<string> Label(string value) => Check(value, 63, LabelPattern(), LabelText);

    /// <summary>DNS-1035 label: plural names, version names.</summary>
    public static IEnumerable<string> Label1035(string value) => Check(value, 63, Label1035Pattern(), Label1035Text);

    /// <summary>A single segment of a path: RBAC objects.</summary>
    public static IEnumerable<string> PathSegment(string value)
    {
        if (value is "." or "..")
        {
            yield return $"may not be '{value}'";
        }
        foreach (var illegal in ((string[])["/", "%"]).Where(value.Contains))
        {
            yield return $"may not contain '{illegal}'";
        }
    }

    /// <summary>A key in the data of a ConfigMap or Secret.</summary>
    public static IEnumerable<string> ConfigKey(string value)
    {
        foreach (var message in Check(value, 253, ConfigKeyPattern(), ConfigKeyText))
        {
            yield return message;
        }
        if (value == "." || value == "..")
        {
            yield return $"must not be '{value}'";
        }
        else if (value.StartsWith("..", StringComparison.Ordinal))
        {
            yield return "must not start with '..'";
        }
    }

    /// <summary><c>[prefix/]name</c>: label keys, finalizers, reporting controllers.</summary>
    public static IEnumerable<string> QualifiedName(string value)
    {
        var parts = value.Split('/');
        var name = parts[^1];
        switch (parts.Length)
        {
            case 1:
                break;
            case 2 when parts[0].Length == 0:
                yield return "prefix part must be non-empty";
                break;
            case 2:
                foreach (var message in Subdomain(parts[0]))
                {
                    yield return "prefix part " + message;
                }
                break;
            default:
                yield return "a qualified name " + QualifiedPartText.Replace("')", "' with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')", StringComparison.Ordinal);
                yield break;
        }
        if (name.Length == 0)
        {
            yield return "name part must be non-empty";
        }
        else if (name.Length > 63)
        {
            yield return "name part must be no more than 63 bytes";
        }
        if (!QualifiedPartPattern().IsMatch(name))
        {
            yield return "name part " + QualifiedPartText;
        }
    }

    private static IEnumerable<string> Check(string value, int limit, Regex pattern, string text)
    {
        if (value.Length > limit)
        {
            yield return $"must be no more than {limit} characters";
        }
        if (!pattern.IsMatch(value))
        {
            yield return text;
        }
    }

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\z", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SubdomainPattern();

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]*[a-z0-9])?\z", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex LabelPattern();

    [GeneratedRegex(@"^[a-z]([-a-z0-9]*[a-z0-9])?\z", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Label1035Pattern();

    [GeneratedRegex(@"^[-._a-zA-Z0-9]+\z", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ConfigKeyPattern();

    [GeneratedRegex(@"^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]\z", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex QualifiedPartPattern();
}
