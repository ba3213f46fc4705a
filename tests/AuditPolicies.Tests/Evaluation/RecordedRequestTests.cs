using System.Text.Json.Nodes;
using Comptroller.AuditPolicies.Evaluation;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Tests.Evaluation;

public sealed class RecordedRequestTests
{
    [Fact]
    public void A_created_object_has_no_name_when_the_policy_is_asked()
    {
        var request = RecordedRequest.Of(JsonNode.Parse("""
            {"requestURI": "/api/v1/namespaces/a/secrets?dryRun=All", "verb": "create", "user": {"username": "alice", "groups": ["dev"]},
             "objectRef": {"resource": "secrets", "namespace": "a", "name": "filled-in-later"}}
            """));

        (request with { Groups = [] }).ShouldBe(new AuditRequest
        {
            User = "alice",
            Groups = [],
            Verb = "create",
            IsResourceRequest = true,
            Resource = "secrets",
            Namespace = "a",
            Path = "/api/v1/namespaces/a/secrets",
        });
        request.Groups.ShouldBe(["dev"]);
    }

    [Theory]
    [InlineData("/api/v1/namespaces/a/pods/x/exec?command=sh", "create", "pods/exec", "x")]
    [InlineData("/api/v1/namespaces/a/pods/x/exec?command=sh", "get", "pods/exec", "x")]
    [InlineData("/api/v1/namespaces/a/pods?fieldSelector=metadata.name%3Dx&watch=true", "watch", "pods", "x")]
    [InlineData("/api/v1/watch/namespaces/a/pods", "watch", "pods", "")]
    [InlineData("/api/v1/namespaces/a/pods", "deletecollection", "pods", "")]
    [InlineData("/api/v1/namespaces/a/pods/x", "patch", "pods", "x")]
    public void The_attributes_come_from_the_url_and_the_verb_from_the_event(string uri, string verb, string resource, string name)
    {
        var request = RecordedRequest.Of(new JsonObject { ["requestURI"] = uri, ["verb"] = verb, ["user"] = new JsonObject() });

        (request.Verb, request.FullResource, request.Name, request.User).ShouldBe((verb, resource, name, null));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"requestURI": "/", "verb": 1}""")]
    [InlineData("""{"requestURI": "/", "verb": "get", "user": {"groups": "a"}}""")]
    public void What_is_no_event_is_refused(string json) => Should.Throw<FormatException>(() => RecordedRequest.Of(JsonNode.Parse(json)));

    [Fact]
    public void Stages_follow_the_kind_of_request()
    {
        var get = new AuditRequest { User = "alice", Verb = "get", IsResourceRequest = true, Resource = "pods" };

        get.EmittedStages.ShouldBe(Stages.RequestReceived | Stages.ResponseComplete);
        (get with { Subresource = "log" }).EmittedStages.ShouldBe(Stages.RequestReceived | Stages.ResponseStarted | Stages.ResponseComplete);
        (get with { Verb = "watch" }).EmittedStages.ShouldBe(Stages.RequestReceived | Stages.ResponseStarted | Stages.ResponseComplete);
        (get with { User = null, Verb = "watch" }).EmittedStages.ShouldBe(Stages.ResponseStarted);
    }
}
