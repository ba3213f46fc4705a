using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Comptroller.Operator.Verbs;

/// <summary>Prints remarks for people and for programs.</summary>
internal static class RemarkPrinter
{
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>One line per remark: <c>file:line: severity: field: message [id]</c>, with what to do about it below.</summary>
    public static void PrintText(ResourceDocument document, IReadOnlyCollection<Remark> remarks, TextWriter output, bool withReasons = false)
    {
        foreach (var remark in remarks)
        {
            var field = remark.Path.Length == 0 ? "" : $"{remark.Path}: ";
            output.WriteLine($"{document.Source}:{document.Document.Locate(remark.Path).Line}: {remark.Severity}: {field}{remark.Message} [{remark.Id}]");
            if (withReasons && remark.Why.Length > 0)
            {
                output.WriteLine($"  why: {remark.Why}");
            }

            if (remark.Fix.Length > 0)
            {
                output.WriteLine($"  fix: {remark.Fix}");
            }
        }

        if (remarks.Count == 0)
        {
            output.WriteLine($"{document.Source}: {document.Kind}{(document.Root["metadata"]?["name"] is { } name ? $" {name}" : "")}: ok");
        }
    }

    /// <summary>One array; an element per resource with its remarks.</summary>
    public static void PrintJson(IEnumerable<(ResourceDocument Document, ImmutableArray<Remark> Remarks)> resources, TextWriter output)
    {
        var report = new JsonArray([.. resources.Select(resource => new JsonObject
        {
            ["source"] = resource.Document.Source,
            ["kind"] = resource.Document.Kind,
            ["name"] = resource.Document.Root["metadata"]?["name"]?.DeepClone(),
            ["remarks"] = new JsonArray([.. resource.Remarks.Select(remark => new JsonObject
            {
                ["severity"] = remark.Severity,
                ["id"] = remark.Id,
                ["line"] = resource.Document.Document.Locate(remark.Path).Line,
                ["path"] = remark.Path,
                ["rule"] = remark.Rule,
                ["message"] = remark.Message,
                ["why"] = remark.Why,
                ["fix"] = remark.Fix,
            })]),
        })]);
        output.WriteLine(report.ToJsonString(Readable));
    }

    /// <summary>0 without errors and warnings, 1 with warnings, 2 with errors.</summary>
    public static int ExitCode(IEnumerable<Remark> remarks) =>
        remarks.Select(remark => remark.Severity switch { "error" => ExitCodes.Errors, "warning" => ExitCodes.Warnings, _ => ExitCodes.Clean }).DefaultIfEmpty(ExitCodes.Clean).Max();
}
