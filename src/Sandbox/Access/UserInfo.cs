namespace Comptroller.Sandbox.Access;

/// <summary>Who asks.</summary>
internal sealed record UserInfo(string Name, string Uid, IReadOnlyList<string> Groups, IReadOnlyDictionary<string, IReadOnlyList<string>> Extra)
{
    public static UserInfo Anonymous { get; } =
        new("system:anonymous", "", ["system:unauthenticated"], new Dictionary<string, IReadOnlyList<string>>());
}
