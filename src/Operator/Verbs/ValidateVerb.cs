using System.CommandLine;

namespace Comptroller.Operator.Verbs;

/// <summary><c>validate</c>: schema, semantics and findings, without a cluster. Exit 0 clean, 1 warnings, 2 errors.</summary>
internal static class ValidateVerb
{
    public static Command Create()
    {
        var files = CommonOptions.Files();
        var format = new Option<string>("--output", "-o") { Description = "text or json", DefaultValueFactory = _ => "text" };
        format.AcceptOnlyFromAmong("text", "json");
        var command = new Command("validate", "Check resources without a cluster: exit 0 clean, 1 warnings, 2 errors") { files, format };
        command.SetAction(result => Run(result.GetValue(files)!, result.GetValue(format)!));
        return command;
    }

    private static int Run(string[] paths, string format)
    {
        var resources = CheckedResource.ReadAll(paths);
        if (format == "json")
        {
            RemarkPrinter.PrintJson(resources.Select(resource => (resource.Document, resource.Remarks)), Console.Out);
        }
        else
        {
            foreach (var resource in resources)
            {
                RemarkPrinter.PrintText(resource.Document, resource.Remarks, Console.Out);
            }
        }

        return RemarkPrinter.ExitCode(resources.SelectMany(resource => resource.Remarks));
    }
}
