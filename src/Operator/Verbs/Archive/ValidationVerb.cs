using System.CommandLine;
using Comptroller.Archive.Health;
using Comptroller.Archive.Log;

namespace Comptroller.Operator.Verbs.Archive;

/// <summary><c>archive validate</c>: tries a configuration before it is relied on. Exit 1 when something failed, 0 also with warnings.</summary>
internal static class ValidationVerb
{
    public static Command Create()
    {
        var log = ArchiveVerb.LogFile();
        var quick = new Option<bool>("--quick") { Description = "Without the benchmarks" };
        var profile = new Option<string>("--profile") { Description = "Tuning profile", DefaultValueFactory = _ => "default" };
        profile.AcceptOnlyFromAmong([.. Tuning.Profiles.Keys]);
        var command = new Command("validate", "Try constants, permissions, dependencies, speed and defences: exit 1 when something failed") { log, quick, profile };
        command.SetAction(async (result, cancellationToken) =>
        {
            var output = result.InvocationConfiguration.Output;
            var results = await ConfigurationValidation.RunAsync(result.GetValue(log)!, Tuning.Profiles[result.GetValue(profile)!], !result.GetValue(quick), cancellationToken);
            foreach (var group in results.GroupBy(each => each.Group, StringComparer.Ordinal))
            {
                await output.WriteLineAsync($"{group.Key}:");
                foreach (var each in group)
                {
                    await output.WriteLineAsync($"  {Mark(each.Status)} {each.Name}: {each.Message}");
                }

                await output.WriteLineAsync();
            }

            int Count(HealthStatus status) => results.Count(each => each.Status == status);
            await output.WriteLineAsync($"VALIDATION SUMMARY:\n  Passed: {Count(HealthStatus.Healthy)}/{results.Length}\n  Warning: {Count(HealthStatus.Warning)}\n  Failed: {Count(HealthStatus.Critical)}");
            return Count(HealthStatus.Critical) > 0 ? 1 : ExitCodes.Clean;
        });
        return command;
    }

    private static string Mark(HealthStatus status) => status switch { HealthStatus.Healthy => "ok  ", HealthStatus.Warning => "warn", _ => "FAIL" };
}
