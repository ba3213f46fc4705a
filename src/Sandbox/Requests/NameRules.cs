using System.Text.RegularExpressions;
using Comptroller.Sandbox.Resources;

namespace Comptroller.Sandbox.Requests;

/// <summary>What names, keys and label values may look like. Every method returns the server's complaints; none when all is well.</summary>
internal static partial class NameRules
{
    private const string SubdomainText =
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an " +
        "alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

    private const string LabelText =
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an " +
        "alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

    private const string Dns1035Text =
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an " +
        "alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

    private const string ConfigKeyText =
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', " +
        "regex used for validation is '[-._a-zA-Z0-9]+')";

    private const string QualifiedRule =
        "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character " +
        "(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

    private const string LabelValueText =
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an " +
        "alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

    /// <param name="isPrefix">True for generateName, where a trailing dash is only the beginning of a name.</param>
    public static IEnumerable<string> ObjectName(NameRule rule, string name, bool isPrefix = false)
    {
        if (isPrefix && name.Length > 1 && name[^1] == '-')
        {
            name = name[..^2] + "a";
        }
        return rule switch
        {
            NameRule.Label => DnsLabel(name),
            NameRule.PathSegment => PathSegment(name, isPrefix),
            _ => Subdomain(name),
        };
    }

    public static IEnumerable<string> Subdomain(string name) => Check(name, 253, SubdomainPattern(), SubdomainText);

    public static IEnumerable<string> DnsLabel(string name) => Check(name, 63, DnsLabelPattern(), LabelText);

    /// <summary>Plural names and versions of definitions.</summary>
    public static IEnumerable<string> Dns1035Label(string name) => Check(name, 63, Dns1035Pattern(), Dns1035Text);

    /// <summary>A key in the data of a ConfigMap or Secret.</summary>
    public static IEnumerable<string> ConfigKey(string key)
    {
        foreach (var complaint in Check(key, 253, ConfigKeyPattern(), ConfigKeyText))
        {
            yield return complaint;
        }
        if (key is "." or "..")
        {
            yield return $"must not be '{key}'";
        }
        else if (key.StartsWith("..", StringComparison.Ordinal))
        {
            yield return "must not start with '..'";
        }
    }

    /// <summary>Label and annotation keys, finalizers: a name with an optional domain before a slash.</summary>
    public static IEnumerable<string> QualifiedName(string key)
    {
        var parts = key.Split('/');
        if (parts.Length > 2)
        {
            yield return "a qualified name " + QualifiedRule + " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
            yield break;
        }
        if (parts.Length == 2)
        {
            if (parts[0].Length == 0)
            {
                yield return "prefix part must be non-empty";
            }
            else
            {
                foreach (var problem in Subdomain(parts[0]))
                {
                    yield return $"prefix part {problem}";
                }
            }
        }
        var name = parts[^1];
        if (name.Length == 0)
        {
            yield return "name part must be non-empty";
        }
        else if (name.Length > 63)
        {
            yield return "name part must be no more than 63 bytes";
        }
        if (!QualifiedPattern().IsMatch(name))
        {
            yield return "name part " + QualifiedRule;
        }
    }

    public static IEnumerable<string> LabelValue(string value)
    {
        if (value.Length > 63)
        {
            yield return "must be no more than 63 bytes";
        }
        if (value.Length > 0 && !QualifiedPattern().IsMatch(value))
        {
            yield return LabelValueText;
        }
    }

    public static IEnumerable<string> PathSegment(string name, bool isPrefix = false)
    {
        if (!isPrefix && name is "." or "..")
        {
            yield return $"may not be '{name}'";
            yield break;
        }
        foreach (var forbidden in (char[])['/', '%'])
        {
            if (name.Contains(forbidden, StringComparison.Ordinal))
            {
                yield return $"may not contain '{forbidden}'";
            }
        }
    }

    private static IEnumerable<string> Check(string name, int longest, Regex pattern, string rule)
    {
        if (name.Length > longest)
        {
            yield return $"must be no more than {longest} characters";
        }
        if (!pattern.IsMatch(name))
        {
            yield return rule;
        }
    }

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex SubdomainPattern();

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]*[a-z0-9])?\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex DnsLabelPattern();

    [GeneratedRegex(@"^[a-z]([-a-z0-9]*[a-z0-9])?\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Dns1035Pattern();

    [GeneratedRegex(@"^[-._a-zA-Z0-9]+\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ConfigKeyPattern();

    [GeneratedRegex(@"^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex QualifiedPattern();
}
