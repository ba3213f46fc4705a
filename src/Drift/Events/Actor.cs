namespace Comptroller.Drift.Events;

/// <summary>Who made a call.</summary>
/// <param name="Name">The human, or the program that acted for itself; empty when the log does not say.</param>
/// <param name="Type">Kind of identity, as the log names it.</param>
/// <param name="Role">The role that was assumed; empty when none.</param>
/// <param name="Principal">The full name: an ARN, an address, an object id.</param>
public sealed record Actor(string Name, string Type, string Role, string Principal)
{
    public static Actor Unknown { get; } = new("", "", "", "");

    /// <summary>
    /// The actor of a call of AWS. The cloudtrail plugin puts the role into <c>ct.user</c> when a role was assumed, and CloudTrail has no
    /// user name there at all: the human is in <c>ct.originaluser</c>, or is the session.
    /// </summary>
    public static Actor OfAws(string? user, string? originalUser, string? type, string? arn, string? principalId)
    {
        var (role, session) = AssumedRole(arn);
        // Whatever a principal id has after the colon is a session too.
        var principalSession = principalId?.LastIndexOf(':') is >= 0 and var colon ? principalId[(colon + 1)..] : "";
        var assumed = role.Length > 0 || (type?.Contains("AssumedRole", StringComparison.OrdinalIgnoreCase) ?? false);
        var name = FirstOf(
            originalUser,
            session,
            assumed ? principalSession : null,
            user,
            role,
            principalSession,
            Tail(arn));
        return new Actor(name, type ?? "", role, FirstOf(arn, principalId));
    }

    private static (string Role, string Session) AssumedRole(string? arn)
    {
        const string Marker = ":assumed-role/";
        var at = arn?.IndexOf(Marker, StringComparison.Ordinal) ?? -1;
        if (at < 0)
        {
            return ("", "");
        }

        var parts = arn![(at + Marker.Length)..].Split('/');
        return parts.Length > 1 ? (parts[^2], parts[^1]) : (parts[0], "");
    }

    private static string Tail(string? arn) => arn is null ? "" : arn[(arn.LastIndexOfAny(['/', ':']) + 1)..];

    private static string FirstOf(params ReadOnlySpan<string?> candidates)
    {
        foreach (var candidate in candidates)
        {
            if (!string.IsNullOrEmpty(candidate))
            {
                return candidate;
            }
        }

        return "";
    }
}
