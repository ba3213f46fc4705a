using System.Globalization;
using Comptroller.AuditPolicies.Rendering.Shipping;

namespace Comptroller.AuditPolicies.Alerting;

/// <summary>
/// The pieces of LogsQL that alert rules are made of. Field names and values are always quoted: servers from 1.26 to 1.5x agree on quoted
/// text, while newer ones refuse some of it bare.
/// </summary>
internal static class LogsQl
{
    /// <summary>A quoted string; LogsQL reads Go's escapes, so any user input stays one value.</summary>
    public static string Quote(string value) => GoText.Quote(value);

    /// <summary>The stream selector of one cluster's audit events.</summary>
    public static string Stream(string cluster) => $"{{cluster={Quote(cluster)},source={Quote(FluentBitConfiguration.Source)}}}";

    public static string Is(string field, string value) => $"{Quote(field)}:={Quote(value)}";

    public static string IsOneOf(string field, IEnumerable<string> values) => $"{Quote(field)}:in({string.Join(',', values.Select(Quote))})";

    public static string Like(string field, string regularExpression) => $"{Quote(field)}:~{Quote(regularExpression)}";

    public static string Present(string field) => $"{Quote(field)}:*";

    public static string Not(string filter) => "!" + filter;

    public static string Number(double value) => value.ToString("0.######", CultureInfo.InvariantCulture);

    /// <summary>A duration as LogsQL and rule groups write it: <c>90s</c>, <c>5m</c>, <c>2h</c>.</summary>
    public static string Duration(TimeSpan span)
    {
        var seconds = (long)span.TotalSeconds;
        var (number, unit) = seconds % 3600 == 0 ? (seconds / 3600, "h") : seconds % 60 == 0 ? (seconds / 60, "m") : (seconds, "s");
        return string.Create(CultureInfo.InvariantCulture, $"{number}{unit}");
    }
}
