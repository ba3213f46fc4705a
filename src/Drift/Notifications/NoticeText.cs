using Comptroller.Drift.Rules;

namespace Comptroller.Drift.Notifications;

/// <summary>Texts that all messages share.</summary>
internal static class NoticeText
{
    /// <summary>Drifts that a message for people shows one by one.</summary>
    public const int MostShown = 10;

    private const int MostCharacters = 200;

    /// <summary>A value as people read it; long ones are cut, secrets never got here.</summary>
    public static string Value(string? json)
    {
        var text = json switch
        {
            null => "nothing",
            ['"', .., '"'] => System.Text.Json.JsonElement.Parse(json).GetString()!,
            _ => json,
        };
        return text.Length > MostCharacters ? $"{text[..MostCharacters]}…" : text;
    }

    public static string Change(Notice notice) => $"{Value(notice.Drift.Old)} → {Value(notice.Drift.New)}";

    public static string Who(Notice notice) => notice.Drift.Actor.Length > 0 ? notice.Drift.Actor : "unknown";

    /// <summary>The first line of a message.</summary>
    public static string Headline(IReadOnlyList<Notice> notices)
    {
        if (notices.Count == 1)
        {
            return notices[0].Headline;
        }

        var over = notices.Count(notice => notice.IsOver);
        return over == notices.Count ? $"{over} drifts resolved" : over == 0 ? $"{notices.Count} drifts" : $"{notices.Count - over} drifts, {over} resolved";
    }

    /// <summary>The worst first, then the newest.</summary>
    public static IEnumerable<Notice> Shown(IReadOnlyList<Notice> notices) =>
        notices.OrderBy(notice => notice.IsOver).ThenByDescending(notice => notice.Drift.Severity).ThenByDescending(notice => notice.Drift.LastSeen).Take(MostShown);

    public static string Rest(IReadOnlyList<Notice> notices) => notices.Count > MostShown ? $"and {notices.Count - MostShown} more" : "";

    public static Severity Worst(IReadOnlyList<Notice> notices) => notices.Max(notice => notice.Drift.Severity);
}
