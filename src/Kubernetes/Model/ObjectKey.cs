namespace Comptroller.Kubernetes.Model;

/// <summary>Names an object of one kind: namespace (empty for cluster-scoped kinds) and name (rule C1).</summary>
public readonly record struct ObjectKey(string Namespace, string Name)
{
    public static ObjectKey Of(IKubernetesObject resource) => Of(resource.Metadata);

    public static ObjectKey Of(ObjectMeta metadata) => new(metadata.Namespace ?? "", metadata.Name);

    public override string ToString() => Namespace.Length == 0 ? Name : $"{Namespace}/{Name}";
}
