using System.Text.Json.Nodes;
using Comptroller.Sandbox.Access;
using Comptroller.Sandbox.Kinds;
using Comptroller.Sandbox.Requests;
using Comptroller.Sandbox.Resources;
using Comptroller.Sandbox.Storage;

namespace Comptroller.Sandbox.Tests.Access;

public sealed class RbacAuthorizerTests
{
    private static readonly UserInfo Jane = new("jane", "", ["devs", "system:authenticated"], new Dictionary<string, IReadOnlyList<string>>());
    private static readonly UserInfo Robot = new("system:serviceaccount:n:op", "u", ["system:serviceaccounts"], new Dictionary<string, IReadOnlyList<string>>());

    private readonly ObjectStore _store = new();
    private readonly RbacAuthorizer _authorizer;
    private readonly ResourceCatalog _catalog = new(BuiltInKinds.All(TimeProvider.System));

    public RbacAuthorizerTests() => _authorizer = new RbacAuthorizer(_store);

    [Theory]
    [InlineData("""{"verbs":["get"],"apiGroups":["x.dev"],"resources":["widgets"]}""", "get", "widgets", "", "a", true)]
    [InlineData("""{"verbs":["get"],"apiGroups":["x.dev"],"resources":["widgets"]}""", "list", "widgets", "", "", false)]
    [InlineData("""{"verbs":["*"],"apiGroups":["*"],"resources":["*"]}""", "patch", "widgets", "status", "a", true)]
    [InlineData("""{"verbs":["get"],"apiGroups":["x.dev"],"resources":["widgets"]}""", "get", "widgets", "status", "a", false)]
    [InlineData("""{"verbs":["get"],"apiGroups":["x.dev"],"resources":["widgets/status"]}""", "get", "widgets", "status", "a", true)]
    [InlineData("""{"verbs":["get"],"apiGroups":["x.dev"],"resources":["*/status"]}""", "get", "widgets", "status", "a", true)]
    [InlineData("""{"verbs":["get"],"apiGroups":[""],"resources":["widgets"]}""", "get", "widgets", "", "a", false)]
    [InlineData("""{"verbs":["get"],"apiGroups":["x.dev"],"resources":["widgets"],"resourceNames":["only"]}""", "get", "widgets", "", "only", true)]
    [InlineData("""{"verbs":["get"],"apiGroups":["x.dev"],"resources":["widgets"],"resourceNames":["only"]}""", "get", "widgets", "", "other", false)]
    public void A_rule_allows_what_it_names(string rule, string verb, string resource, string subresource, string name, bool allowed)
    {
        Grant("roles", "rolebindings", "n", rule, """{"kind":"User","name":"jane"}""");
        Ask(Jane, verb, resource, subresource, "n", name).ShouldBe(allowed);
        Ask(Jane, verb, resource, subresource, "elsewhere", name).ShouldBeFalse();
    }

    [Fact]
    public void A_decision_names_the_binding_and_follows_the_store()
    {
        Grant("clusterroles", "clusterrolebindings", "", """{"verbs":["get"],"apiGroups":[""],"resources":["pods"]}""", """{"kind":"Group","name":"devs"}""");
        var request = new AccessRequest(Jane, "get", "", "v1", "pods", "", "n", "p", "");
        _authorizer.Authorize(request).Reason.ShouldBe("RBAC: allowed by ClusterRoleBinding \"r\" of ClusterRole \"r\" to Group \"devs\"");
        var place = new StorageName(BuiltInKinds.RbacGroup, "clusterrolebindings");
        _store.TryRemove(place, _store.Get(place, null, "r")!, out _).ShouldBeTrue();
        _authorizer.Authorize(request).Allowed.ShouldBeFalse();
    }

    [Fact]
    public void A_service_account_without_namespace_is_one_of_the_binding()
    {
        Grant("roles", "rolebindings", "n", """{"verbs":["get"],"apiGroups":["x.dev"],"resources":["widgets"]}""", """{"kind":"ServiceAccount","name":"op"}""");
        Ask(Robot, "get", "widgets", "", "n", "a").ShouldBeTrue();
    }

    [Theory]
    [InlineData("/metrics", "/metrics", true)]
    [InlineData("/apis/*", "/apis/x.dev/v1", true)]
    [InlineData("/apis/*", "/api", false)]
    [InlineData("*", "/anything", true)]
    public void A_path_rule_ends_in_a_star_or_is_exact(string pattern, string path, bool allowed)
    {
        Grant("clusterroles", "clusterrolebindings", "", $$"""{"verbs":["get"],"nonResourceURLs":["{{pattern}}"]}""", """{"kind":"User","name":"jane"}""");
        _authorizer.Authorize(new AccessRequest(Jane, "get", "", "", "", "", "", "", path)).Allowed.ShouldBe(allowed);
    }

    [Theory]
    [InlineData("""{"verbs":["get"],"apiGroups":["x.dev"],"resources":["widgets"]}""", null)]
    [InlineData("""{"verbs":["get","delete"],"apiGroups":["x.dev"],"resources":["widgets"]}""", "{APIGroups:[\"x.dev\"], Resources:[\"widgets\"], Verbs:[\"delete\"]}")]
    [InlineData("""{"verbs":["get"],"apiGroups":[""],"resources":["secrets"]}""", "{APIGroups:[\"\"], Resources:[\"secrets\"], Verbs:[\"get\"]}")]
    [InlineData("""{"verbs":["get"],"apiGroups":["x.dev"],"resources":["widgets"],"resourceNames":["a"]}""", null)]
    public void Nobody_hands_out_rights_that_they_lack(string rule, string? missing)
    {
        Grant("roles", "rolebindings", "n", """{"verbs":["get","list"],"apiGroups":["x.dev"],"resources":["widgets"]}""", """{"kind":"User","name":"jane"}""");
        var role = JsonNode.Parse($$"""{"metadata":{"name":"more","namespace":"n"},"rules":[{{rule}}]}""")!.AsObject();
        var check = () => new EscalationCheck(_authorizer).Check(Jane, _catalog.Find(BuiltInKinds.RbacGroup, "v1", "roles")!, role, existing: null);
        if (missing is null)
        {
            check.ShouldNotThrow();
        }
        else
        {
            check.ShouldThrow<StatusError>().Message.ShouldEndWith("attempting to grant RBAC permissions not currently held:\n" + missing);
        }
    }

    private bool Ask(UserInfo user, string verb, string resource, string subresource, string @namespace, string name) =>
        _authorizer.Authorize(new AccessRequest(user, verb, "x.dev", "v1", resource, subresource, @namespace, name, "")).Allowed;

    private void Grant(string roles, string bindings, string @namespace, string rule, string subject)
    {
        var place = @namespace.Length == 0 ? "" : $$""","namespace":"{{@namespace}}" """;
        Put(roles, $$"""{"metadata":{"name":"r"{{place}}},"rules":[{{rule}}]}""");
        var kind = roles == "roles" ? "Role" : "ClusterRole";
        Put(bindings, $$"""{"metadata":{"name":"r"{{place}}},"roleRef":{"kind":"{{kind}}","name":"r"},"subjects":[{{subject}}]}""");
    }

    private void Put(string plural, string json) =>
        _store.TryCreate(new StorageName(BuiltInKinds.RbacGroup, plural), JsonNode.Parse(json)!.AsObject(), out _).ShouldBeTrue();
}
