using System.Globalization;
using Comptroller.Drift.Api.Streams;
using Comptroller.Drift.Comparison;
using Comptroller.Drift.Rules;
using Microsoft.Extensions.Logging;

namespace Comptroller.Operator.Verbs.Drift;

/// <summary>
/// Writes what happens to drifts as log lines, with the names that the runbook's queries ask for. Values are left out: a log is read by
/// more people than the API, and outlives what is forgotten there.
/// </summary>
internal sealed class WatchLog(DriftFeed feed, ILogger logger)
{
    private const int MostTogether = 256;

    /// <summary>Notes of one kind in a minute; a caller who is refused a thousand times a second is one line of news, not a thousand.</summary>
    private const int MostNotes = 60;

    private readonly Lock _gate = new();
    private long _minute;
    private int _notes;

    /// <summary>Runs until it is told to stop.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        long? at = null;
        while (true)
        {
            try
            {
                at ??= await feed.LastAsync(cancellationToken);
                var (events, last) = await feed.ReadAsync(at.Value, MostTogether, cancellationToken);
                at = last;
                foreach (var each in events)
                {
                    Write(each);
                }
            }
            catch (System.Data.Common.DbException)
            {
                // Whoever writes to the store says why it fails; this goes on when it is there again.
                await Task.Delay(TimeSpan.FromSeconds(5), cancellationToken);
            }
        }
    }

    /// <summary>A line about a caller.</summary>
    public void Note(string message)
    {
        lock (_gate)
        {
            var minute = Environment.TickCount64 / 60_000;
            _notes = minute == _minute ? _notes + 1 : 1;
            _minute = minute;
            if (_notes > MostNotes)
            {
                return;
            }
        }

        Write(LogLevel.Warning, message, []);
    }

    private void Write(FeedEvent each)
    {
        var drift = each.Drift;
        var message = each.Change.Name switch
        {
            "detected" => "Drift detected",
            "changed" => "Drift changed",
            "opened" => "Drift opened",
            "reopened" => "Drift reopened",
            var name => $"Drift {name}",
        };
        Write(LogLevel.Information, message,
        [
            new("id", drift.Id), new("provider", drift.Provider), new("resource_type", drift.Type), new("resource_id", drift.ResourceId), new("address", drift.Address),
            new("attribute", drift.Attribute), new("kind", drift.Kind.Name()), new("severity", drift.Severity.Name()), new("user", each.Change.By.Length > 0 ? each.Change.By : drift.Actor),
            new("event", drift.Event), new("event_id", each.Number.ToString(CultureInfo.InvariantCulture)), new("reason", drift.Reason),
        ]);
    }

    private void Write(LogLevel level, string message, KeyValuePair<string, object?>[] fields) => logger.Log(level, default, fields, null, (_, _) => message);
}
