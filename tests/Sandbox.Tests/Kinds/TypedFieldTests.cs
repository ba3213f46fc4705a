using System.Text.Json.Nodes;
using Comptroller.Sandbox.Kinds;
using Comptroller.Sandbox.Resources;

namespace Comptroller.Sandbox.Tests.Kinds;

public sealed class TypedFieldTests
{
    private static readonly ResourceCatalog Catalog = new(BuiltInKinds.All(TimeProvider.System));

    [Theory]
    [InlineData("", "configmaps", """{"data":{}}""", """{"metadata":{}}""")]
    [InlineData("", "configmaps", """{"data":{"a":""},"immutable":false}""", """{"data":{"a":""},"immutable":false,"metadata":{}}""")]
    [InlineData("coordination.k8s.io", "leases", "{}", """{"metadata":{},"spec":{}}""")]
    [InlineData("coordination.k8s.io", "leases", """{"spec":{"holderIdentity":"","leaseTransitions":0}}""", """{"metadata":{},"spec":{"holderIdentity":"","leaseTransitions":0}}""")]
    [InlineData("coordination.k8s.io", "leases", """{"spec":{"renewTime":"2020-01-01T02:00:01.000001+02:00"}}""", """{"metadata":{},"spec":{"renewTime":"2020-01-01T00:00:01.000001Z"}}""")]
    public void An_object_takes_the_form_in_which_Go_writes_it(string group, string plural, string given, string expected)
    {
        var candidate = JsonNode.Parse(given)!.AsObject();
        Find(group, plural).Strategy.Decode(candidate).ShouldBeNull();
        JsonNode.DeepEquals(candidate, JsonNode.Parse(expected)).ShouldBeTrue(candidate.ToJsonString());
    }

    [Theory]
    [InlineData("", "configmaps", """{"data":{"a":1}}""", "json: cannot unmarshal number into Go struct field ConfigMap.data of type string")]
    [InlineData("", "secrets", """{"data":{"k":"***"}}""", "illegal base64 data at input byte 0")]
    [InlineData("coordination.k8s.io", "leases", """{"spec":{"renewTime":"2020-01-01T00:00:01Z"}}""",
        "parsing time \"2020-01-01T00:00:01Z\" as \"2006-01-02T15:04:05.000000Z07:00\": cannot parse \"Z\" as \".000000\"")]
    [InlineData("coordination.k8s.io", "leases", """{"spec":{"renewTime":"2020-01-01T00:00:01.123456789Z"}}""",
        "parsing time \"2020-01-01T00:00:01.123456789Z\" as \"2006-01-02T15:04:05.000000Z07:00\": cannot parse \"789Z\" as \"Z07:00\"")]
    [InlineData("coordination.k8s.io", "leases", """{"spec":{"renewTime":"soon"}}""",
        "parsing time \"soon\" as \"2006-01-02T15:04:05.000000Z07:00\": cannot parse \"soon\" as \"2006\"")]
    [InlineData("batch", "cronjobs", """{"spec":{"suspend":"yes"}}""", "json: cannot unmarshal string into Go struct field CronJobSpec.spec.suspend of type bool")]
    public void What_does_not_fit_is_refused_in_the_words_of_Gos_decoder(string group, string plural, string given, string error) =>
        Find(group, plural).Strategy.Decode(JsonNode.Parse(given)!.AsObject()).ShouldBe(error);

    [Fact]
    public void Every_built_in_kind_writes_its_zero_form_unchanged()
    {
        foreach (var resource in Catalog.All)
        {
            var zero = resource.Zero.DeepClone().AsObject();
            TypedField.OfKind(resource.Definition).Decode(zero).ShouldBeNull(resource.QualifiedName);
            JsonNode.DeepEquals(zero, resource.Zero).ShouldBeTrue(resource.QualifiedName);
        }
    }

    private static ServedResource Find(string group, string plural) => Catalog.Find(group, "v1", plural).ShouldNotBeNull();
}
