using System.Text.Json.Nodes;

namespace Comptroller.Operator.Verbs;

/// <summary>Prints remarks for people and for programs.</summary>
internal static class RemarkPrinter
{
    /// <summary>One line per remark: <c>file:line: severity: field: message [id]</c>, with what to do about it below.</summary>
    public static void PrintText(CheckedResource resource, TextWriter output)
    {
        foreach (var remark in resource.Remarks)
        {
            var field = remark.Path.Length == 0 ? "" : $"{remark.Path}: ";
            output.WriteLine($"{resource.Document.Source}:{LineOf(resource, remark)}: {remark.Severity}: {field}{remark.Message} [{remark.Id}]");
            if (remark.Fix.Length > 0)
            {
                output.WriteLine($"  fix: {remark.Fix}");
            }
        }

        if (resource.Remarks.IsEmpty)
        {
            output.WriteLine($"{resource.Document.Source}: {resource.Document.Kind} {resource.Resource!.Metadata.Name}: ok");
        }
    }

    /// <summary>One array; an element per resource with its remarks.</summary>
    public static void PrintJson(IEnumerable<CheckedResource> resources, TextWriter output)
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
                ["line"] = LineOf(resource, remark),
                ["path"] = remark.Path,
                ["message"] = remark.Message,
                ["fix"] = remark.Fix,
            })]),
        })]);
        output.WriteLine(report.ToJsonString(new System.Text.Json.JsonSerializerOptions { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));
    }

    private static int LineOf(CheckedResource resource, Remark remark) => resource.Document.Document.Locate(remark.Path).Line;
}
