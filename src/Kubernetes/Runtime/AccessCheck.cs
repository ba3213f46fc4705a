using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Model;

namespace Comptroller.Kubernetes.Runtime;

/// <summary>What a program must be allowed to do to one resource.</summary>
/// <param name="Type">The resource.</param>
/// <param name="Verbs">RBAC verbs.</param>
/// <param name="Subresource">Such as <c>status</c>; null for the resource itself.</param>
public sealed record NeededAccess(ResourceType Type, IReadOnlyList<string> Verbs, string? Subresource = null);

/// <summary>One thing that RBAC does not allow.</summary>
/// <param name="Verb">The RBAC verb.</param>
/// <param name="Resource">Plural with subresource and group, such as <c>auditpolicies/status.comptroller.dev</c>.</param>
/// <param name="Namespace">Empty for all namespaces.</param>
public sealed record MissingAccess(string Verb, string Resource, string Namespace);

/// <summary>Asks the server what this program may do, so that a missing permission is named at the start (rule R11).</summary>
public static class AccessCheck
{
    /// <summary>What is not allowed, in the order asked.</summary>
    /// <param name="client">Asks by SelfSubjectAccessReview.</param>
    /// <param name="needed">What is needed.</param>
    /// <param name="namespaces">Where; empty means everywhere.</param>
    /// <param name="cancellationToken">Ends the requests.</param>
    /// <exception cref="KubeApiException">The server cannot be asked.</exception>
    public static async Task<IReadOnlyList<MissingAccess>> MissingAsync(
        IKubeClient client, IReadOnlyList<NeededAccess> needed, IReadOnlyList<string> namespaces, CancellationToken cancellationToken)
    {
        var missing = new List<MissingAccess>();
        foreach (var @namespace in namespaces.Count == 0 ? [""] : namespaces)
        {
            foreach (var access in needed)
            {
                foreach (var verb in access.Verbs)
                {
                    if (!await IsAllowedAsync(client, access, verb, @namespace, cancellationToken))
                    {
                        var resource = access.Subresource is null ? access.Type.Plural : $"{access.Type.Plural}/{access.Subresource}";
                        missing.Add(new MissingAccess(verb, access.Type.Group.Length == 0 ? resource : $"{resource}.{access.Type.Group}", @namespace));
                    }
                }
            }
        }

        return missing;
    }

    private static async Task<bool> IsAllowedAsync(IKubeClient client, NeededAccess access, string verb, string @namespace, CancellationToken cancellationToken)
    {
        var attributes = new JsonObject { ["group"] = access.Type.Group, ["resource"] = access.Type.Plural, ["verb"] = verb };
        if (access.Subresource is not null)
        {
            attributes["subresource"] = access.Subresource;
        }

        if (@namespace.Length > 0)
        {
            attributes["namespace"] = @namespace;
        }

        var review = await client.CreateAsync(
            KubernetesTypes.SelfSubjectAccessReviews, null,
            new JsonObject
            {
                ["apiVersion"] = KubernetesTypes.SelfSubjectAccessReviews.ApiVersion,
                ["kind"] = KubernetesTypes.SelfSubjectAccessReviews.Kind,
                ["spec"] = new JsonObject { ["resourceAttributes"] = attributes },
            },
            "comptroller", cancellationToken);
        return review.Status?.Allowed == true;
    }
}
