using System.Text.Json.Nodes;
using Comptroller.Sandbox.Kinds;
using Comptroller.Sandbox.Resources;

namespace Comptroller.Sandbox.Tests.Kinds;

public sealed class StrategyTests
{
    private static readonly ResourceCatalog Catalog = new(BuiltInKinds.All(TimeProvider.System));

    [Fact]
    public void A_Job_selects_pods_that_no_other_Job_has()
    {
        var jobs = Find("batch", "jobs");
        var job = Decoded(jobs, """{"metadata":{"name":"once","uid":"u1"},"spec":{"template":{"spec":{"restartPolicy":"Never","containers":[{"name":"c","image":"img:1"}]}}}}""");
        jobs.Strategy.PrepareForCreate(job);

        ((string?)job["spec"]!["selector"]!["matchLabels"]!["batch.kubernetes.io/controller-uid"]).ShouldBe("u1");
        ((string?)job["spec"]!["template"]!["metadata"]!["labels"]!["job-name"]).ShouldBe("once");
        ((long?)job["spec"]!["backoffLimit"]).ShouldBe(6);
        jobs.Strategy.Validate(job, existing: null, subresource: null).ShouldBeEmpty();
        ((string?)job["spec"]!["template"]!["spec"]!["containers"]![0]!["imagePullPolicy"]).ShouldBe("IfNotPresent");
    }

    [Theory]
    [InlineData("""{"type":"object"}""", null)]
    [InlineData("""{"type":"object","properties":{"spec":{"type":"object","x-kubernetes-validations":[{"rule":"self.a > 0"}]}}}""", "the CEL rules (x-kubernetes-validations) of version v1 are kept but not evaluated by the Sandbox: objects that break them are accepted")]
    public void CEL_rules_that_nobody_evaluates_are_told(string schema, string? warning)
    {
        var definition = (JsonObject)JsonNode.Parse($$$"""{"spec":{"versions":[{"name":"v1","schema":{"openAPIV3Schema":{{{schema}}}}}]}}""")!;
        Find("apiextensions.k8s.io", "customresourcedefinitions").Strategy.Warnings(definition).SingleOrDefault().ShouldBe(warning);
    }

    [Theory]
    [InlineData("img", "Always")]
    [InlineData("img:latest", "Always")]
    [InlineData("registry:5000/img", "Always")]
    [InlineData("registry:5000/img:1.2", "IfNotPresent")]
    [InlineData("img@sha256:0123", "IfNotPresent")]
    public void The_pull_policy_follows_from_the_tag(string image, string policy)
    {
        var pod = new JsonObject { ["containers"] = new JsonArray(new JsonObject { ["name"] = "c", ["image"] = image }) };
        PodTemplates.SetPullPolicies(pod);
        ((string?)pod["containers"]![0]!["imagePullPolicy"]).ShouldBe(policy);
    }

    [Fact]
    public void An_event_comes_back_unchanged_from_the_other_API()
    {
        var modern = Find("events.k8s.io", "events");
        var written = Decoded(modern, """
            {"apiVersion":"events.k8s.io/v1","kind":"Event","metadata":{"name":"e","namespace":"n"},"eventTime":"2020-01-01T00:00:00.000000Z","note":"hello",
             "reason":"Synced","action":"Sync","type":"Normal","reportingController":"example.dev/op","reportingInstance":"op-1","regarding":{"kind":"Widget","name":"w","namespace":"n"},
             "series":{"count":2,"lastObservedTime":"2020-01-01T00:05:00.000000Z"}}
            """);
        var stored = modern.Strategy.Convert(written, modern, toStorage: true);

        ((string?)stored["message"]).ShouldBe("hello");
        ((string?)stored["apiVersion"]).ShouldBe("v1");
        JsonNode.DeepEquals(modern.Strategy.Convert(stored, modern, toStorage: false), written).ShouldBeTrue();
    }

    [Fact]
    public void A_Secret_takes_stringData_over_data()
    {
        var secret = Decoded(Find("", "secrets"), """{"metadata":{"name":"s"},"data":{"k":"b2xk"},"stringData":{"k":"new"}}""");
        ((string?)secret["data"]!["k"]).ShouldBe("bmV3");
        secret.ContainsKey("stringData").ShouldBeFalse();
        ((string?)secret["type"]).ShouldBe("Opaque");
    }

    private static JsonObject Decoded(ServedResource resource, string json)
    {
        var item = JsonNode.Parse(json)!.AsObject();
        resource.Strategy.Decode(item).ShouldBeNull();
        return item;
    }

    private static ServedResource Find(string group, string plural) => Catalog.Find(group, "v1", plural).ShouldNotBeNull();
}
