using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Schemas;

namespace Comptroller.Sandbox.Resources;

/// <summary>The strategy that adds nothing, and the start of those that add one thing.</summary>
internal class KindStrategy : IKindStrategy
{
    public static IKindStrategy None { get; } = new KindStrategy();

    public virtual string? Decode(JsonObject candidate) => null;

    public virtual void PrepareForCreate(JsonObject created)
    {
    }

    public virtual void PrepareForUpdate(JsonObject updated, JsonObject existing, string? subresource)
    {
    }

    public virtual IReadOnlyList<FieldError> Validate(JsonObject candidate, JsonObject? existing, string? subresource) => [];

    public virtual IEnumerable<string> Warnings(JsonObject accepted) => [];

    public virtual JsonObject Convert(JsonObject source, ServedResource resource, bool toStorage) => source;

    public virtual void PrepareForDelete(JsonObject deleted)
    {
    }

    public virtual bool IsHeld(JsonObject deleted) => deleted["metadata"]?["finalizers"] is JsonArray { Count: > 0 };

    public virtual bool HasGracePeriod => true;
}
