using Comptroller.AuditPolicies.Evaluation;

namespace Comptroller.AuditPolicies.Testing;

/// <summary>
/// The request of a test case: attributes, or method and url, from which the missing attributes are derived as the API server derives them.
/// </summary>
internal static class TestRequest
{
    /// <summary>Stands for a request with errors; a file with errors is never run.</summary>
    public static readonly AuditRequest Unreadable = new() { Verb = "", IsResourceRequest = false };

    public static AuditRequest? Read(FieldReader fields)
    {
        fields.Skip("apiVersion");
        if (!fields.Has("user"))
        {
            fields.Fail("user", "is required: a name, or null for a failed authentication (401)");
        }

        var user = fields.Text("user");
        var groups = fields.Texts("groups") ?? [];
        var resolved = Resolved(fields, user, groups);
        var verb = fields.Text("verb");
        var isResource = fields.Flag("resourceRequest");
        var path = fields.Text("path");
        var apiGroup = fields.Text("apiGroup");
        var space = fields.Text("namespace");
        var resource = fields.Text("resource");
        var subresource = fields.Text("subresource");
        var name = fields.Text("name");
        fields.RefuseUnknown();
        if (resolved is null && verb is null)
        {
            fields.Fail("verb", "is required, unless method and url are given");
        }

        if (resolved is null && isResource is null && string.IsNullOrEmpty(resource) && string.IsNullOrEmpty(path))
        {
            fields.Fail("", "asks for nothing: give a resource, a path, or method and url");
        }

        if (user is null && groups.Count > 0)
        {
            fields.Fail("groups", "a request without a user has no groups");
        }

        return new AuditRequest
        {
            User = user,
            Groups = groups,
            Verb = verb ?? resolved?.Verb ?? "",
            IsResourceRequest = isResource ?? resolved?.IsResourceRequest ?? !string.IsNullOrEmpty(resource),
            Path = path ?? resolved?.Path ?? "",
            ApiGroup = apiGroup ?? resolved?.ApiGroup ?? "",
            Namespace = space ?? resolved?.Namespace ?? "",
            Resource = resource ?? resolved?.Resource ?? "",
            Subresource = subresource ?? resolved?.Subresource ?? "",
            Name = name ?? resolved?.Name ?? "",
        };
    }

    private static AuditRequest? Resolved(FieldReader fields, string? user, IReadOnlyList<string> groups)
    {
        var method = fields.Text("method");
        var url = fields.Text("url");
        if (method is null && url is null)
        {
            return null;
        }

        if (method is null || url is null)
        {
            fields.Fail(method is null ? "method" : "url", "method and url come together");
            return null;
        }

        try
        {
            return RequestAttributes.Resolve(method, url, user, groups);
        }
        catch (FormatException e)
        {
            fields.Fail("url", e.Message);
            return null;
        }
    }
}
