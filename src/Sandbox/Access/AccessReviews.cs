using System.Text.Json.Nodes;
using Comptroller.Sandbox.Fields;
using Comptroller.Sandbox.Kinds;
using Comptroller.Sandbox.Requests;
using Comptroller.Sandbox.Resources;
using static Comptroller.Kubernetes.Schemas.FieldErrors;
using static Comptroller.Sandbox.Resources.JsonReading;

namespace Comptroller.Sandbox.Access;

/// <summary>The kinds through which clients ask about themselves: who am I, may I, what may I. Answered, never stored.</summary>
internal static class AccessReviews
{
    private const string AuthorizationGroup = "authorization.k8s.io";
    private const string AuthenticationGroup = "authentication.k8s.io";

    public static IReadOnlyList<ServedResource> Kinds(RbacAuthorizer authorizer, TimeProvider time) =>
    [
        Review(AuthenticationGroup, "selfsubjectreviews", "SelfSubjectReview", "io.k8s.api.authentication.v1.SelfSubjectReview", request => WhoAmI(request, time)),
        Review(AuthorizationGroup, "selfsubjectaccessreviews", "SelfSubjectAccessReview", "io.k8s.api.authorization.v1.SelfSubjectAccessReview", request => MayI(request, authorizer, time)),
        Review(AuthorizationGroup, "selfsubjectrulesreviews", "SelfSubjectRulesReview", "io.k8s.api.authorization.v1.SelfSubjectRulesReview", request => WhatMayI(request, authorizer)),
    ];

    private static ServedResource Review(string group, string plural, string kind, string definition, Func<SubresourceRequest, JsonObject> answer) =>
        BuiltInKinds.Kind(group, "v1", plural, kind, definition, type => new BuiltInStrategy(type)) with { Namespaced = false, Verbs = ["create"], Answer = answer };

    private static JsonObject WhoAmI(SubresourceRequest request, TimeProvider time)
    {
        var user = new JsonObject { ["username"] = request.User.Name };
        if (request.User.Uid.Length > 0)
        {
            user["uid"] = request.User.Uid;
        }
        user["groups"] = Array(request.User.Groups);
        if (request.User.Extra.Count > 0)
        {
            var extra = new JsonObject();
            foreach (var (key, values) in request.User.Extra)
            {
                extra[key] = Array(values);
            }
            user["extra"] = extra;
        }
        return new JsonObject
        {
            ["kind"] = "SelfSubjectReview",
            ["apiVersion"] = "authentication.k8s.io/v1",
            ["metadata"] = new JsonObject { ["creationTimestamp"] = Times.Format(time.GetUtcNow()) },
            ["status"] = new JsonObject { ["userInfo"] = user },
        };
    }

    private static JsonObject MayI(SubresourceRequest request, RbacAuthorizer authorizer, TimeProvider time)
    {
        var review = request.Body ?? [];
        var (resource, path) = (review["spec"]?["resourceAttributes"] as JsonObject, review["spec"]?["nonResourceAttributes"] as JsonObject);
        if (resource is null == path is null)
        {
            throw StatusResponses.Invalid(AuthorizationGroup, "", "",
                [Invalid(resource is null ? "spec.resourceAttributes" : "spec.nonResourceAttributes", null, resource is null
                    ? "exactly one of nonResourceAttributes or resourceAttributes must be specified"
                    : "cannot be specified in combination with resourceAttributes")]);
        }
        var decision = authorizer.Authorize(resource is not null
            ? new AccessRequest(request.User, Text(resource, "verb"), Text(resource, "group"), Text(resource, "version"), Text(resource, "resource"), Text(resource, "subresource"),
                Text(resource, "namespace"), Text(resource, "name"), "")
            : new AccessRequest(request.User, Text(path, "verb"), "", "", "", "", "", "", Text(path, "path")));
        var status = new JsonObject { ["allowed"] = decision.Allowed };
        if (decision.Reason.Length > 0)
        {
            status["reason"] = decision.Reason;
        }
        review.Remove("status");
        review = ManagedFields.Update(request.Resource.Schema, null, review,
            new FieldsContext(request.Manager, request.Resource.ApiVersion, null, Force: false, time.GetUtcNow()) { Reset = [], Zero = request.Resource.Zero });
        review["status"] = status;
        return review;
    }

    private static JsonObject WhatMayI(SubresourceRequest request, RbacAuthorizer authorizer)
    {
        var @namespace = Text(request.Body?["spec"], "namespace");
        if (@namespace.Length == 0)
        {
            throw StatusResponses.BadRequest("no namespace on request");
        }
        var rules = authorizer.RulesOf(request.User, @namespace).ToList();
        return new JsonObject
        {
            ["kind"] = "SelfSubjectRulesReview",
            ["apiVersion"] = "authorization.k8s.io/v1",
            ["metadata"] = new JsonObject(),
            ["spec"] = new JsonObject(),
            ["status"] = new JsonObject
            {
                ["resourceRules"] = new JsonArray([.. rules.Where(rule => rule.NonResourceUrls.Count == 0).Select(ResourceRule)]),
                ["nonResourceRules"] = new JsonArray([.. rules.Where(rule => rule.NonResourceUrls.Count > 0)
                    .Select(rule => new JsonObject { ["verbs"] = Array(rule.Verbs), ["nonResourceURLs"] = Array(rule.NonResourceUrls) })]),
                ["incomplete"] = false,
            },
        };
    }

    private static JsonObject ResourceRule(PolicyRule rule)
    {
        var shown = new JsonObject { ["verbs"] = Array(rule.Verbs), ["apiGroups"] = Array(rule.ApiGroups), ["resources"] = Array(rule.Resources) };
        if (rule.ResourceNames.Count > 0)
        {
            shown["resourceNames"] = Array(rule.ResourceNames);
        }
        return shown;
    }
}
