using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Schemas;
using Comptroller.Sandbox.Resources;

namespace Comptroller.Sandbox.Storage;

/// <summary>How a stored object looks when read through one served version.</summary>
internal static class ServedForm
{
    /// <summary>
    /// Converts, and gives custom objects the defaults that their CustomResourceDefinition gained after they were stored
    /// (resourceVersion and generation stay). Returns <paramref name="stored"/> itself when nothing differs.
    /// </summary>
    public static JsonObject Of(JsonObject stored, ServedResource resource)
    {
        var served = resource.Strategy.Convert(stored, resource, toStorage: false);
        if (!resource.IsCustom)
        {
            return served;
        }
        var copy = ReferenceEquals(served, stored) ? (JsonObject)stored.DeepClone() : served;
        copy["apiVersion"] = resource.ApiVersion;
        Defaulting.Apply(resource.Schema, copy);
        return copy;
    }
}
