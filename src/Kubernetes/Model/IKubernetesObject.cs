namespace Comptroller.Kubernetes.Model;

/// <summary>What every object of the API has. Implementations are records: an object handed out by a cache is never changed (rule C2).</summary>
public interface IKubernetesObject
{
    /// <summary>Group and version, <c>group/version</c>, or <c>v1</c> for the core group.</summary>
    string ApiVersion { get; }

    string Kind { get; }

    ObjectMeta Metadata { get; }
}
