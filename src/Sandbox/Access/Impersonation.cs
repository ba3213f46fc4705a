using Microsoft.AspNetCore.Http;

namespace Comptroller.Sandbox.Access;

/// <summary>The user that a client wants to be instead of itself (<c>kubectl --as</c>).</summary>
internal static class Impersonation
{
    /// <summary>Null when the client is content with itself.</summary>
    public static UserInfo? Of(IHeaderDictionary headers)
    {
        var name = headers["Impersonate-User"].ToString();
        if (name.Length == 0)
        {
            return null;
        }
        var groups = headers["Impersonate-Group"].OfType<string>().ToList();
        if (groups.Count == 0 && name.Split(':') is ["system", "serviceaccount", var @namespace, _])
        {
            groups = ["system:serviceaccounts", $"system:serviceaccounts:{@namespace}"];
        }
        return new UserInfo(name, headers["Impersonate-Uid"].ToString(), [.. groups, "system:authenticated"], new Dictionary<string, IReadOnlyList<string>>());
    }

    /// <summary>Whether <paramref name="user"/> may become <paramref name="wanted"/>: the right to impersonate the user and each group asked for.</summary>
    public static bool IsAllowed(IAuthorizer authorizer, UserInfo user, UserInfo wanted) =>
        authorizer.Authorize(Request(user, "users", wanted.Name)).Allowed
        && wanted.Groups.Where(group => !Implied(group)).All(group => authorizer.Authorize(Request(user, "groups", group)).Allowed);

    /// <summary>Groups that come with the name.</summary>
    private static bool Implied(string group) => group == "system:authenticated" || group.StartsWith("system:serviceaccounts", StringComparison.Ordinal);

    /// <summary>What the refusal of an impersonation says the user wanted.</summary>
    public static AccessRequest Refused(AccessRequest access) => access with { Verb = $"impersonate-on:user-info:{access.Verb}" };

    private static AccessRequest Request(UserInfo user, string resource, string name) => new(user, "impersonate", "", "v1", resource, "", "", name, "");
}
