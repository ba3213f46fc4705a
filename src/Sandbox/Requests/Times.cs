using System.Globalization;

namespace Comptroller.Sandbox.Requests;

/// <summary>Times as metadata shows them: RFC 3339, UTC, whole seconds.</summary>
internal static class Times
{
    public static string Format(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
