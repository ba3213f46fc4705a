namespace Comptroller.Drift.Events;

/// <summary>Who made a call.</summary>
/// <param name="Name">The human, or the program that acted for itself; empty when the log does not say.</param>
/// <param name="Type">Kind of identity, as the log names it.</param>
/// <param name="Role">The role that was assumed; empty when none.</param>
/// <param name="Principal">The full name: an ARN, an address, an object id.</param>
public sealed record Actor(string Name, string Type, string Role, string Principal)
{
    public static Actor Unknown { get; } = new("", "", "", "");

    /// <summary>What the log calls the principal beside its full name: <c>AROA…:session</c> of AWS, the address or object id elsewhere.</summary>
    public string PrincipalId { get; init; } = "";

    /// <summary>
    /// The actor of a call of AWS. The cloudtrail plugin puts the role into <c>ct.user</c> when a role was assumed, and CloudTrail has no
    /// user name there at all: the human is in <c>ct.originaluser</c>, in the source identity that the first role's session was given and
    /// that every role behind it keeps, or is the session.
    /// </summary>
    /// <param name="user">The user, or the role.</param>
    /// <param name="originalUser">The human, where the log knows.</param>
    /// <param name="type">Kind of identity.</param>
    /// <param name="arn">The full name.</param>
    /// <param name="principalId">The id, with the session behind a colon.</param>
    /// <param name="issuer">The role that a session was made of, for logs without an ARN.</param>
    public static Actor OfAws(string? user, string? originalUser, string? type, string? arn, string? principalId, string? issuer = null)
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
        return new Actor(name, type ?? "", assumed ? FirstOf(role, issuer) : role, FirstOf(arn, principalId)) { PrincipalId = principalId ?? "" };
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
