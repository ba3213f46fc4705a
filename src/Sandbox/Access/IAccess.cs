namespace Comptroller.Sandbox.Access;

/// <summary>Turns credentials into a user.</summary>
internal interface IAuthenticator
{
    /// <summary>
    /// Null when a bearer token was given and is not valid (401). <see cref="UserInfo.Anonymous"/> when no credential that the
    /// server knows was given.
    /// </summary>
    UserInfo? Authenticate(string? authorizationHeader);
}

/// <summary>Decides what a user may do.</summary>
internal interface IAuthorizer
{
    AccessDecision Authorize(AccessRequest request);
}

/// <summary>What somebody wants to do: to a resource, or (with <see cref="Resource"/> empty) to a bare path.</summary>
/// <param name="Verb">get, list, watch, create, update, patch, delete, deletecollection; for bare paths the method in lower case.</param>
/// <param name="Resource">Plural name.</param>
/// <param name="Subresource">Empty for the object itself.</param>
/// <param name="Namespace">Empty at cluster scope.</param>
/// <param name="Name">Empty for a collection.</param>
internal sealed record AccessRequest(
    UserInfo User, string Verb, string Group, string Version, string Resource, string Subresource, string Namespace, string Name, string Path)
{
    public bool IsResource => Resource.Length > 0;
}

/// <param name="Reason">Names the binding that allowed it; empty when denied.</param>
internal sealed record AccessDecision(bool Allowed, string Reason);
