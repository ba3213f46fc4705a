using System.CommandLine;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Comptroller.Archive.Health;
using Comptroller.Archive.Log;

namespace Comptroller.Operator.Verbs.Archive;

/// <summary><c>archive append</c>: events from the command line or from standard input. Prints the number of each event once it is durable.</summary>
internal static class AppendVerb
{
    private const int Writers = 64;

    private static readonly Option<string?> Type = new("--type") { Description = "Event type, such as policy_updated; without it events are read from standard input, one JSON object a line" };
    private static readonly Option<string> Actor = new("--actor") { Description = "Who did it", DefaultValueFactory = _ => "system" };
    private static readonly Option<string?> Resource = new("--resource") { Description = "What it was done to" };
    private static readonly Option<string?> Outcome = new("--outcome") { Description = "How it ended, such as success or denied" };
    private static readonly Option<string?> Lead = new("--lead") { Description = "Lead id" };
    private static readonly Option<string?> Workflow = new("--workflow") { Description = "Workflow" };
    private static readonly Option<string?> Details = new("--details") { Description = "A JSON object with whatever else" };

    public static Command Create()
    {
        var log = ArchiveVerb.LogFile();
        var profile = new Option<string>("--profile") { Description = "Tuning profile", DefaultValueFactory = _ => "default" };
        profile.AcceptOnlyFromAmong([.. Tuning.Profiles.Keys]);
        var segment = new Option<long>("--segment-bytes") { Description = "A segment that long is sealed", DefaultValueFactory = _ => LogOptions.Default.SegmentBytes };
        var retention = new Option<int>("--retention-days") { Description = "Sealed segments that old are deleted; 0 keeps all", DefaultValueFactory = _ => 90 };
        var pii = new Option<string>("--pii") { Description = "Names and addresses of people: keep, hash (needs --pii-key) or redact", DefaultValueFactory = _ => "keep" };
        pii.AcceptOnlyFromAmong("keep", "hash", "redact");
        var piiKey = PersonalKey();
        var listen = new Option<string?>("--listen") { Description = "Address of /health while events are read, such as 127.0.0.1:9464" };
        var command = new Command("append", "Append audit events; each number is printed when its event is on the disk") { log, profile, segment, retention, pii, piiKey, listen, Type, Actor, Resource, Outcome, Lead, Workflow, Details };
        command.SetAction(async (result, cancellationToken) =>
        {
            var options = LogOptions.Default with
            {
                Tuning = Tuning.Profiles[result.GetValue(profile)!],
                SegmentBytes = result.GetValue(segment),
                Retention = result.GetValue(retention) is > 0 and var days ? TimeSpan.FromDays(days) : null,
                Personal = Personal(result.GetValue(pii)!, result.GetValue(piiKey)),
            };
            await using var health = result.GetValue(listen) is { } address ? await ListenAsync(address, result.GetValue(log)!, cancellationToken) : null;
            options = options with { Endpoint = health is null ? null : new Uri(health.Address, "health").ToString() };
            await using var auditLog = await AuditLog.OpenAsync(result.GetValue(log)!, options, TimeProvider.System, cancellationToken);
            var console = result.InvocationConfiguration;
            foreach (var text in Repairs(auditLog.Recovery))
            {
                await console.Error.WriteLineAsync(text);
            }

            if (result.GetValue(Type) is { } type)
            {
                await console.Output.WriteLineAsync($"{await auditLog.AppendAsync(Event(result, type), cancellationToken)}");
                return ExitCodes.Clean;
            }

            return await AppendLinesAsync(auditLog, Console.In, console.Output, console.Error, cancellationToken);
        });
        return command;
    }

    /// <summary>The key of pseudonyms.</summary>
    internal static Option<string?> PersonalKey() => new("--pii-key") { Description = "File with the key of pseudonyms, at least 16 bytes" };

    internal static PersonalData Hashed(string? path) => path is null
        ? throw new InvalidInputException(["--pii hash: needs --pii-key; without a key every address there is could be tried"])
        : StoreOptions.Read("--pii-key", path, text => PersonalData.Hashed(Encoding.UTF8.GetBytes(text.Trim())));

    private static PersonalData? Personal(string mode, string? key) => mode switch { "hash" => Hashed(key), "redact" => PersonalData.Redacted, _ => null };

    private static Task<HealthServer> ListenAsync(string address, string log, CancellationToken cancellationToken) => IPEndPoint.TryParse(address, out var endpoint) && endpoint.Port > 0
        ? HealthServer.StartAsync(endpoint, () => LogHealth.Judge(ObservedLog.Look(log), TimeProvider.System.GetUtcNow()), cancellationToken)
        : throw new InvalidInputException([$"--listen {address}: an address and a port, such as 127.0.0.1:9464"]);

    private static AuditEvent Event(ParseResult result, string type) => new()
    {
        EventType = type,
        Actor = result.GetValue(Actor)!,
        Resource = result.GetValue(Resource),
        Outcome = result.GetValue(Outcome),
        LeadId = result.GetValue(Lead),
        Workflow = result.GetValue(Workflow),
        Details = result.GetValue(Details) is { } details ? AuditEventJson.Object(details) : null,
    };

    // So many lines at a time that they are made durable together, so few that the numbers come out as the events go in.
    private static async Task<int> AppendLinesAsync(AuditLog log, TextReader input, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        var running = Channel.CreateBounded<(long Line, Task<long> Append)>(new BoundedChannelOptions(Writers) { SingleReader = true });
        // Beside the reading: who sends one event and waits for its number must get it, and reading standard input holds its thread.
        var printing = PrintAsync(running, output, error);
        var (exit, number) = (ExitCodes.Clean, 0L);
        try
        {
            while (await input.ReadLineAsync(cancellationToken) is { } line)
            {
                number++;
                try
                {
                    await running.Writer.WriteAsync((number, log.AppendAsync(AuditEventJson.Parse(line), cancellationToken).AsTask()), cancellationToken);
                }
                catch (Exception e) when (e is FormatException or JsonException)
                {
                    await error.WriteLineAsync($"-:{number}: {e.Message}");
                    exit = ExitCodes.Errors;
                }
            }
        }
        catch (ChannelClosedException)
        {
            // The printing came to its end before the reading did, and says below why.
        }
        finally
        {
            running.Writer.TryComplete();
        }

        return await printing == ExitCodes.Clean ? exit : ExitCodes.Errors;
    }

    private static async Task<int> PrintAsync(Channel<(long Line, Task<long> Append)> running, TextWriter output, TextWriter error)
    {
        var exit = ExitCodes.Clean;
        try
        {
            await foreach (var (line, append) in running.Reader.ReadAllAsync(CancellationToken.None))
            {
                long number;
                try
                {
                    number = await append;
                }
                catch (Exception e) when (e is EventRefusedException or IOException)
                {
                    // Of a full disk, too: the events behind it are tried again when there is room.
                    await error.WriteLineAsync($"-:{line}: {e.Message}");
                    exit = ExitCodes.Errors;
                    continue;
                }

                // Outside: where its number cannot be told, the event is written all the same.
                await output.WriteLineAsync($"{number}");
            }
        }
        finally
        {
            // Or the reading would wait for ever for somebody who takes its events.
            running.Writer.TryComplete();
        }

        return exit;
    }

    private static IEnumerable<string> Repairs(LogRecovery recovery)
    {
        if (recovery.TornBytes > 0)
        {
            yield return $"{recovery.TornBytes} bytes of events that were never acknowledged were cut off; they are in {recovery.TornFile}";
        }

        foreach (var damage in recovery.Damage)
        {
            yield return $"damage: {damage}";
        }
    }
}
