using System.Text.Json.Nodes;
using Comptroller.AuditPolicies.Evaluation;
using Comptroller.AuditPolicies.Loading;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Tests;

/// <summary>The vectors computed by the real kube-apiserver 1.36 code (testdata/kubernetes-audit.json).</summary>
internal static class ReferenceCases
{
    private static readonly JsonObject Document =
        (JsonObject)JsonNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "testdata", "kubernetes-audit.json")))!;

    public static IEnumerable<JsonObject> Evaluations => ((JsonArray)Document["cases"]!).Select(node => (JsonObject)node!);

    public static IEnumerable<JsonObject> Loads => ((JsonArray)Document["policyLoadCases"]!).Select(node => (JsonObject)node!);

    public static IEnumerable<string> PolicyNames => ((JsonObject)Document["policies"]!).Select(policy => policy.Key);

    public static JsonNode PolicyDocument(string name) => Document["policies"]![name]!;

    public static Policy Policy(string name)
    {
        var result = PolicyLoader.Load(PolicyDocument(name));
        return result.Policy ?? throw new InvalidOperationException($"policy {name}: {result.ErrorText}");
    }

    public static Policy Seed => Policy("seed");

    public static AuditRequest Request(JsonNode node) => new()
    {
        User = (string?)node["user"],
        Groups = [.. ((JsonArray)node["groups"]!).Select(group => (string)group!)],
        Verb = (string)node["verb"]!,
        IsResourceRequest = (bool)node["resourceRequest"]!,
        Path = (string)node["path"]!,
        ApiGroup = (string)node["apiGroup"]!,
        Namespace = (string)node["namespace"]!,
        Resource = (string)node["resource"]!,
        Subresource = (string)node["subresource"]!,
        Name = (string)node["name"]!,
    };
}
