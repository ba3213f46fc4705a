using System.Text.Json.Nodes;
using Comptroller.Sandbox.Kinds;
using static Comptroller.Sandbox.Resources.JsonReading;

namespace Comptroller.Sandbox.Controllers;

/// <summary>Gives a CustomResourceDefinition the names that no other of its group has, and says so in its status.</summary>
internal static class DefinitionNames
{
    /// <param name="others">The other definitions; those of other groups do not matter.</param>
    public static void Review(JsonObject definition, IEnumerable<JsonObject> others, TimeProvider time)
    {
        var group = (string?)definition["spec"]!["group"];
        var rivals = others.Where(other => (string?)other["spec"]!["group"] == group).Select(other => other["status"]?["acceptedNames"]).ToList();
        var resources = rivals.SelectMany(names => (string[])[Text(names, "plural"), Text(names, "singular"), .. Values(names?["shortNames"])]).ToHashSet(StringComparer.Ordinal);
        var kinds = rivals.SelectMany(names => (string[])[Text(names, "kind"), Text(names, "listKind")]).ToHashSet(StringComparer.Ordinal);

        var requested = definition["spec"]!["names"]!;
        var accepted = definition["status"]!["acceptedNames"]!.AsObject();
        (string Reason, string Message)? conflict = null;
        foreach (var (field, reason, taken) in (ValueTuple<string, string, HashSet<string>>[])
            [("plural", "PluralConflict", resources), ("singular", "SingularConflict", resources), ("shortNames", "ShortNamesConflict", resources),
             ("kind", "KindConflict", kinds), ("listKind", "ListKindConflict", kinds)])
        {
            var mine = Values(accepted[field]);
            var clashes = Values(requested[field]).Where(name => !mine.Contains(name) && taken.Contains(name)).Select(name => $"\"{name}\" is already in use").ToList();
            if (clashes.Count > 0)
            {
                conflict = (reason, clashes.Count == 1 ? clashes[0] : $"[{string.Join(", ", clashes)}]");
            }
            else
            {
                Take(field, requested, accepted);
            }
        }
        Take("categories", requested, accepted);
        Conditions.Set(definition, time, "NamesAccepted", conflict is null, conflict?.Reason ?? "NoConflicts", conflict?.Message ?? "no conflicts found");
        if (!Conditions.IsTrue(definition, "Established"))
        {
            Conditions.Set(definition, time, "Established", conflict is null,
                conflict is null ? "InitialNamesAccepted" : "NotAccepted", conflict is null ? "the initial names have been accepted" : "not all names are accepted");
        }
    }

    private static void Take(string field, JsonNode requested, JsonObject accepted)
    {
        if (requested[field] is { } name)
        {
            accepted[field] = name.DeepClone();
        }
        else
        {
            accepted.Remove(field);
        }
    }

    private static string[] Values(JsonNode? names) => names switch
    {
        JsonArray list => [.. list.Select(name => (string?)name ?? "")],
        null => [],
        _ => [(string)names!],
    };
}
