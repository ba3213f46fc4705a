using System.CommandLine;
using Comptroller.Falcon.Reports;

namespace Comptroller.Operator.Verbs.Falcon;

/// <summary><c>falcon cleanup</c>: deletes old reports.</summary>
internal static class CleanupVerb
{
    public static Command Create()
    {
        var options = new FalconOptions();
        var directory = new Option<string>("--output-dir") { Description = "Directory of reports", DefaultValueFactory = _ => "./output" };
        var age = new Option<int?>("--max-age-days") { Description = "Older reports are deleted; 30 when absent here and in the file" };
        var count = new Option<int?>("--max-files-per-type") { Description = "Of each type the newest stay; 100 when absent here and in the file" };
        var command = new Command("cleanup", "Delete old reports; other files are left alone") { directory, age, count };
        options.AddStore(command);
        command.SetAction(async (result, cancellationToken) =>
        {
            var config = await options.ConfigAsync(result, cancellationToken);
            var maxAge = result.GetValue(age) is { } days ? TimeSpan.FromDays(days) : config.MaxAge;
            var deleted = Retention.Apply(result.GetValue(directory)!, TimeProvider.System.GetUtcNow(), maxAge, result.GetValue(count) ?? config.MaxFilesPerType);
            await result.InvocationConfiguration.Output.WriteLineAsync($"{deleted.Count} reports deleted");
            return ExitCodes.Clean;
        });
        return command;
    }
}
