using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Model;
using Comptroller.Operator.Tests.Estates;

namespace Comptroller.Operator.Tests;

public sealed class OwnImageTests
{
    private static readonly ResourceType<JsonObject> Pods = KubernetesTypes.UntypedOf(new ResourceType("", "v1", "pods", "Pod", Namespaced: true));

    [Fact]
    public async Task The_image_of_the_own_pod_is_read_once_and_never_guessed()
    {
        await using var estate = await Estate.StartAsync();
        var image = new OwnImage(estate.Admin, configured: null, "comptroller-0", "default");

        (await Should.ThrowAsync<InvalidDataException>(() => image.FindAsync(default))).Message.ShouldContain("pod default/comptroller-0");

        await estate.Admin.CreateAsync(Pods, "default", Pod("comptroller-0", "registry.example/comptroller:1.2"), "test", default);
        estate.Server.Faults.FailNext(1, "^GET .*/pods", 403);
        (await Should.ThrowAsync<KubeApiException>(() => image.FindAsync(default))).IsForbidden.ShouldBeTrue();
        (await image.FindAsync(default)).ShouldBe("registry.example/comptroller:1.2");

        estate.Server.Faults.FailNext(1, "^GET .*/pods", 403);
        (await image.FindAsync(default)).ShouldBe("registry.example/comptroller:1.2");
        estate.Server.Faults.Pending.ShouldBe(1);
    }

    [Theory]
    [InlineData("mirror.example/comptroller:2", "default", "mirror.example/comptroller:2")]
    [InlineData(null, null, OwnImage.Default)]
    public async Task A_configured_image_and_the_one_outside_a_cluster_need_no_request(string? configured, string? @namespace, string expected)
    {
        await using var estate = await Estate.StartAsync();
        estate.Server.Faults.FailNext(1, "^GET .*/pods", 500);
        (await new OwnImage(estate.Admin, configured, "comptroller-0", @namespace).FindAsync(default)).ShouldBe(expected);
    }

    private static JsonObject Pod(string name, string image) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Pod",
        ["metadata"] = new JsonObject { ["name"] = name },
        ["spec"] = new JsonObject { ["containers"] = new JsonArray(new JsonObject { ["name"] = "operator", ["image"] = image }) },
    };
}
