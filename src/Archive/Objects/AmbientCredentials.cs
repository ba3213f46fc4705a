using Amazon.Runtime;
using Amazon.Runtime.Credentials;

namespace Comptroller.Archive.Objects;

/// <summary>Credentials from where AWS programs look: environment, web identity (IRSA), Pod Identity, instance metadata. They are looked for at the first request, and once more when they have expired.</summary>
internal sealed class AmbientCredentials : AWSCredentials
{
    private AWSCredentials? _found;

    /// <summary>The store says that they have expired.</summary>
    public void Renew()
    {
        (_found as RefreshingAWSCredentials)?.ClearCredentials();
        _found = null;
    }

    /// <inheritdoc/>
    public override ImmutableCredentials GetCredentials() => Found().GetCredentials();

    /// <inheritdoc/>
    public override Task<ImmutableCredentials> GetCredentialsAsync() => Found().GetCredentialsAsync();

    private AWSCredentials Found() => _found ??= DefaultAWSCredentialsIdentityResolver.GetCredentials();
}
