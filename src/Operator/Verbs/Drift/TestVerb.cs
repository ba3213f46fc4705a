using System.CommandLine;
using Comptroller.Drift.Testing;

namespace Comptroller.Operator.Verbs.Drift;

/// <summary><c>drift test</c>: cases of alerts, scans, states and values. Exit 0 all passed, 1 some failed, 2 a file cannot be used.</summary>
internal static class TestVerb
{
    public static Command Create()
    {
        var files = new Argument<string[]>("files") { Description = "Case files, or - for standard input", Arity = ArgumentArity.OneOrMore };
        var command = new Command("test", "Run cases of alerts and states: exit 0 all passed, 1 some failed, 2 a file cannot be used") { files };
        command.SetAction((result, cancellationToken) => RunAsync(result.GetValue(files)!, result.InvocationConfiguration.Output, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string[] paths, TextWriter output, CancellationToken cancellationToken)
    {
        var (passed, failed, skipped) = (0, 0, 0);
        foreach (var path in paths)
        {
            foreach (var test in CaseFile.Read(await InputFiles.ReadAsync(path, cancellationToken), path))
            {
                var result = await CaseRun.RunAsync(test, cancellationToken);
                skipped += result.IsSkipped ? 1 : 0;
                passed += result.Passed ? 1 : 0;
                if (!result.Passed && !result.IsSkipped)
                {
                    failed++;
                    Print(path, result, output);
                }
            }
        }

        if (skipped > 0)
        {
            await output.WriteLineAsync($"{skipped} skipped: they need a running server");
        }

        await output.WriteLineAsync($"{passed} passed, {failed} failed");
        return failed == 0 ? ExitCodes.Clean : ExitCodes.Warnings;
    }

    private static void Print(string path, CaseResult result, TextWriter output)
    {
        output.WriteLine($"FAIL {path}: {result.Case.Id}: {result.Case.Title}");
        output.WriteLine("  --- expected");
        output.WriteLine("  +++ actual");
        foreach (var difference in result.Differences)
        {
            output.WriteLine($"  -{difference.Field}: {difference.Expected}");
            output.WriteLine($"  +{difference.Field}: {difference.Actual}");
        }

        output.WriteLine();
    }
}
