using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Schemas;

namespace Comptroller.Sandbox.Fields;

/// <summary>The items of a set or map list by what tells them apart, in the order of the list. Items that cannot be told apart are left out.</summary>
internal static class ListIndex
{
    public static OrderedDictionary<PathElement, List<JsonNode?>> Of(Schema schema, JsonArray list)
    {
        var index = new OrderedDictionary<PathElement, List<JsonNode?>>(list.Count);
        foreach (var item in list)
        {
            if (!Typing.TryIdentify(schema, item, out var element, out _))
            {
                continue;
            }
            if (index.TryGetValue(element, out var items))
            {
                items.Add(item);
            }
            else
            {
                index.Add(element, [item]);
            }
        }
        return index;
    }
}
