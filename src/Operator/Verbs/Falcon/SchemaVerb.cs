using System.CommandLine;
using Comptroller.Falcon.Reports;

namespace Comptroller.Operator.Verbs.Falcon;

/// <summary><c>falcon schema</c>: the JSON Schemas of the reports.</summary>
internal static class SchemaVerb
{
    public static Command Create()
    {
        var report = new Argument<string>("report") { Description = string.Join(", ", ReportSchemas.Names) };
        report.AcceptOnlyFromAmong([.. ReportSchemas.Names]);
        var command = new Command("schema", "Print the JSON Schema of a report") { report };
        command.SetAction(result => result.InvocationConfiguration.Output.Write(ReportSchemas.Text(result.GetValue(report)!)));
        return command;
    }
}
