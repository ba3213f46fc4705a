using System.CommandLine;
using System.Globalization;

namespace Comptroller.Operator.Verbs;

/// <summary>Options that several verbs share, so that they read alike.</summary>
internal static class CommonOptions
{
    public static Option<string[]> Files() => new("--filename", "-f")
    {
        Description = "A file, a directory, or - for standard input; may be repeated",
        Required = true,
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = true,
    };

    public static Option<string?> Kubeconfig() => new("--kubeconfig")
    {
        Description = "Path of a kubeconfig; $KUBECONFIG, then the pod's service account, then ~/.kube/config when absent",
    };

    /// <summary>Refuses what lies outside.</summary>
    public static Option<T> Between<T>(this Option<T> option, int least, int most)
    {
        option.Validators.Add(result =>
        {
            // By the text, not by the value: asking for that throws when it is no number, before the library can say so itself.
            if (result.Tokens is [var token] && int.TryParse(token.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && (number < least || number > most))
            {
                result.AddError($"{option.Name}: from {least} to {most}");
            }
        });
        return option;
    }

    public static Option<string?> Context() => new("--context") { Description = "Context of the kubeconfig; its current one when absent" };
}

/// <summary>Exit codes of the offline verbs.</summary>
internal static class ExitCodes
{
    public const int Clean = 0;
    public const int Warnings = 1;
    public const int Errors = 2;

    /// <summary>As a shell says of a program that was interrupted.</summary>
    public const int Interrupted = 130;
}
