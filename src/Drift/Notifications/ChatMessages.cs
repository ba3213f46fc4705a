using System.Text;
using System.Text.Json;
using Comptroller.Drift.Api;
using Comptroller.Drift.Rules;

namespace Comptroller.Drift.Notifications;

/// <summary>Messages of chat services. Pure.</summary>
internal static class ChatMessages
{
    /// <summary>What means something in Markdown wherever it stands, and to Teams <c>{{DATE(…)}}</c>.</summary>
    private const string Marks = @"\`*_{}[]()<>#|~!";

    /// <summary>What begins a list.</summary>
    private const string Bullets = "-+.";

    /// <summary>Slack, as blocks with a text for notifications of the client.</summary>
    public static byte[] Slack(IReadOnlyList<Notice> notices) => JsonBody.Bytes(json =>
    {
        json.WriteStartObject();
        json.WriteString("text", Escaped(NoticeText.Headline(notices)));
        json.WriteStartArray("blocks");
        json.WriteStartObject();
        json.WriteString("type", "header");
        WriteText(json, "text", "plain_text", Cut($"{Emoji(notices)} {NoticeText.Headline(notices)}", 150));
        json.WriteEndObject();
        foreach (var notice in NoticeText.Shown(notices))
        {
            var drift = notice.Drift;
            json.WriteStartObject();
            json.WriteString("type", "section");
            if (notices.Count > 1)
            {
                WriteText(json, "text", "mrkdwn", $"*{Escaped(notice.Headline)}*");
            }

            json.WriteStartArray("fields");
            foreach (var (name, value) in Facts(notice))
            {
                json.WriteStartObject();
                json.WriteString("type", "mrkdwn");
                json.WriteString("text", $"*{name}*\n{Escaped(value)}");
                json.WriteBoolean("verbatim", true);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteStartObject();
            json.WriteString("type", "context");
            json.WriteStartArray("elements");
            json.WriteStartObject();
            json.WriteString("type", "mrkdwn");
            json.WriteString("text", $"{Escaped(drift.ResourceId)} · {ApiJson.At(drift.LastSeen)} · {drift.Id}");
            json.WriteBoolean("verbatim", true);
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }

        if (NoticeText.Rest(notices) is { Length: > 0 } rest)
        {
            json.WriteStartObject();
            json.WriteString("type", "section");
            WriteText(json, "text", "mrkdwn", rest);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });

    /// <summary>Discord, an embed for each drift. Names in drifts mention nobody.</summary>
    public static byte[] Discord(IReadOnlyList<Notice> notices) => JsonBody.Bytes(json =>
    {
        json.WriteStartObject();
        json.WriteString("content", string.Join(' ', ((string[])[Plain(NoticeText.Headline(notices)), NoticeText.Rest(notices)]).Where(text => text.Length > 0)));
        json.WriteStartObject("allowed_mentions");
        json.WriteStartArray("parse");
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteStartArray("embeds");
        foreach (var notice in NoticeText.Shown(notices))
        {
            json.WriteStartObject();
            json.WriteString("title", Cut(Plain(notice.Headline), 256));
            json.WriteString("description", Cut($"Attribute: {Plain(notice.Drift.Attribute)}", 2048));
            json.WriteNumber("color", Colour(notice));
            json.WriteString("timestamp", ApiJson.At(notice.Drift.LastSeen));
            json.WriteStartArray("fields");
            foreach (var (name, value) in ((string Name, string Value)[])[("Old Value", NoticeText.Value(notice.Drift.Old)), ("New Value", NoticeText.Value(notice.Drift.New)), ("User", NoticeText.Who(notice)), ("Severity", notice.Drift.Severity.Name()), ("Resource ID", notice.Drift.ResourceId)])
            {
                json.WriteStartObject();
                json.WriteString("name", name);
                json.WriteString("value", Cut(value.Length > 0 ? Plain(value) : "-", 1024));
                json.WriteBoolean("inline", true);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });

    /// <summary>Teams, an adaptive card as its workflows take it.</summary>
    public static byte[] Teams(IReadOnlyList<Notice> notices) => JsonBody.Bytes(json =>
    {
        json.WriteStartObject();
        json.WriteString("type", "message");
        json.WriteStartArray("attachments");
        json.WriteStartObject();
        json.WriteString("contentType", "application/vnd.microsoft.card.adaptive");
        json.WriteStartObject("content");
        json.WriteString("$schema", "http://adaptivecards.io/schemas/adaptive-card.json");
        json.WriteString("type", "AdaptiveCard");
        json.WriteString("version", "1.4");
        json.WriteStartArray("body");
        WriteBlock(json, Plain(NoticeText.Headline(notices)), "Large", NoticeText.Worst(notices) >= Severity.High && !notices.All(notice => notice.IsOver) ? "Attention" : "Default");
        foreach (var notice in NoticeText.Shown(notices))
        {
            if (notices.Count > 1)
            {
                WriteBlock(json, Plain(notice.Headline), "Medium", "Default");
            }

            json.WriteStartObject();
            json.WriteString("type", "FactSet");
            json.WriteStartArray("facts");
            foreach (var (name, value) in Facts(notice).Append(("Resource ID", notice.Drift.ResourceId)))
            {
                json.WriteStartObject();
                json.WriteString("title", name);
                json.WriteString("value", Plain(value));
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        if (NoticeText.Rest(notices) is { Length: > 0 } rest)
        {
            WriteBlock(json, rest, "Default", "Default");
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    });

    private static (string Name, string Value)[] Facts(Notice notice) =>
        [("Attribute", notice.Drift.Attribute), ("Severity", notice.Drift.Severity.Name()), ("Changed", NoticeText.Change(notice)), ("User", NoticeText.Who(notice))];

    private static void WriteText(Utf8JsonWriter json, string name, string type, string text)
    {
        json.WriteStartObject(name);
        json.WriteString("type", type);
        json.WriteString("text", text);
        if (type == "mrkdwn")
        {
            // Slack would make links of addresses and mentions of names.
            json.WriteBoolean("verbatim", true);
        }

        json.WriteEndObject();
    }

    private static void WriteBlock(Utf8JsonWriter json, string text, string size, string colour)
    {
        json.WriteStartObject();
        json.WriteString("type", "TextBlock");
        json.WriteString("text", text);
        json.WriteString("size", size);
        json.WriteString("weight", "Bolder");
        json.WriteString("color", colour);
        json.WriteBoolean("wrap", true);
        json.WriteEndObject();
    }

    private static string Emoji(IReadOnlyList<Notice> notices) => notices.All(notice => notice.IsOver) ? ":white_check_mark:" : NoticeText.Worst(notices) switch
    {
        Severity.Critical => ":rotating_light:",
        Severity.High => ":warning:",
        Severity.Medium => ":large_orange_diamond:",
        _ => ":information_source:",
    };

    private static int Colour(Notice notice) => notice.IsOver ? 0x2EB67D : notice.Drift.Severity switch
    {
        Severity.Critical => 0xFF0000,
        Severity.High => 0xFF8C00,
        Severity.Medium => 0xFFFF00,
        _ => 0x00FF00,
    };

    // A resource that somebody named <!channel> would wake everybody.
    private static string Escaped(string text) => text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);

    // Names and values are written by whoever changed the cloud: as Markdown they could hide where a link leads, or look like ours. Teams reads
    // Markdown in texts and facts, Discord in embeds; both make links of bare addresses, which a character without width keeps apart.
    private static string Plain(string text)
    {
        var plain = new StringBuilder(text.Length + 16);
        foreach (var character in text)
        {
            if (char.IsControl(character))
            {
                plain.Append(' ');
                continue;
            }

            if (Marks.Contains(character) || (plain.Length == 0 && Bullets.Contains(character)))
            {
                plain.Append('\\');
            }

            plain.Append(character);
        }

        return plain.Replace("://", ":\u200B//").ToString();
    }

    private static string Cut(string text, int most) => text.Length > most ? $"{text[..(most - 1)]}…" : text;
}
