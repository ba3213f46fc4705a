using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.AuditPolicies.Estimation;
using Comptroller.AuditPolicies.Replay;
using Comptroller.Crds.AuditPolicies;
using Comptroller.Operator.AuditPolicies;

namespace Comptroller.Operator.Verbs.AuditPolicies;

/// <summary><c>audit-policy estimate</c>: what a policy costs, from a recorded log or from a rate of requests.</summary>
internal static class EstimateVerb
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static Command Create()
    {
        var policy = new Option<string>("--policy", "-p") { Description = "File with a Policy or an AuditPolicy resource, or -", Required = true };
        var logs = ReplayVerb.Logs(required: false);
        var rate = Bounded("--requests-per-second", "Requests to all API servers together; instead of --log", Estimate.MostRequestsPerSecond);
        var controlPlanes = Bounded("--control-planes", "API servers that share the load", Estimate.MostControlPlanes);
        var retention = Bounded("--retention-days", "Days that VictoriaLogs keeps events; those of spec.delivery when absent, or 90", Delivery.MostRetentionDays);
        var replicas = Bounded("--replicas", "Copies that VictoriaLogs keeps", Estimate.MostReplicas);
        var format = new Option<string>("--output", "-o") { Description = "text or json", DefaultValueFactory = _ => "text" };
        format.AcceptOnlyFromAmong("text", "json");
        var command = new Command(
            "estimate",
            "Estimate volume and storage, from a recorded log or a request rate. What is not given comes from the resource: exit 0, 1 when lines of the log could not be read, 2 on errors")
        {
            policy, logs, rate, controlPlanes, retention, replicas, format,
        };
        command.SetAction(async (result, cancellationToken) =>
        {
            var paths = result.GetValue(logs) ?? [];
            AuditLogs.Check(paths, result.GetValue(policy));
            if (paths.Length > 0 && result.GetValue(rate) is not null)
            {
                throw new InvalidInputException(["--log and --requests-per-second exclude each other"]);
            }

            var document = PolicyDocument.ReadOne(result.GetValue(policy)!);
            var wanted = document.Resource?.Spec.Estimate ?? new Estimate();
            wanted = wanted with
            {
                RequestsPerSecond = result.GetValue(rate) ?? wanted.RequestsPerSecond,
                ControlPlanes = result.GetValue(controlPlanes) ?? wanted.ControlPlanes,
                Replicas = result.GetValue(replicas) ?? wanted.Replicas,
            };
            var options = AuditPolicyEstimate.Storage(wanted, result.GetValue(retention) ?? document.Resource?.Spec.Delivery?.RetentionDays, document.Log);
            var (volume, exit) = paths.Length > 0
                ? await FromLogAsync(document, paths, result.InvocationConfiguration.Error, cancellationToken)
                : (AuditVolume.OfRequests(document.Policy, wanted.RequestsPerSecond), ExitCodes.Clean);
            var estimate = StorageEstimate.Of(volume, options);
            await result.InvocationConfiguration.Output.WriteAsync(result.GetValue(format) == "json" ? Json(volume, options, estimate) : Text(volume, options, estimate));
            return exit;
        });
        return command;
    }

    private static async Task<(AuditVolume Volume, int Exit)> FromLogAsync(PolicyDocument document, string[] paths, TextWriter error, CancellationToken cancellationToken)
    {
        var replay = new LogReplay(document.Policy);
        await AuditLogs.ReadAsync(replay, paths, cancellationToken);
        var report = replay.Report();
        foreach (var problem in report.Log.FirstProblems)
        {
            await error.WriteLineAsync($"{problem.Source}:{problem.Line}: {problem.Message} [{problem.Kind}]");
        }

        var volume = AuditVolume.OfLog(report)
            ?? throw new InvalidInputException([$"{string.Join(", ", paths)}: the events span no time, so they give no rate; take a longer log, or give --requests-per-second"]);
        return (volume, report.Log.Problems.IsEmpty ? ExitCodes.Clean : ExitCodes.Warnings);
    }

    private static string Text(AuditVolume volume, StorageOptions options, StorageEstimate estimate)
    {
        var atLeast = volume.IsLowerBound ? "at least " : "";
        var text = new StringBuilder();
        text.Append($"basis: {volume.Basis}\n\n");
        text.Append($"cluster             {atLeast}{estimate.EventsPerSecond.ToString("0.##", CultureInfo.InvariantCulture)} events/s, {Amounts.Bytes(estimate.BytesPerDay)} a day\n");
        text.Append($"control-plane node  {Amounts.Bytes(estimate.NodeBytesPerDay)} a day with an even share among {options.ControlPlanes}; plan {Amounts.Bytes(estimate.BusiestNodeBytesPerDay)} for the busiest\n");
        text.Append($"history on a node   {Amounts.Duration(estimate.LocalHistory)} until rotation removes an event, {Amounts.Duration(estimate.BusiestLocalHistory)} on the busiest; at most {Amounts.Bytes(estimate.LocalDisk)} of disk\n");
        text.Append($"VictoriaLogs        {Amounts.Bytes(estimate.CentralMeasured)} to {Amounts.Bytes(estimate.CentralPlanned)} for {Amounts.Count(options.RetentionDays, "day")} (compression 13.5 as measured, 10 as planned)\n");
        text.Append($"  disk to provide   {Amounts.Bytes(estimate.CentralDisk)}: as planned, {options.Replicas} {(options.Replicas == 1 ? "copy" : "copies")}, 20 % headroom\n");
        return text.ToString();
    }

    private static string Json(AuditVolume volume, StorageOptions options, StorageEstimate estimate) => new JsonObject
    {
        ["basis"] = volume.Basis,
        ["lowerBound"] = volume.IsLowerBound,
        ["controlPlanes"] = options.ControlPlanes,
        ["retentionDays"] = options.RetentionDays,
        ["replicas"] = options.Replicas,
        ["eventsPerSecond"] = Math.Round(estimate.EventsPerSecond, 3),
        ["bytesPerDay"] = Whole(estimate.BytesPerDay),
        ["nodeBytesPerDay"] = Whole(estimate.NodeBytesPerDay),
        ["busiestNodeBytesPerDay"] = Whole(estimate.BusiestNodeBytesPerDay),
        ["localMinutes"] = Whole(estimate.LocalHistory.TotalMinutes),
        ["busiestLocalMinutes"] = Whole(estimate.BusiestLocalHistory.TotalMinutes),
        ["localDiskBytes"] = Whole(estimate.LocalDisk),
        ["centralMeasuredBytes"] = Whole(estimate.CentralMeasured),
        ["centralPlannedBytes"] = Whole(estimate.CentralPlanned),
        ["centralDiskBytes"] = Whole(estimate.CentralDisk),
    }.ToJsonString(Indented) + "\n";

    private static long Whole(double value) => (long)Math.Round(value);

    private static Option<int?> Bounded(string name, string description, int most) =>
        new Option<int?>(name) { Description = $"{description}; from 1 to {most}" }.Between(1, most);
}
