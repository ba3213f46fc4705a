namespace Comptroller.Falcon.Api;

/// <summary>Command lines as they may be shown: reports carry the command that made them.</summary>
public static class SecretArguments
{
    private const string Redacted = "<redacted>";
    private static readonly string[] Options = ["--client-id", "--client-secret", "--base-url"];

    /// <summary>The same arguments with the values of credential options hidden, abbreviated options included.</summary>
    public static IReadOnlyList<string> Redact(IReadOnlyList<string> arguments)
    {
        var shown = new List<string>(arguments.Count);
        var hideNext = false;
        foreach (var argument in arguments)
        {
            var equals = argument.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? argument : argument[..equals];
            if (hideNext)
            {
                shown.Add(Redacted);
                hideNext = false;
            }
            else if (IsSecret(name))
            {
                shown.Add(equals < 0 ? argument : $"{name}={Redacted}");
                hideNext = equals < 0;
            }
            else
            {
                shown.Add(argument);
            }
        }

        return shown;
    }

    // "--c" may be an abbreviation of --config; from "--cl" on it is a credential.
    private static bool IsSecret(string name) =>
        name.Length >= 4 && name.StartsWith("--", StringComparison.Ordinal) && Array.Exists(Options, option => option.StartsWith(name, StringComparison.Ordinal));
}
