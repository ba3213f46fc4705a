using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Model;

namespace Comptroller.Operator.Workloads;

/// <summary>
/// Looks whether what pods need exists. Metadata only: the values of a Secret never reach this process. The operator's role does not let it
/// read Secrets at all, and where nobody added that permission (deploy/credentials-check) the kubelet tells on the first pod instead.
/// A read in each run, which is once per interval when nothing happens: a watch instead would keep the metadata of every Secret and ConfigMap
/// of the cluster in memory for a few, and would need <c>list</c> on Secrets, which hands out their values.
/// </summary>
internal sealed class DependencyLookup(IKubeClient client)
{
    private static readonly ResourceType<PartialObjectMetadata> Secrets =
        KubernetesTypes.MetadataOf(new ResourceType("", "v1", "secrets", "Secret", Namespaced: true));

    private static readonly ResourceType<PartialObjectMetadata> ConfigMaps = KubernetesTypes.MetadataOf(RenderedKinds.ConfigMaps);

    private static readonly ResourceType<PartialObjectMetadata> VolumeClaims = KubernetesTypes.MetadataOf(RenderedKinds.VolumeClaims);

    public Task<Dependency> SecretAsync(string? @namespace, string name, CancellationToken cancellationToken) => LookAsync(Secrets, @namespace, name, cancellationToken);

    public Task<Dependency> ConfigMapAsync(string? @namespace, string name, CancellationToken cancellationToken) => LookAsync(ConfigMaps, @namespace, name, cancellationToken);

    public Task<Dependency> VolumeClaimAsync(string? @namespace, string name, CancellationToken cancellationToken) => LookAsync(VolumeClaims, @namespace, name, cancellationToken);

    private async Task<Dependency> LookAsync(ResourceType<PartialObjectMetadata> type, string? @namespace, string name, CancellationToken cancellationToken)
    {
        try
        {
            var metadata = (await client.GetAsync(type, @namespace, name, cancellationToken)).Metadata;
            return new Dependency(IsMissing: false, $"{metadata.Uid}/{metadata.ResourceVersion}");
        }
        catch (KubeApiException e) when (e.IsNotFound)
        {
            return new Dependency(IsMissing: true, Revision: null);
        }
        catch (KubeApiException e) when (e.IsForbidden)
        {
            return Dependency.Unknown;
        }
    }
}

/// <summary>Something that pods need and users bring.</summary>
/// <param name="IsMissing">True when it is known not to exist.</param>
/// <param name="Revision">Changes whenever its content does; null when nothing is known of it.</param>
internal readonly record struct Dependency(bool IsMissing, string? Revision)
{
    /// <summary>Nobody asked, or nobody may tell.</summary>
    public static Dependency Unknown => default;
}
