using System.Text.Json.Nodes;
using Comptroller.Sandbox.Kinds;
using Comptroller.Sandbox.Resources;

namespace Comptroller.Sandbox.Tests.Resources;

public sealed class ResourceCatalogTests
{
    private const string Definition = """
        {"spec":{"group":"shop.example.dev","scope":"Namespaced","names":{"plural":"apples","kind":"Apple","listKind":"AppleList","singular":"apple","shortNames":["ap"]},
         "versions":[
           {"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object"}},"subresources":{"status":{}},"selectableFields":[{"jsonPath":".spec.color"}]},
           {"name":"v1beta1","served":true,"storage":false,"schema":{"openAPIV3Schema":{"type":"object"}}},
           {"name":"v0","served":false,"storage":false,"schema":{"openAPIV3Schema":{"type":"object"}}}]},
         "status":{"acceptedNames":{"plural":"apples","kind":"Apple","listKind":"AppleList","singular":"apple","shortNames":["ap"]}}}
        """;

    private readonly ResourceCatalog _catalog = new(BuiltInKinds.All(TimeProvider.System));

    [Fact]
    public void A_published_definition_serves_its_served_versions_only()
    {
        _catalog.Publish("apples.shop.example.dev", CustomKinds.Of(JsonNode.Parse(Definition)!.AsObject()));

        var v1 = _catalog.Find("shop.example.dev", "v1", "apples").ShouldNotBeNull();
        v1.HasStatus.ShouldBeTrue();
        v1.SelectableFields["spec.color"](JsonNode.Parse("""{"spec":{"color":"red"}}""")!.AsObject()).ShouldBe("red");
        v1.SelectableFields["spec.color"]([]).ShouldBe("");
        _catalog.Find("shop.example.dev", "v1beta1", "apples").ShouldNotBeNull().HasStatus.ShouldBeFalse();
        _catalog.Find("shop.example.dev", "v0", "apples").ShouldBeNull();
        _catalog.FindKind("shop.example.dev/v1", "Apple").ShouldBe(v1);
    }

    [Fact]
    public void A_withdrawn_definition_is_served_no_longer()
    {
        _catalog.Publish("apples.shop.example.dev", CustomKinds.Of(JsonNode.Parse(Definition)!.AsObject()));
        _catalog.Withdraw("apples.shop.example.dev");
        _catalog.Find("shop.example.dev", "v1", "apples").ShouldBeNull();
        _catalog.Find("", "v1", "configmaps").ShouldNotBeNull();
    }
}
