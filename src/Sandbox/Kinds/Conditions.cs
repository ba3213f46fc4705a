using System.Text.Json.Nodes;
using Comptroller.Sandbox.Requests;
using static Comptroller.Sandbox.Resources.JsonReading;

namespace Comptroller.Sandbox.Kinds;

/// <summary>Conditions in the status of the server's own kinds.</summary>
internal static class Conditions
{
    /// <summary>Sets a condition; lastTransitionTime moves only when its status changes.</summary>
    /// <param name="item">An object with a status.</param>
    public static void Set(JsonObject item, TimeProvider time, string type, bool holds, string reason, string message)
    {
        var status = item["status"]!.AsObject();
        if (status["conditions"] is not JsonArray conditions)
        {
            status["conditions"] = conditions = [];
        }
        var condition = conditions.OfType<JsonObject>().FirstOrDefault(known => Text(known, "type") == type);
        if (condition is null)
        {
            condition = new JsonObject { ["type"] = type };
            conditions.Add((JsonNode)condition);
        }
        var text = holds ? "True" : "False";
        if (Text(condition, "status") != text)
        {
            condition["status"] = text;
            condition["lastTransitionTime"] = Times.Format(time.GetUtcNow());
        }
        condition["reason"] = reason;
        condition["message"] = message;
    }

    public static JsonObject? Find(JsonObject item, string type) =>
        (item["status"]?["conditions"] as JsonArray ?? []).OfType<JsonObject>().FirstOrDefault(known => Text(known, "type") == type);

    public static bool IsTrue(JsonObject item, string type) => Text(Find(item, type), "status") == "True";
}
