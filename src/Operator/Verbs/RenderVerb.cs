using System.CommandLine;
using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Yaml;

namespace Comptroller.Operator.Verbs;

/// <summary><c>render</c>: prints every object the operator would apply, without a cluster. Equal input gives equal bytes.</summary>
internal static class RenderVerb
{
    public static Command Create()
    {
        var files = CommonOptions.Files();
        var output = new Option<DirectoryInfo?>("--output", "-o") { Description = "Write one file per object into this directory instead of printing" };
        var command = new Command("render", "Print every object the operator would apply, without a cluster") { files, output };
        command.SetAction(result => Run(result.GetValue(files)!, result.GetValue(output)));
        return command;
    }

    private static int Run(string[] paths, DirectoryInfo? directory)
    {
        var resources = CheckedResource.ReadAll(paths);
        var failed = resources.Where(resource => resource.HasErrors).ToList();
        foreach (var resource in failed)
        {
            RemarkPrinter.PrintText(resource.Document, resource.Remarks, Console.Error);
        }

        // Half a rendering would look like a whole one.
        if (failed.Count > 0)
        {
            return ExitCodes.Errors;
        }

        var objects = resources.SelectMany(resource => resource.Objects.Select(item => item.Body)).ToList();
        if (directory is null)
        {
            Console.Out.Write(YamlWriter.WriteAll(objects));
            return ExitCodes.Clean;
        }

        directory.Create();
        foreach (var item in objects)
        {
            File.WriteAllText(Path.Combine(directory.FullName, FileName(item)), YamlWriter.Write(item));
        }

        return ExitCodes.Clean;
    }

    private static string FileName(JsonObject item) =>
        $"{item["metadata"]!["namespace"]}_{((string)item["kind"]!).ToLowerInvariant()}_{item["metadata"]!["name"]}.yaml";
}
