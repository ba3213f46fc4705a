namespace Comptroller.Drift.Api.Access;

/// <summary>What a caller may do. The numbers are kept in stores.</summary>
[Flags]
public enum Scopes
{
    None = 0,

    /// <summary>Ask.</summary>
    Read = 1,

    /// <summary>Decide about drifts; asks as well.</summary>
    Write = 2,

    /// <summary>Send events, and nothing else.</summary>
    Intake = 4,

    /// <summary>Everything, and the keys of others.</summary>
    Admin = 8,
}

/// <summary>How they are written.</summary>
public static class ScopeNames
{
    public const string All = "read, write, intake, admin";

    private static readonly (Scopes Scope, string Name)[] Names = [(Scopes.Read, "read"), (Scopes.Write, "write"), (Scopes.Intake, "intake"), (Scopes.Admin, "admin")];

    /// <summary>Reads one name; null when it is none.</summary>
    public static Scopes? Parse(string name)
    {
        var found = Array.Find(Names, each => each.Name == name);
        return found.Name is null ? null : found.Scope;
    }

    /// <summary>Reads names with spaces between them, as OAuth writes them; unknown ones grant nothing.</summary>
    public static Scopes ParseList(string text)
    {
        var scopes = Scopes.None;
        foreach (var range in text.AsSpan().Split(' '))
        {
            scopes |= Parse(text[range]) ?? Scopes.None;
        }

        return scopes;
    }

    public static IEnumerable<string> List(this Scopes scopes) => Names.Where(each => scopes.HasFlag(each.Scope)).Select(each => each.Name);

    /// <summary>Whether what somebody has is enough.</summary>
    public static bool Grants(this Scopes has, Scopes needed) => needed switch
    {
        Scopes.None => true,
        Scopes.Read => (has & (Scopes.Read | Scopes.Write | Scopes.Admin)) != Scopes.None,
        _ => (has & (needed | Scopes.Admin)) != Scopes.None,
    };
}
