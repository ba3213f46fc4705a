using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Schemas;
using Comptroller.Sandbox.Resources;

namespace Comptroller.Sandbox.Kinds;

/// <summary>
/// The start of every built-in kind's strategy: decoding by the kind's Go type. Defaults belong to decoding: whoever sends an object owns
/// them, which is not so for what <see cref="KindStrategy.PrepareForCreate"/> adds.
/// </summary>
internal class BuiltInStrategy(BuiltInType type) : KindStrategy
{
    public sealed override string? Decode(JsonObject candidate)
    {
        if (type.Fields.Decode(candidate) is { } error)
        {
            return error;
        }
        Defaulting.Apply(type.Schema, candidate, keepNulls: true);
        SetDefaults(candidate);
        return null;
    }

    /// <summary>Defaults that depend on other fields.</summary>
    protected virtual void SetDefaults(JsonObject candidate)
    {
    }

    /// <summary>Keeps <paramref name="field"/> as it was stored: clients change it through a subresource only.</summary>
    protected static void Keep(string field, JsonObject updated, JsonObject existing)
    {
        if (existing[field] is { } stored)
        {
            updated[field] = stored.DeepClone();
        }
        else
        {
            updated.Remove(field);
        }
    }
}

/// <summary>The strategy of kinds with spec and status: each is written through its own endpoint only.</summary>
internal class SpecAndStatusStrategy(BuiltInType type) : BuiltInStrategy(type)
{
    public override void PrepareForCreate(JsonObject created) => created["status"] = new JsonObject();

    public override void PrepareForUpdate(JsonObject updated, JsonObject existing, string? subresource) =>
        Keep(subresource == "status" ? "spec" : "status", updated, existing);
}

/// <summary>How a built-in kind is decoded: by its fields, with the defaults of its schema.</summary>
internal sealed record BuiltInType(TypedField Fields, Schema Schema);
