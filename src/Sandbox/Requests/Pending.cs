// Stands in until field ownership and patches land; then this file goes.
using System.Text.Json.Nodes;
using Comptroller.Sandbox.Schemas;

namespace Comptroller.Sandbox.Fields
{
    internal sealed record FieldsContext(string Manager, string ApiVersion, string? Subresource, bool Force, DateTimeOffset Time)
    {
        public IReadOnlyList<string> Reset { get; init; } = [];
    }

    internal sealed record ApplyOutcome(JsonObject? Merged, ApplyConflicts? Conflicts);

    internal sealed record ApplyConflicts(string Message, IReadOnlyList<FieldError> Causes);

    internal sealed class FieldsException(int code, string message) : Exception(message)
    {
        public int Code { get; } = code;
    }

    internal static class ManagedFields
    {
        public static ApplyOutcome Apply(Schema schema, JsonObject? live, JsonObject applied, FieldsContext context)
        {
            var target = (JsonObject?)live?.DeepClone() ?? [];
            Patches.MergePatch.Apply(target, applied);
            return new ApplyOutcome(target, null);
        }

        public static JsonObject Update(Schema schema, JsonObject? live, JsonObject updated, FieldsContext context) => updated;
    }
}

namespace Comptroller.Sandbox.Patches
{
    internal sealed class PatchException(string message) : Exception(message);

    internal static class MergePatch
    {
        public static void Apply(JsonObject target, JsonObject patch)
        {
            foreach (var (name, value) in patch)
            {
                if (value is null)
                {
                    target.Remove(name);
                }
                else if (value is JsonObject inner)
                {
                    if (target[name] is not JsonObject map)
                    {
                        target[name] = map = [];
                    }
                    Apply(map, inner);
                }
                else
                {
                    target[name] = value.DeepClone();
                }
            }
        }
    }

    internal static class JsonPatch
    {
        public static JsonNode Apply(JsonNode target, JsonArray operations) => throw new PatchException("JSON patches are not here yet");
    }

    internal static class StrategicMerge
    {
        public static JsonObject Apply(Schema schema, JsonObject target, JsonObject patch)
        {
            MergePatch.Apply(target, patch);
            return target;
        }
    }
}
