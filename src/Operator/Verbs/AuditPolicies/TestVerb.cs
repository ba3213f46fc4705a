using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.AuditPolicies.Loading;
using Comptroller.AuditPolicies.Model;
using Comptroller.AuditPolicies.Testing;
using Comptroller.Kubernetes.Yaml;

namespace Comptroller.Operator.Verbs.AuditPolicies;

/// <summary><c>audit-policy test</c>: unit tests of audit policies. Exit 0 all passed, 1 some failed, 2 a file cannot be used.</summary>
internal static class TestVerb
{
    // As the API server: of keys given twice the last one counts.
    private static readonly YamlReaderOptions AsApiServer = new() { Strict = false };

    public static Command Create()
    {
        var files = new Argument<string[]>("files") { Description = "Test files, or - for standard input", Arity = ArgumentArity.OneOrMore };
        var command = new Command("test", "Run unit tests of audit policies: exit 0 all passed, 1 some failed, 2 a file cannot be used") { files };
        command.SetAction(result => Run(result.GetValue(files)!, result.InvocationConfiguration.Output));
        return command;
    }

    private static int Run(string[] paths, TextWriter output)
    {
        var files = ReadAll(paths);
        var (passed, failed) = (0, 0);
        foreach (var (file, tests) in files)
        {
            foreach (var result in new PolicyTestRun(tests, node => Load(file, node, tests.KubernetesVersion), Parse).Results())
            {
                if (result.Passed)
                {
                    passed++;
                    continue;
                }

                failed++;
                Print(file, result, output);
            }
        }

        output.WriteLine($"{passed} passed, {failed} failed");
        return failed == 0 ? 0 : 1;
    }

    private static List<(ResourceDocument File, PolicyTests Tests)> ReadAll(string[] paths)
    {
        var files = new List<(ResourceDocument, PolicyTests)>();
        var problems = new List<string>();
        foreach (var file in ResourceFiles.Read(paths))
        {
            var (tests, errors) = PolicyTestReader.Read(file.Root);
            problems.AddRange(errors.Select(error => $"{(error.Path.Length == 0 ? $"{file.Source}:{file.Document.Locate("").Line}" : file.At(error.Path))}: {error.Message}"));
            if (tests is not null)
            {
                files.Add((file, tests));
            }
        }

        return problems.Count > 0 ? throw new InvalidInputException(problems)
            : files.Count == 0 ? throw new InvalidInputException([$"no test file in {string.Join(", ", paths)}"])
            : files;
    }

    // A policy stands in the test file itself or in a file beside it; either may be a resource of ours.
    private static PolicyLoadResult Load(ResourceDocument file, JsonNode entry, KubernetesVersion? version)
    {
        if (entry is JsonValue path)
        {
            var directory = file.Source == "-" ? "." : Path.GetDirectoryName(file.Source) ?? ".";
            return PolicyDocument.ReadOne(Path.Combine(directory, path.GetValue<string>()), version).Loaded;
        }

        return PolicyDocument.Of(new ResourceDocument(file.Source, YamlReader.ReadFirst(entry.ToJsonString())), version).Loaded;
    }

    private static JsonNode? Parse(string text)
    {
        try
        {
            // What starts with a brace is JSON to the API server, and {level: None} is none.
            if (text.AsSpan().TrimStart().StartsWith("{"))
            {
                using var json = JsonDocument.Parse(text);
            }

            return YamlReader.ReadFirst(text, AsApiServer).Root;
        }
        catch (Exception e) when (e is YamlException or JsonException)
        {
            throw new FormatException(e.Message, e);
        }
    }

    private static void Print(ResourceDocument file, PolicyTestResult result, TextWriter output)
    {
        output.WriteLine($"FAIL {file.Source}:{file.Document.Locate(result.Path).Line}: {result.Id}: {result.About}");
        output.WriteLine("  --- expected");
        output.WriteLine("  +++ actual");
        foreach (var difference in result.Differences)
        {
            if (difference.IsEqual)
            {
                output.WriteLine($"   {difference.Field}: {difference.Expected}");
                continue;
            }

            output.WriteLine($"  -{difference.Field}: {difference.Expected}");
            output.WriteLine($"  +{difference.Field}: {difference.Actual}");
        }

        output.WriteLine();
    }
}
