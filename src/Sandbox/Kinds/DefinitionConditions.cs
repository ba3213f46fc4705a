using System.Text.Json.Nodes;

namespace Comptroller.Sandbox.Kinds;

/// <summary>The conditions in the status of a CustomResourceDefinition.</summary>
internal static class DefinitionConditions
{
    /// <summary>Sets a condition; lastTransitionTime moves only when the status changes.</summary>
    public static void Set(JsonObject definition, TimeProvider time, string type, bool holds, string reason, string message)
    {
        var status = definition["status"]!.AsObject();
        if (status["conditions"] is not JsonArray conditions)
        {
            status["conditions"] = conditions = [];
        }
        var text = holds ? "True" : "False";
        var condition = conditions.OfType<JsonObject>().FirstOrDefault(known => (string?)known["type"] == type);
        if (condition is null)
        {
            condition = new JsonObject { ["type"] = type };
            conditions.Add((JsonNode)condition);
        }
        if ((string?)condition["status"] != text)
        {
            condition["status"] = text;
            condition["lastTransitionTime"] = GoTime.Write(time.GetUtcNow(), micro: false);
        }
        condition["reason"] = reason;
        condition["message"] = message;
    }

    public static bool IsTrue(JsonObject definition, string type) =>
        (definition["status"]?["conditions"] as JsonArray ?? []).Any(known => (string?)known?["type"] == type && (string?)known["status"] == "True");
}
