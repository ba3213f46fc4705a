using System.CommandLine;
using Comptroller.Falcon.Testing;

namespace Comptroller.Operator.Verbs.Falcon;

/// <summary><c>falcon test</c>: cases of grading and its surroundings. Exit 0 all passed, 1 some failed, 2 a file cannot be used.</summary>
internal static class TestVerb
{
    public static Command Create()
    {
        var files = new Argument<string[]>("files") { Description = "Case files, or - for standard input", Arity = ArgumentArity.OneOrMore };
        var command = new Command("test", "Run cases of grading files: exit 0 all passed, 1 some failed, 2 a file cannot be used") { files };
        command.SetAction((result, cancellationToken) => RunAsync(result.GetValue(files)!, result.InvocationConfiguration.Output, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string[] paths, TextWriter output, CancellationToken cancellationToken)
    {
        var (passed, failed, better) = (0, 0, 0);
        foreach (var path in paths)
        {
            foreach (var test in CaseFile.Read(await ReadAsync(path, cancellationToken), path))
            {
                var result = await CaseRun.RunAsync(test, cancellationToken);
                passed += result.Passed ? 1 : 0;
                failed += result.Passed ? 0 : 1;
                better += result.IsBetter ? 1 : 0;
                if (!result.Differences.IsEmpty)
                {
                    Print(path, result, output);
                }
            }
        }

        await output.WriteLineAsync($"{passed} passed{(better == 0 ? "" : $", {better} of them by a better answer than one that the case itself calls questionable")}, {failed} failed");
        return failed == 0 ? ExitCodes.Clean : ExitCodes.Warnings;
    }

    private static async Task<byte[]> ReadAsync(string path, CancellationToken cancellationToken)
    {
        if (path != "-")
        {
            return await File.ReadAllBytesAsync(path, cancellationToken);
        }

        using var copy = new MemoryStream();
        await Console.OpenStandardInput().CopyToAsync(copy, cancellationToken);
        return copy.ToArray();
    }

    private static void Print(string path, CaseResult result, TextWriter output)
    {
        var test = result.Case;
        output.WriteLine($"FAIL {path}: {test.Id}: {test.Title}");
        if (test.Quirk is not null)
        {
            output.WriteLine($"  the case calls its own expected answer questionable: {test.Quirk}");
        }

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
