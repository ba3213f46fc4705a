using System.CommandLine;
using System.Text;
using System.Text.Json;
using Comptroller.Drift.Comparison;
using Comptroller.Drift.Events;
using Comptroller.Drift.Lifecycle;
using Comptroller.Drift.Reports;

namespace Comptroller.Operator.Verbs.Drift;

/// <summary><c>drift replay</c>: recorded events through a state and rules, as if they happened now. Exit 0 no drift, 1 it could not be done, 2 drift.</summary>
internal static class ReplayVerb
{
    public static Command Create()
    {
        var options = new DriftOptions();
        var files = new Argument<string[]>("files") { Description = "Recorded events, one JSON document a line or one document a file; - for standard input", Arity = ArgumentArity.OneOrMore };
        var format = new Option<string>("--output", "-o") { Description = "table or json (one finding a line)", DefaultValueFactory = _ => "table" };
        format.AcceptOnlyFromAmong("table", "json");
        var all = new Option<bool>("--all") { Description = "Show what is suppressed as well" };
        var command = new FindingCommand("replay", "Judge recorded events by a state: exit 0 no drift, 1 it could not be done, 2 drift") { files, format, all };
        options.AddTo(command);
        command.SetAction(async (result, cancellationToken) =>
        {
            var output = result.InvocationConfiguration.Output;
            var replay = new Replay(output, isJson: result.GetValue(format) == "json", withSuppressed: result.GetValue(all));
            var config = await options.ConfigAsync(result, cancellationToken);
            if (config.States.IsEmpty)
            {
                throw new FormatException("judged by which state? Give --state, or states in --config");
            }

            var state = await DriftOptions.IndexAsync(config, cancellationToken);
            foreach (var file in result.GetValue(files)!)
            {
                await foreach (var (text, place) in DocumentsAsync(file, cancellationToken))
                {
                    replay.Add(text, place, state, config.Rules);
                }
            }

            return replay.Finish();
        });
        return command;
    }

    // Lines as long as the first one is a document of its own, else the whole file.
    private static async IAsyncEnumerable<(ReadOnlyMemory<byte> Text, string Place)> DocumentsAsync(string path, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var stream = InputFiles.Open(path);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var number = 0;
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            number++;
            if (string.IsNullOrWhiteSpace(line))
            {
                continue;
            }

            if (number == 1 && !IsWhole(line))
            {
                yield return (Encoding.UTF8.GetBytes(line + "\n" + await reader.ReadToEndAsync(cancellationToken)), path);
                yield break;
            }

            yield return (Encoding.UTF8.GetBytes(line), $"{path}:{number}");
        }
    }

    private static bool IsWhole(string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private sealed class Replay(TextWriter output, bool isJson, bool withSuppressed)
    {
        private readonly SortedDictionary<string, int> _outcomes = new(StringComparer.Ordinal);
        private readonly Dictionary<DriftKey, (Finding First, int Occurrences)> _drifts = [];

        public void Add(ReadOnlyMemory<byte> text, string place, Comptroller.Drift.State.StateIndex state, Comptroller.Drift.Rules.RuleBook rules)
        {
            try
            {
                var understood = new List<Understanding>();
                AuditRecords.Read(text, understood);
                foreach (var record in understood)
                {
                    if (record.Reason != DropReason.None)
                    {
                        Count(record.Reason.Label());
                    }

                    foreach (var change in record.Events)
                    {
                        var judgement = Judge.Of(change, state, rules, change.Time ?? TimeProvider.System.GetUtcNow());
                        Count(judgement.Findings.Length > 0 && judgement.Findings.All(finding => finding.Suppression is not null) ? "suppressed" : Outcomes.Label(judgement.Outcome));
                        foreach (var finding in judgement.Findings.Where(finding => withSuppressed || finding.Suppression is null))
                        {
                            var key = DriftKey.Of(finding);
                            _drifts[key] = _drifts.TryGetValue(key, out var known) ? (known.First, known.Occurrences + 1) : (finding, 1);
                        }
                    }
                }
            }
            catch (Exception e) when (e is FormatException or InvalidOperationException)
            {
                // Half of a surrogate pair only shows when a value is looked at.
                throw new FormatException($"{place}: {e.Message}", e);
            }
        }

        public int Finish()
        {
            foreach (var (finding, occurrences) in _drifts.Values.OrderByDescending(drift => drift.First.Severity).ThenBy(drift => drift.First.Title, StringComparer.Ordinal))
            {
                if (isJson)
                {
                    using var buffer = new MemoryStream();
                    using (var writer = new Utf8JsonWriter(buffer))
                    {
                        JsonReport.Finding(writer, finding);
                    }

                    output.WriteLine(Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length));
                }
                else
                {
                    var actor = finding.Event?.Actor.Name is { Length: > 0 } name ? $", by {name}" : "";
                    output.WriteLine($"{finding.Severity.ToString().ToLowerInvariant(),-8}  {TextReport.Sentence(finding)}{actor}{(occurrences > 1 ? $", {occurrences} times" : "")}{(finding.Suppression is { } why ? $" ({why})" : "")}");
                }
            }

            if (!isJson)
            {
                output.WriteLine(_outcomes.Count == 0 ? "no events" : string.Join(", ", _outcomes.Select(outcome => $"{outcome.Value} {outcome.Key}")));
            }

            return _drifts.Values.Any(drift => drift.First.Suppression is null) ? 2 : 0;
        }

        private void Count(string outcome) => _outcomes[outcome] = _outcomes.GetValueOrDefault(outcome) + 1;
    }
}
