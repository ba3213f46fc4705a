using System.CommandLine;
using System.Data.Common;
using Comptroller.Drift.Scanning;
using Comptroller.Falcon.Api;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Client.Configuration;
using Comptroller.Operator.Verbs.Drift;

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
        var failure = ExitCodes.Errors;
        try
        {
            ActionTrail.AddTo(root);
            var parsed = root.Parse(args);
            failure = parsed.CommandResult.Command is FindingCommand ? ScanExitCode.Error : ExitCodes.Errors;
            var exit = await ActionTrail.RunAsync(parsed, () => parsed.InvokeAsync(configuration));
            // The library's own answer to a mistyped option is 1, which of some verbs means "checked, and found something".
            return parsed.Errors.Count > 0 ? failure : exit;
        }
        catch (Exception e) when (e is InvalidInputException or KubeApiException or KubeConfigException or IOException or UnauthorizedAccessException or FormatException or InvalidDataException
            or FalconApiException or DbException)
        {
            await error.WriteLineAsync(e.Message);
            return failure;
        }
        catch (OperationCanceledException)
        {
            await error.WriteLineAsync("interrupted");
            return ExitCodes.Interrupted;
        }
    }
}
