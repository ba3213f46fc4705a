using System.Collections.Immutable;
using Comptroller.AuditPolicies.Evaluation;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Tests.Evaluation;

/// <summary>Valid policies and requests from a small vocabulary, so that they often meet.</summary>
internal static class RandomPolicies
{
    private static readonly string[] Users = ["alice", "bob", "system:anonymous", "system:node:a", "u1", "u2", "u3", "u4", "u5", ""];
    private static readonly string[] Groups = ["dev", "ops", "system:authenticated", "system:masters"];
    private static readonly string[] Verbs = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "post", "*"];
    private static readonly string[] ApiGroups = ["", "apps", "batch"];
    private static readonly string[] Resources = ["pods", "secrets", "deployments"];
    private static readonly string[] Subresources = ["log", "status", "exec"];
    private static readonly string[] Patterns =
        ["pods", "secrets", "deployments", "pods/log", "pods/*", "*/status", "*", "*/*", "", "pods/", "secrets/*", "deployments/exec", "podslog"];
    private static readonly string[] Namespaces = ["", "default", "prod"];
    private static readonly string[] Names = ["", "a", "b"];
    private static readonly string[] Paths = ["/healthz", "/healthz/etcd", "/healthzfoo", "/api", "/apis/apps/v1", "/", "/version"];
    private static readonly string[] Urls = ["/healthz", "/healthz*", "/healthz/*", "/api*", "*", "/*", "/version", "/ver*"];
    private static readonly string[] OddResources = ["", "*", "pods/log", "pods/", "/", "deployments/exec"];
    private static readonly string[] OddSubresources = ["", "*", "log/x", "/"];
    private static readonly string[] OddPaths = ["", "healthz", "//healthz", "/healthz/", "/healthz*", "*"];
    private static readonly Stages[] StageSets = [Stages.None, Stages.None, Stages.RequestReceived, Stages.ResponseStarted | Stages.Panic, Stages.All];

    public static Policy Policy(Random random) => new()
    {
        Rules = [.. Enumerable.Range(0, random.Next(1, 7)).Select(_ => Rule(random))],
        OmitStages = Pick(random, StageSets),
        OmitManagedFields = random.Next(2) == 0,
    };

    public static AuditRequest Request(Random random)
    {
        var resource = random.Next(3) > 0;
        var user = random.Next(8) == 0 ? null : Pick(random, Users);
        return new AuditRequest
        {
            User = user,
            Groups = user is null ? [] : Some(random, Groups, 0.6),
            Verb = Pick(random, Verbs),
            IsResourceRequest = resource,
            Path = Pick(random, Paths),
            ApiGroup = resource ? Pick(random, ApiGroups) : "",
            Namespace = resource ? Pick(random, Namespaces) : "",
            Resource = resource ? Pick(random, Resources) : "",
            Subresource = resource && random.Next(2) == 0 ? Pick(random, Subresources) : "",
            Name = resource ? Pick(random, Names) : "",
        };
    }

    /// <summary>One that no API server makes of a URL, but a test file may ask about.</summary>
    public static AuditRequest OddRequest(Random random)
    {
        var request = Request(random);
        return request with
        {
            Groups = Some(random, Groups, 0.6),
            Path = Pick(random, OddPaths),
            Resource = request.IsResourceRequest ? Pick(random, OddResources) : "",
            Subresource = request.IsResourceRequest ? Pick(random, OddSubresources) : "",
        };
    }

    public static PolicyRule Rule(Random random)
    {
        var rule = new PolicyRule
        {
            Level = (Level)random.Next(4),
            Users = Some(random, Users, 0.2),
            UserGroups = Some(random, Groups, 0.2),
            Verbs = Some(random, Verbs, 0.4),
            OmitStages = Pick(random, StageSets),
            OmitManagedFields = random.Next(3) switch { 0 => null, 1 => false, _ => true },
        };
        return random.Next(4) switch
        {
            0 => rule with { NonResourceUrls = Some(random, Urls, 1) },
            1 => rule,
            _ => rule with
            {
                Namespaces = Some(random, Namespaces, 0.3),
                Resources = [.. Enumerable.Range(0, random.Next(3)).Select(_ => Entry(random))],
            },
        };
    }

    private static GroupResources Entry(Random random)
    {
        var resources = Some(random, Patterns, 0.8);
        return new GroupResources
        {
            Group = random.Next(6) == 0 ? "*" : Pick(random, ApiGroups),
            Resources = resources,
            ResourceNames = resources.IsEmpty ? [] : Some(random, Names, 0.2),
        };
    }

    private static ImmutableArray<string> Some(Random random, string[] values, double chance) =>
        random.NextDouble() < chance ? [.. values.OrderBy(_ => random.Next()).Take(random.Next(1, values.Length))] : [];

    private static T Pick<T>(Random random, T[] values) => values[random.Next(values.Length)];
}
