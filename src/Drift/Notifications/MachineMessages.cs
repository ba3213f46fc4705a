using System.Security.Cryptography;
using System.Text;
using Comptroller.Drift.Api;
using Comptroller.Drift.Comparison;
using Comptroller.Drift.Lifecycle;
using Comptroller.Drift.Rules;

namespace Comptroller.Drift.Notifications;

/// <summary>Messages that programs read. Pure.</summary>
internal static class MachineMessages
{
    /// <summary>How long an alert lasts when nobody says it again; it is said again every hour.</summary>
    public static readonly TimeSpan AlertLife = TimeSpan.FromHours(4);

    /// <summary>A webhook: every drift as the API writes it.</summary>
    public static byte[] Webhook(IReadOnlyList<Notice> notices, string delivery, DateTimeOffset now) => JsonBody.Bytes(json =>
    {
        json.WriteStartObject();
        json.WriteString("event", "drift");
        json.WriteString("delivery", delivery);
        json.WriteString("sent_at", ApiJson.At(now));
        json.WriteStartArray("drifts");
        foreach (var notice in notices)
        {
            json.WriteStartObject();
            json.WriteString("change", notice.Change);
            ApiJson.WriteMembers(json, notice.Drift, notice.Last);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });

    /// <summary>
    /// Alerts of the API v2 of Alertmanager and VMAlertmanager. What a drift is now decides, not what the message was made for: a
    /// resolution that overtakes its alert must not leave it firing.
    /// </summary>
    public static byte[] Alerts(IReadOnlyList<Notice> notices, DateTimeOffset now) => JsonBody.Bytes(json =>
    {
        json.WriteStartArray();
        foreach (var drift in notices.Select(notice => notice.Drift))
        {
            json.WriteStartObject();
            json.WriteStartObject("labels");
            json.WriteString("alertname", "TerraformDrift");
            json.WriteString("drift", drift.Id);
            json.WriteString("severity", drift.Severity.Name());
            json.WriteString("provider", drift.Provider);
            json.WriteString("kind", drift.Kind.Name());
            json.WriteString("resource_type", drift.Type);
            json.WriteString("resource_id", drift.ResourceId);
            json.WriteString("attribute", drift.Attribute);
            json.WriteEndObject();
            json.WriteStartObject("annotations");
            var notice = new Notice("opened", drift);
            json.WriteString("summary", $"{notice.Title}: {drift.Attribute}");
            json.WriteString("description", $"{NoticeText.Change(notice)}, by {NoticeText.Who(notice)}");
            json.WriteEndObject();
            json.WriteString("startsAt", ApiJson.At(drift.FirstSeen));
            // An end is what tells a resolved alert; one that somebody took on or silenced here need not ring there.
            json.WriteString("endsAt", ApiJson.At(drift.Status == DriftStatus.Open ? now + AlertLife : drift.ResolvedAt ?? now));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    /// <summary>
    /// The signature of a webhook: <c>sha256=</c> and the HMAC of the time, a dot and the body. With the time in it a message that was
    /// recorded cannot be sent again later.
    /// </summary>
    public static string Signature(byte[] key, long unixSeconds, ReadOnlySpan<byte> body)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        hmac.AppendData(Encoding.ASCII.GetBytes($"{unixSeconds}."));
        hmac.AppendData(body);
        return $"sha256={Convert.ToHexStringLower(hmac.GetHashAndReset())}";
    }
}
