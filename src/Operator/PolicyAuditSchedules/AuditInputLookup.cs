using Comptroller.Crds.PolicyAuditSchedules;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Model;

namespace Comptroller.Operator.PolicyAuditSchedules;

/// <summary>
/// Looks whether what runs need exists. Metadata only: the values of a Secret never reach this process. The operator's role does not let it
/// read Secrets at all, and where nobody added that permission (deploy/credentials-check) the kubelet tells on the first pod instead.
/// Two reads in each run, which is once per interval when nothing happens: a watch instead would keep the metadata of every Secret and ConfigMap
/// of the cluster in memory for these two, and would need <c>list</c> on Secrets, which hands out their values.
/// </summary>
internal sealed class AuditInputLookup(IKubeClient client, OwnImage image)
{
    private static readonly ResourceType<PartialObjectMetadata> Secrets =
        KubernetesTypes.MetadataOf(new ResourceType("", "v1", "secrets", "Secret", Namespaced: true));

    private static readonly ResourceType<PartialObjectMetadata> ConfigMaps = KubernetesTypes.MetadataOf(RenderedKinds.ConfigMaps);

    public async Task<PolicyAuditInputs> LookAsync(PolicyAuditSchedule resource, CancellationToken cancellationToken) => new()
    {
        Image = await image.FindAsync(cancellationToken),
        Credentials = await LookAsync(Secrets, resource.Metadata.Namespace, resource.Spec.Falcon.CredentialsSecretRef.Name, cancellationToken),
        Grading = resource.Spec.GradingConfigMapRef is { } grading
            ? await LookAsync(ConfigMaps, resource.Metadata.Namespace, grading.Name, cancellationToken) : AuditDependency.Unknown,
    };

    private async Task<AuditDependency> LookAsync(ResourceType<PartialObjectMetadata> type, string? @namespace, string name, CancellationToken cancellationToken)
    {
        try
        {
            var metadata = (await client.GetAsync(type, @namespace, name, cancellationToken)).Metadata;
            return new AuditDependency(IsMissing: false, $"{metadata.Uid}/{metadata.ResourceVersion}");
        }
        catch (KubeApiException e) when (e.IsNotFound)
        {
            return new AuditDependency(IsMissing: true, Revision: null);
        }
        catch (KubeApiException e) when (e.IsForbidden)
        {
            return AuditDependency.Unknown;
        }
    }
}
