using System.CommandLine;
using Comptroller.AuditPolicies.Replay;

namespace Comptroller.Operator.Verbs.AuditPolicies;

/// <summary><c>audit-policy replay</c>: what a policy would have made of a recorded log. Exit 0, 1 when lines could not be read, 2 on errors.</summary>
internal static class ReplayVerb
{
    public static Command Create()
    {
        var policy = new Option<string>("--policy", "-p") { Description = "File with a Policy or an AuditPolicy resource, or -", Required = true };
        var logs = Logs(required: true);
        var against = new Option<string?>("--against") { Description = "File with the policy to compare with: what would be lost, reduced, raised and gained" };
        var top = new Option<int>("--top") { Description = "Length of the lists of users, resources and verbs", DefaultValueFactory = _ => LogReplay.DefaultTop }.Between(1, 1000);
        var format = new Option<string>("--output", "-o") { Description = "text or json", DefaultValueFactory = _ => "text" };
        format.AcceptOnlyFromAmong("text", "json");
        var command = new Command("replay", "Show what a policy would have recorded of an audit log: exit 0 when all of it could be read, 1 when lines could not, 2 on errors")
        {
            policy, logs, against, top, format,
        };
        command.SetAction(async (result, cancellationToken) =>
        {
            AuditLogs.Check(result.GetValue(logs)!, result.GetValue(policy), result.GetValue(against));
            var replay = new LogReplay(
                PolicyDocument.ReadOne(result.GetValue(policy)!).Policy,
                result.GetValue(against) is { } old ? PolicyDocument.ReadOne(old).Policy : null);
            await AuditLogs.ReadAsync(replay, result.GetValue(logs)!, cancellationToken);
            var report = replay.Report(result.GetValue(top));
            await result.InvocationConfiguration.Output.WriteAsync(result.GetValue(format) == "json" ? ReplayJson.Write(report) : ReplayText.Write(report));
            return report.Log.Problems.IsEmpty ? ExitCodes.Clean : ExitCodes.Warnings;
        });
        return command;
    }

    public static Option<string[]> Logs(bool required) => new("--log")
    {
        Description = "Recorded audit log, JSON lines, plain or gzip, or - for standard input; may be repeated",
        Required = required,
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = true,
    };
}
