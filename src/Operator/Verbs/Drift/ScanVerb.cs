using System.CommandLine;
using System.Text;
using Comptroller.Drift.Reports;
using Comptroller.Drift.Rules;
using Comptroller.Drift.Scanning;
using Comptroller.Drift.State;

namespace Comptroller.Operator.Verbs.Drift;

/// <summary><c>drift scan</c>: a full comparison. Exit 0 clean, 1 it could not be done, 2 drift.</summary>
internal static class ScanVerb
{
    public static Command Create()
    {
        var options = new DriftOptions();
        var plan = new Option<string?>("--plan", "-p") { Description = "Output of `terraform plan -refresh-only -json` or `terraform show -json PLAN`; - for standard input" };
        var inventory = new Option<string?>("--inventory") { Description = "List of cloud resources: {\"provider\": \"aws\", \"resources\": [{\"id\", \"type\", \"attributes\", \"tags\"}]}; - for standard input" };
        var format = new Option<string>("--output", "-o") { Description = "table, json, sarif or html", DefaultValueFactory = _ => "table" };
        format.AcceptOnlyFromAmong("table", "json", "sarif", "html");
        var fail = new Option<bool>("--fail-on-drift") { Description = "Exit 2 when there is drift", DefaultValueFactory = _ => true };
        var count = new Option<bool>("--exit-count") { Description = "Exit with the number of drifted resources instead, from 2 to 250" };
        var write = new Option<string?>("--write-baseline") { Description = "Write what drifts now to a file that `baseline` of the configuration names: it is quiet as long as it stays as it is" };
        var command = new FindingCommand("scan", "Compare states with what is there: exit 0 clean, 1 the scan failed, 2 drift") { plan, inventory, format, fail, count, write };
        options.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetValue(plan) is null == result.GetValue(inventory) is null)
            {
                result.AddError("give either --plan or --inventory");
            }
        });
        command.SetAction(async (result, cancellationToken) =>
        {
            var report = await ScanAsync(result, options, result.GetValue(plan), result.GetValue(inventory), cancellationToken);
            if (result.GetValue(write) is { } path)
            {
                await using var file = File.Create(path);
                Baseline.Write(report.Findings, file);
            }

            await result.InvocationConfiguration.Output.WriteAsync(Rendered(report, result.GetValue(format)!));
            return result.GetValue(count) ? ScanExitCode.Counted(report.Drifted, result.GetValue(fail)) : ScanExitCode.Of(report.Drifted, result.GetValue(fail));
        });
        return command;
    }

    private static async Task<ScanReport> ScanAsync(ParseResult result, DriftOptions options, string? plan, string? inventory, CancellationToken cancellationToken)
    {
        var config = await options.ConfigAsync(result, cancellationToken);
        var state = config.States.IsEmpty ? StateIndex.Empty : await DriftOptions.IndexAsync(config, cancellationToken);
        var now = TimeProvider.System.GetUtcNow();
        if (plan is not null)
        {
            return PlanReader.Read(await InputFiles.ReadAsync(plan, cancellationToken), plan, state, config.Rules, now);
        }

        if (config.States.IsEmpty)
        {
            throw new FormatException("compared with which state? Give --state, or states in --config");
        }

        return InventoryComparison.Run(state, Inventory.Read(await InputFiles.ReadAsync(inventory!, cancellationToken), inventory!), config.Rules, now);
    }

    private static string Rendered(ScanReport report, string format)
    {
        var now = TimeProvider.System.GetUtcNow();
        using var buffer = new MemoryStream();
        switch (format)
        {
            case "json":
                JsonReport.Write(report, now, buffer);
                break;
            case "sarif":
                SarifReport.Write(report, buffer);
                break;
            case "html":
                return HtmlReport.Of(report, now);
            default:
                return TextReport.Of(report);
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length) + "\n";
    }
}
