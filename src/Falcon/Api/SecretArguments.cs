using System.Text.RegularExpressions;

namespace Comptroller.Falcon.Api;

/// <summary>Command lines as they may be shown: reports carry the command that made them.</summary>
public static partial class SecretArguments
{
    private const string Redacted = "<redacted>";
    private static readonly string[] Options = ["--client-id", "--client-secret", "--base-url"];

    /// <summary>
    /// The same arguments with the values of credential options hidden, abbreviated options included, and every value that holds
    /// credentials whatever its option: <c>--store</c> takes the address of a database with its password.
    /// </summary>
    public static IReadOnlyList<string> Redact(IReadOnlyList<string> arguments)
    {
        var shown = new List<string>(arguments.Count);
        var hideNext = false;
        foreach (var argument in arguments)
        {
            // The parser takes --name=value and --name:value alike.
            var end = argument.StartsWith("--", StringComparison.Ordinal) ? argument.AsSpan().IndexOfAny('=', ':') : -1;
            var name = end < 0 ? argument : argument[..end];
            if (hideNext)
            {
                shown.Add(Redacted);
                hideNext = false;
            }
            else if (IsSecret(name))
            {
                shown.Add(end < 0 ? argument : argument[..(end + 1)] + Redacted);
                hideNext = end < 0;
            }
            else
            {
                // Hidden whole: where a password ends in a damaged address is anybody's guess.
                shown.Add(!HoldsCredentials(argument) ? argument : end < 0 ? Redacted : argument[..(end + 1)] + Redacted);
            }
        }

        return shown;
    }

    /// <summary>Whether a text holds an address with user and password, or a password by any name that a connection string has for it.</summary>
    public static bool HoldsCredentials(string text) => AddressWithUser().IsMatch(text) || Password().IsMatch(text);

    // "--c" may be an abbreviation of --config; from "--cl" on it is a credential.
    private static bool IsSecret(string name) =>
        name.Length >= 4 && name.StartsWith("--", StringComparison.Ordinal) && Array.Exists(Options, option => option.StartsWith(name, StringComparison.Ordinal));

    [GeneratedRegex("://.*@", RegexOptions.CultureInvariant | RegexOptions.Singleline, 1000)]
    private static partial Regex AddressWithUser();

    // Npgsql: Password, PWD, PSW, SSL Password; as keys of a URL in the same words. Passfile is a path.
    [GeneratedRegex(@"(password|pwd|psw)\s*=", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Password();
}
