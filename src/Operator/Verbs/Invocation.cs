using System.CommandLine;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Client.Configuration;

namespace Comptroller.Operator.Verbs;

/// <summary>Runs a verb and turns what a user can mend into one clear message instead of a stack trace.</summary>
internal static class Invocation
{
    public static async Task<int> RunAsync(RootCommand root, string[] args, TextWriter? output = null, TextWriter? error = null)
    {
        error ??= Console.Error;
        var configuration = new InvocationConfiguration
        {
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
            Output = output ?? Console.Out,
            Error = error,
        };
        try
        {
            return await root.Parse(args).InvokeAsync(configuration);
        }
        catch (Exception e) when (e is InvalidInputException or KubeApiException or KubeConfigException or IOException or UnauthorizedAccessException or FormatException)
        {
            await error.WriteLineAsync(e.Message);
            return ExitCodes.Errors;
        }
    }
}
