using System.Text.Json.Nodes;
using Comptroller.Sandbox.Discovery;
using Comptroller.Sandbox.Kinds;
using Comptroller.Sandbox.Resources;

namespace Comptroller.Sandbox.Tests.Discovery;

public sealed class ApiDiscoveryTests
{
    private const string Aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

    private readonly ResourceCatalog _catalog = new(BuiltInKinds.All(TimeProvider.System));
    private readonly ApiDiscovery _discovery;

    public ApiDiscoveryTests()
    {
        _discovery = new ApiDiscovery(_catalog);
        _catalog.Publish("apples.shop.example.dev", CustomKinds.Of(JsonNode.Parse("""
            {"spec":{"group":"shop.example.dev","scope":"Namespaced","names":{"plural":"apples","kind":"Apple","listKind":"AppleList","singular":"apple"},
             "versions":[{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object","properties":{"spec":{"type":"object",
              "properties":{"template":{"type":"object","x-kubernetes-embedded-resource":true,"x-kubernetes-preserve-unknown-fields":true}}}}}}}]},
             "status":{"acceptedNames":{"plural":"apples","kind":"Apple","listKind":"AppleList","singular":"apple"}}}
            """)!.AsObject()));
    }

    [Fact]
    public void Versions_are_ordered_by_stability_then_number() =>
        ((string[])["v1alpha1", "v10", "v1beta2", "zeta", "v2", "v1beta1", "alpha", "v11alpha2"]).OrderDescending(VersionPriority.Comparer)
            .ShouldBe(["v10", "v2", "v1beta2", "v1beta1", "v11alpha2", "v1alpha1", "alpha", "zeta"]);

    [Fact]
    public void A_page_that_the_client_has_is_not_sent_again_until_a_kind_comes_or_goes()
    {
        var etag = Get("/apis", Aggregated).Headers.Single(header => header.Key == "ETag").Value;
        Get("/apis", Aggregated, etag).Status.ShouldBe(304);
        _catalog.Withdraw("apples.shop.example.dev");
        Get("/apis", Aggregated, etag).Status.ShouldBe(200);
    }

    [Fact]
    public void Every_reference_in_every_OpenAPI_document_leads_somewhere()
    {
        foreach (var (name, _) in Json(Get("/openapi/v3", "application/json"))["paths"]!.AsObject())
        {
            var document = Json(Get($"/openapi/v3/{name}", "application/json"));
            var schemas = document["components"]?["schemas"] as JsonObject ?? [];
            var missing = References(document).Where(reference => !schemas.ContainsKey(reference["#/components/schemas/".Length..])).Distinct();
            missing.ShouldBeEmpty(name);
            document.ToJsonString().ShouldNotContain(SchemaDocuments.EncodingKey);
        }
    }

    [Fact]
    public void Every_stored_kind_says_that_its_PATCH_validates_fields()
    {
        foreach (var resource in _catalog.All)
        {
            var name = resource.Group.Length == 0 ? $"api/{resource.Version}" : $"apis/{resource.Group}/{resource.Version}";
            var paths = Json(Get($"/openapi/v3/{name}", "application/json"))["paths"]!.AsObject();
            paths.Select(path => path.Value!["patch"])
                .Any(patch => (string?)patch?["x-kubernetes-group-version-kind"]?["kind"] == resource.Kind
                    && patch["parameters"]!.AsArray().Any(parameter => (string?)parameter!["name"] == "fieldValidation"))
                .ShouldBeTrue(resource.QualifiedName);
        }
    }

    private DiscoveryAnswer Get(string path, string accept, string ifNoneMatch = "") =>
        _discovery.Answer(new DiscoveryRequest("GET", path, "", accept, ifNoneMatch)).ShouldNotBeNull();

    private static JsonNode Json(DiscoveryAnswer answer) => JsonNode.Parse(answer.Body.Span)!;

    private static IEnumerable<string> References(JsonNode? node) => node switch
    {
        JsonObject map => map.SelectMany(pair => pair.Key == "$ref" && pair.Value is JsonValue reference ? [(string)reference!] : References(pair.Value)),
        JsonArray list => list.SelectMany(References),
        _ => [],
    };
}
