using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;

namespace Comptroller.CrdGen;

/// <summary>Schemas of the types that the runtime brings: it knows nothing of schemas, so their bounds stand here.</summary>
internal static class SharedSchemas
{
    public static JsonObject? Of(Type type) =>
        type == typeof(Condition) ? Condition()
        : type == typeof(InventoryEntry) ? InventoryEntry()
        : null;

    /// <summary><c>metav1.Condition</c> as every CRD of the field spells it.</summary>
    private static JsonObject Condition() => new()
    {
        ["description"] = "One observation about the object.",
        ["type"] = "object",
        ["properties"] = new JsonObject
        {
            ["type"] = new JsonObject
            {
                ["description"] = "What was observed, in CamelCase.",
                ["type"] = "string",
                ["maxLength"] = 316,
                ["pattern"] = @"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$",
            },
            ["status"] = new JsonObject
            {
                ["description"] = "True, False or Unknown.",
                ["type"] = "string",
                ["enum"] = new JsonArray("True", "False", "Unknown"),
            },
            ["observedGeneration"] = new JsonObject
            {
                ["description"] = "The generation of the spec that this was judged from.",
                ["type"] = "integer",
                ["format"] = "int64",
                ["minimum"] = 0,
            },
            ["lastTransitionTime"] = new JsonObject
            {
                ["description"] = "When the status last changed.",
                ["type"] = "string",
                ["format"] = "date-time",
            },
            ["reason"] = new JsonObject
            {
                ["description"] = "Why, as one word in CamelCase for programs.",
                ["type"] = "string",
                ["minLength"] = 1,
                ["maxLength"] = 1024,
                ["pattern"] = "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$",
            },
            ["message"] = new JsonObject
            {
                ["description"] = "Why, for people.",
                ["type"] = "string",
                ["maxLength"] = 32768,
            },
        },
        ["required"] = new JsonArray("type", "status", "lastTransitionTime", "reason", "message"),
    };

    private static JsonObject InventoryEntry() => new()
    {
        ["description"] = "One rendered object.",
        ["type"] = "object",
        ["properties"] = new JsonObject
        {
            ["group"] = Text("API group; empty for the core group.", 253),
            ["version"] = Text("Version of the API under which it was applied.", 63),
            ["plural"] = Text("Its kind in URLs.", 63),
            ["kind"] = Text("Its kind.", 63),
            ["namespace"] = Text("Its namespace.", 63),
            ["name"] = Text("Its name.", 253),
            ["uid"] = Text("Its uid: an object of the same name that somebody else created is left alone.", 128),
            ["marker"] = Text("Its version after the last apply. A different one means that somebody wrote to it.", 128),
            ["hash"] = Text("Hash of what was applied, to skip writes that change nothing.", 128),
        },
        ["required"] = new JsonArray("version", "plural", "kind", "name", "uid", "hash"),
    };

    private static JsonObject Text(string description, int maxLength) =>
        new() { ["description"] = description, ["type"] = "string", ["maxLength"] = maxLength };
}
