using Comptroller.AuditPolicies.Evaluation;

namespace Comptroller.AuditPolicies.Tests.Evaluation;

public sealed class RequestAttributesTests
{
    public static TheoryData<string> Cases => [.. ReferenceCases.Evaluations.Where(node => node["request"]!["url"] is not null).Select(node => (string)node["id"]!)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Derives_the_attributes_that_the_real_resolver_derives(string id)
    {
        var request = ReferenceCases.Evaluations.Single(node => (string)node["id"]! == id)["request"]!;
        var expected = ReferenceCases.Request(request);

        var resolved = RequestAttributes.Resolve((string)request["method"]!, (string)request["url"]!, expected.User, expected.Groups);

        (resolved with { Groups = [] }).ShouldBe(expected with { Groups = [] });
    }

    [Theory]
    [InlineData("GET", "/api/v1/namespaces/prod", "get", "prod", "namespaces", "", "prod")]
    [InlineData("PUT", "/api/v1/namespaces/prod/finalize", "update", "prod", "namespaces", "finalize", "prod")]
    [InlineData("GET", "/api/v1/namespaces", "list", "", "namespaces", "", "")]
    [InlineData("OPTIONS", "/api/v1/pods", "", "", "pods", "", "")]
    [InlineData("HEAD", "/api/v1/pods?watch", "watch", "", "pods", "", "")]
    [InlineData("GET", "/api/v1/pods?watch=0", "list", "", "pods", "", "")]
    [InlineData("GET", "/api/v1/pods?fieldSelector=spec.nodeName!%3Dx,metadata.name%3D%3Dy", "list", "", "pods", "", "y")]
    [InlineData("GET", "/api/v1/pods?fieldSelector=metadata.name!%3Dx", "list", "", "pods", "", "")]
    [InlineData("GET", "/api/v1/pods?limit=many&fieldSelector=metadata.name%3Dx&watch=1", "watch", "", "pods", "", "")]
    [InlineData("DELETE", "https://10.0.0.1:6443/apis/apps/v1/namespaces/a/deployments/", "deletecollection", "a", "deployments", "", "")]
    [InlineData("GET", "/api/v1/namespaces/a/pods?x=http://h/api/v1/secrets", "list", "a", "pods", "", "")]
    [InlineData("POST", "/api/v1/namespaces/a/pods/x/exec?command=ls", "create", "a", "pods", "exec", "x")]
    [InlineData("GET", "/api/v1/proxy/namespaces/a/services/x/some/path", "proxy", "a", "services", "", "x")]
    public void Knows_the_corners_of_the_resolver(string method, string url, string verb, string space, string resource, string subresource, string name)
    {
        var request = RequestAttributes.Resolve(method, url, "alice", []);

        (request.Verb, request.Namespace, request.Resource, request.Subresource, request.Name).ShouldBe((verb, space, resource, subresource, name));
        request.IsResourceRequest.ShouldBeTrue();
    }

    [Theory]
    [InlineData("/api/v1")]
    [InlineData("/apis/apps/v1")]
    [InlineData("/openapi/v2/x/y")]
    [InlineData("/")]
    [InlineData("/healthz?next=http://x")]
    public void Discovery_is_no_resource_request(string url) => RequestAttributes.Resolve("GET", url, "alice", []).IsResourceRequest.ShouldBeFalse();

    [Theory]
    [InlineData("pods")]
    [InlineData("https://host")]
    [InlineData("/api/v1/watch")]
    public void A_url_that_names_nothing_is_refused(string url) =>
        Should.Throw<FormatException>(() => RequestAttributes.Resolve("GET", url, "alice", [])).Message.ShouldContain(url);
}
