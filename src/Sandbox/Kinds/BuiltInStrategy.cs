using System.Text.Json.Nodes;
using Comptroller.Sandbox.Resources;

namespace Comptroller.Sandbox.Kinds;

/// <summary>The start of every built-in kind's strategy: decoding by the kind's Go type.</summary>
internal class BuiltInStrategy(TypedField type) : KindStrategy
{
    public override string? Decode(JsonObject candidate) => type.Decode(candidate);

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
internal class SpecAndStatusStrategy(TypedField type) : BuiltInStrategy(type)
{
    public override void PrepareForCreate(JsonObject created) => created["status"] = new JsonObject();

    public override void PrepareForUpdate(JsonObject updated, JsonObject existing, string? subresource) =>
        Keep(subresource == "status" ? "spec" : "status", updated, existing);
}
