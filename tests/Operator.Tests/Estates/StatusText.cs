using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Model;

namespace Comptroller.Operator.Tests.Estates;

/// <summary>What a resource says about itself, in short.</summary>
internal static class StatusText
{
    public static Condition? Condition(this JsonObject item, string type) => item.Conditions().FirstOrDefault(condition => condition.Type == type);

    /// <summary><c>Ready=True/Succeeded</c> and its like, without regard to the others.</summary>
    public static bool Says(this JsonObject item, string condition) => item.Conditions().Any(each => Text(each) == condition);

    /// <summary>All conditions in one line.</summary>
    public static string Said(this JsonObject item) => string.Join(' ', item.Conditions().Select(Text));

    public static bool IsObserved(this JsonObject item) =>
        (long?)item["status"]?["observedGeneration"] is { } observed && observed == (long)item["metadata"]!["generation"]!;

    private static IEnumerable<Condition> Conditions(this JsonObject item) =>
        (item["status"]?["conditions"] as JsonArray ?? []).Select(condition => condition.Deserialize(KubernetesJson.Default.Condition)!);

    private static string Text(Condition condition) => $"{condition.Type}={condition.Status}/{condition.Reason}";
}
