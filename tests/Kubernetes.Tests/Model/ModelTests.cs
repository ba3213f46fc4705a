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

    [Fact]
    public void Times_are_written_with_the_digits_that_the_server_accepts()
    {
        var moment = new DateTimeOffset(2026, 1, 1, 2, 0, 0, TimeSpan.FromHours(2)).AddTicks(1234567);
        var lease = new Lease
        {
            Metadata = new ObjectMeta { Name = "a", CreationTimestamp = moment },
            Spec = new LeaseSpec { AcquireTime = moment, RenewTime = moment.AddTicks(-1234567) },
        };
        JsonSerializer.Serialize(lease, KubernetesJson.Default.Lease).ShouldBe(
            """{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"a","creationTimestamp":"2026-01-01T00:00:00Z"},"spec":{"acquireTime":"2026-01-01T00:00:00.123456Z","renewTime":"2026-01-01T00:00:00.000000Z"} }"""
                .Replace(" }", "}", StringComparison.Ordinal));
    }

    [Fact]
    public void C3_objects_share_the_strings_that_they_have_in_common()
    {
        const string json = """{"metadata":{"name":"a","namespace":"team","labels":{"app.kubernetes.io/name":"x","b":"y"},"finalizers":["comptroller.dev/f"]}}""";
        var first = JsonSerializer.Deserialize(json, KubernetesJson.Default.PartialObjectMetadata)!.Metadata;
        var second = JsonSerializer.Deserialize(json, KubernetesJson.Default.PartialObjectMetadata)!.Metadata;

        ReferenceEquals(first.Namespace, second.Namespace).ShouldBeTrue();
        ReferenceEquals(first.Labels!.Keys.First(), second.Labels!.Keys.First()).ShouldBeTrue();
        ReferenceEquals(first.Labels["b"], second.Labels["b"]).ShouldBeTrue();
        ReferenceEquals(first.Finalizers![0], second.Finalizers![0]).ShouldBeTrue();
        first.Labels.ContainsKey("c").ShouldBeFalse();
    }

    [Fact]
    public void An_owner_without_uid_is_an_error_and_unknown_fields_are_not()
    {
        Should.Throw<JsonException>(() => JsonSerializer.Deserialize("""{"apiVersion":"v1","kind":"Pod","name":"a"}""", KubernetesJson.Default.OwnerReference));
        JsonSerializer.Deserialize("""{"name":"a","futureField":{"x":1}}""", KubernetesJson.Default.ObjectMeta)!.Name.ShouldBe("a");
    }
}
