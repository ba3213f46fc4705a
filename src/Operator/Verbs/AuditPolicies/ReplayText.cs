using System.Text;
using Comptroller.AuditPolicies.Model;
using Comptroller.AuditPolicies.Replay;

namespace Comptroller.Operator.Verbs.AuditPolicies;

/// <summary>A replay for people.</summary>
internal static class ReplayText
{
    public static string Write(ReplayReport report)
    {
        var text = new StringBuilder();
        AppendLog(text, report.Log);
        AppendKept(text, report);
        AppendRules(text, report);
        AppendTop(text, "user", report.Users);
        AppendTop(text, "resource", report.Resources);
        AppendTop(text, "verb", report.Verbs);
        if (report.Against is { } comparison)
        {
            AppendComparison(text, report, comparison);
        }

        return text.ToString();
    }

    private static void AppendLog(StringBuilder text, LogSummary log)
    {
        text.Append($"read {Amounts.Count(log.Events, "event")}, {Amounts.Bytes(log.EventBytes)}, in {Amounts.Count(log.Lines, "line")}");
        if (log is { First: { } first, Last: { } last })
        {
            text.Append($", {first:yyyy-MM-dd HH:mm:ss} to {last:yyyy-MM-dd HH:mm:ss} UTC ({Amounts.Duration(last - first)})");
        }

        text.Append('\n');
        if (!log.Problems.IsEmpty)
        {
            text.Append($"  problems: {string.Join(", ", log.Problems.Select(problem => $"{problem.Key} {Amounts.Count(problem.Value)}"))}\n");
        }

        foreach (var problem in log.FirstProblems)
        {
            text.Append($"  {problem.Source}:{problem.Line}: {problem.Message} [{problem.Kind}]\n");
        }
    }

    private static void AppendKept(StringBuilder text, ReplayReport report)
    {
        var kept = report.Kept;
        text.Append($"\nkept {Amounts.Count(kept.Events, "event")} ({Amounts.Percent(kept.Events, report.Log.Events)}), {Size(kept)} ({Amounts.Percent(kept.Bytes, report.Log.EventBytes)})\n");
        text.Append($"  dropped: {Amounts.Count(report.DroppedByLevel)} by level None");
        text.Append(string.Concat(report.DroppedByStage.Select(dropped => $", {Amounts.Count(dropped.Events)} of the omitted stage {dropped.Stage}"))).Append('\n');
        if (kept.AtLeastEvents > 0)
        {
            text.Append($"  at least: {Amounts.Count(kept.AtLeastEvents, "event")} would hold bodies that were not recorded, so their true size is unknown\n");
        }

        text.Append("\nby level\n");
        var table = new TextTable("level", "recorded", "bytes", "kept", "bytes", "");
        foreach (var level in report.Levels.Where(level => level.Level != Level.None))
        {
            table.Add(level.Level.ToString(), Amounts.Count(level.RecordedEvents), Amounts.Bytes(level.RecordedBytes), Amounts.Count(level.Kept.Events), Amounts.Bytes(level.Kept.Bytes), AtLeast(level.Kept));
        }

        table.AppendTo(text);
    }

    private static void AppendRules(StringBuilder text, ReplayReport report)
    {
        text.Append("\nby rule\n");
        var table = new TextTable("rule", "level", "events", "bytes", "kept", "bytes", "");
        foreach (var rule in report.Rules.Where(rule => rule.Index >= 0 || rule.Events > 0))
        {
            table.Add(Name(rule.Index), rule.Level.ToString(), Amounts.Count(rule.Events), Amounts.Bytes(rule.Bytes), Amounts.Count(rule.Kept.Events), Amounts.Bytes(rule.Kept.Bytes), AtLeast(rule.Kept));
        }

        table.AppendTo(text);
    }

    private static void AppendTop(StringBuilder text, string what, TopList list)
    {
        text.Append($"\nby {what}{(list.IsExact ? "" : " (approximate: too many to count each)")}\n");
        var table = new TextTable(what, "kept", "bytes", "");
        foreach (var item in list.Items)
        {
            table.Add(item.Name, Amounts.Count(item.Events), Amounts.Bytes(item.Bytes), item.Error > 0 ? $"up to {Amounts.Bytes(item.Error)} more" : "");
        }

        table.AppendTo(text);
    }

    private static void AppendComparison(StringBuilder text, ReplayReport report, Comparison comparison)
    {
        var change = report.Kept.Bytes - comparison.Kept.Bytes;
        text.Append($"\nagainst the other policy, which keeps {Amounts.Count(comparison.Kept.Events, "event")}, {Size(comparison.Kept)}\n");
        text.Append($"  lost {Amounts.Count(comparison.Lost)}, at a lower level {Amounts.Count(comparison.Reduced)}, at a higher level {Amounts.Count(comparison.Raised)}, gained {Amounts.Count(comparison.Gained)}, unchanged {Amounts.Count(comparison.Same)}\n");
        text.Append($"  {(change < 0 ? Amounts.Bytes(-change) + " less" : Amounts.Bytes(change) + " more")} is written\n");
        foreach (var pair in comparison.Pairs)
        {
            text.Append($"\n  {Name(pair.AgainstRule)} ({pair.AgainstLevel}) -> {Name(pair.Rule)} ({pair.Level}): {Changes(pair)}, {(pair.Bytes < 0 ? "" : "+")}{Amounts.Bytes(pair.Bytes)}\n");
            text.Append(string.Concat(pair.Examples.Select(example => $"    {example}\n")));
        }
    }

    private static string Changes(RulePair pair) => string.Join(", ", new[]
    {
        (pair.Lost, "lost"), (pair.Reduced, "lower"), (pair.Raised, "higher"), (pair.Gained, "gained"),
    }.Where(change => change.Item1 > 0).Select(change => $"{Amounts.Count(change.Item1)} {change.Item2}"));

    private static string Name(int rule) => rule < 0 ? "no rule" : $"rules[{rule}]";

    private static string Size(KeptCount kept) => $"{(kept.AtLeastEvents > 0 ? "at least " : "")}{Amounts.Bytes(kept.Bytes)}";

    private static string AtLeast(KeptCount kept) => kept.AtLeastEvents > 0 ? "at least" : "";
}
