using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Schemas;

namespace Comptroller.Sandbox.Fields;

/// <summary>
/// The bridge from kubectl's client-side apply: what its annotation says was applied and still stands may be taken over without a
/// conflict, and the annotation follows server-side applies by kubectl.
/// </summary>
internal static class LastApplied
{
    /// <summary>The only manager that gets this treatment.</summary>
    public const string Manager = "kubectl";

    private const string Annotation = "kubectl.kubernetes.io/last-applied-configuration";

    /// <summary>True when every field of <paramref name="conflicts"/> has the value that client-side apply gave it.</summary>
    public static bool Allows(Schema schema, JsonObject live, FieldSet conflicts)
    {
        if (Scalars.AsString(live["metadata"]?["annotations"]?[Annotation]) is not { } text)
        {
            return false;
        }
        try
        {
            if (JsonNode.Parse(text) is not JsonObject applied)
            {
                return false;
            }
            var comparison = FieldComparison.Of(schema, applied, live);
            var allowed = FieldExtraction.Of(schema, applied).Except(comparison.Modified).Except(comparison.Added).Except(comparison.Removed);
            return conflicts.IsSubsetOf(allowed);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>Brings the annotation up to date where there is one.</summary>
    public static void Refresh(JsonObject merged, JsonObject applied)
    {
        if (merged["metadata"]?["annotations"] is JsonObject annotations && annotations.ContainsKey(Annotation))
        {
            var copy = (JsonObject)applied.DeepClone();
            (copy["metadata"]?["annotations"] as JsonObject)?.Remove(Annotation);
            annotations[Annotation] = Scalars.Canonical(copy) + "\n";
        }
    }
}
