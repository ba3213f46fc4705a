using System.CommandLine;
using System.Text.Json.Nodes;
using Comptroller.Archive.Log;

namespace Comptroller.Operator.Verbs;

/// <summary>
/// Keeps on record who ran which verb, on what, and how it ended: an event before it begins, so that what is not on record is not done, and one behind its end.
/// </summary>
internal static class ActionTrail
{
    /// <summary>The same name as the operator's own option; <c>operator</c> keeps its trail by itself.</summary>
    private const string Name = "--audit-trail";

    private const int LongestArgument = 300;

    /// <summary>Lets every verb below a command be kept on record.</summary>
    public static void AddTo(RootCommand root)
    {
        foreach (var command in root.Subcommands.Where(command => command.Options.All(option => option.Name != Name)))
        {
            command.Options.Add(new Option<string?>(Name)
            {
                Description = "Audit log that gets who ran this, and how it ended, such as /var/lib/comptroller/trail/audit.log",
                Recursive = true,
            });
        }
    }

    /// <summary>Runs what was parsed.</summary>
    /// <param name="parsed">Without errors.</param>
    /// <param name="run">Gives the exit code.</param>
    /// <exception cref="IOException">The trail cannot be written; what was asked for is not done then.</exception>
    public static async Task<int> RunAsync(ParseResult parsed, Func<Task<int>> run)
    {
        if (parsed.CommandResult.Command.Name == "operator" || parsed.Errors.Count > 0 || parsed.GetValue<string?>(Name) is not { } file)
        {
            return await run();
        }

        var verb = string.Join('_', Verbs(parsed.CommandResult));
        var details = new JsonObject { ["arguments"] = new JsonArray([.. parsed.Tokens.Select(token => (JsonNode)Shown(token.Value))]), ["host"] = Environment.MachineName };
        if (Environment.GetEnvironmentVariable("SUDO_USER") is { Length: > 0 } behind)
        {
            // As sudo tells it; whoever is root may say what he likes.
            details["sudoUser"] = behind;
        }

        await AppendAsync(file, $"{verb}_started", "accepted", details);
        try
        {
            var exit = await run();
            await AppendAsync(file, $"{verb}_ended", exit switch { 0 => "success", 1 => "found", ExitCodes.Interrupted => "interrupted", _ => "failed" }, new JsonObject { ["exit"] = exit });
            return exit;
        }
        catch (Exception e)
        {
            await AppendAsync(file, $"{verb}_ended", e is OperationCanceledException ? "interrupted" : "failed", new JsonObject { ["error"] = e.Message });
            throw;
        }
    }

    // Opened for one event at a time: a backup of an hour must not keep others from the trail.
    private static async Task AppendAsync(string file, string what, string outcome, JsonObject details)
    {
        await using var log = await AuditLog.OpenAsync(file, LogOptions.Default, TimeProvider.System, CancellationToken.None);
        await log.AppendAsync(
            new AuditEvent
            {
                EventType = what.Length > 50 ? what[..50] : what,
                Actor = Environment.UserName is { Length: > 0 } user ? user : "unknown",
                Outcome = outcome,
                Details = details,
            },
            CancellationToken.None);
    }

    private static IEnumerable<string> Verbs(System.CommandLine.Parsing.CommandResult? result) =>
        result is null or { Command: RootCommand } ? [] : [.. Verbs(result.Parent as System.CommandLine.Parsing.CommandResult), result.Command.Name.Replace('-', '_')];

    /// <summary>Secrets are never arguments; what somebody wrote into an address all the same is not repeated.</summary>
    internal static string Shown(string argument)
    {
        var (scheme, at) = (argument.IndexOf("://", StringComparison.Ordinal), argument.LastIndexOf('@'));
        var shown = scheme >= 0 && at > scheme ? $"{argument[..(scheme + 3)]}***{argument[at..]}" : argument;
        var query = scheme >= 0 ? shown.IndexOf('?', StringComparison.Ordinal) : -1;
        shown = query >= 0 ? $"{shown[..query]}?***" : shown;
        return shown.Length > LongestArgument ? $"{shown[..LongestArgument]}..." : shown;
    }
}
