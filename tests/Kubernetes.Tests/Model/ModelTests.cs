using System.Text.Json;
using Comptroller.Kubernetes.Model;

namespace Comptroller.Kubernetes.Tests.Model;

public sealed class ModelTests
{
    [Fact]
    public void Items_of_built_in_lists_have_no_kind_and_still_read_with_one()
    {
        var lease = JsonSerializer.Deserialize("""{"metadata":{}}""", KubernetesJson.Default.Lease)!;
        lease.Kind.ShouldBe("Lease");
        lease.ApiVersion.ShouldBe("coordination.k8s.io/v1");
        lease.Metadata.Name.ShouldBe("");
        JsonSerializer.Deserialize("{}", KubernetesJson.Default.PartialObjectMetadata)!.Metadata.ShouldNotBeNull();
    }
}
