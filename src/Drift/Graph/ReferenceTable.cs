using System.Text.Json;
using Comptroller.Drift.Events;
using Comptroller.Drift.State;

namespace Comptroller.Drift.Graph;

/// <summary>Which resource of which type goes by an id, an ARN or a name. Needed while a graph is made and dropped then.</summary>
internal sealed class ReferenceTable
{
    private readonly NameTable _names = new();
    private readonly StateResource[] _resources;

    public ReferenceTable(StateResource[] resources)
    {
        _resources = resources;
        for (var number = 0; number < resources.Length; number++)
        {
            if (!GraphRules.IsTarget(resources[number].Type))
            {
                continue;
            }

            using var document = resources[number].ReadAttributes();
            _names.Add(resources[number].Id, number, isWeak: false);
            foreach (var field in (ReadOnlySpan<string>)["arn", "name"])
            {
                if (document.RootElement.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.String)
                {
                    _names.Add(value.GetString()!, number, isWeak: field == "name");
                }
            }
        }
    }

    /// <summary>The resource of one of some types that goes by a name; -1 when none does, or several by a mere name.</summary>
    public int Find(string name, ReadOnlySpan<string> types)
    {
        var (found, isAmbiguous) = (-1, false);
        var hash = NameTable.Hash(name);
        for (var at = -1; _names.Next(hash, ref at, out var number, out var isWeak);)
        {
            if (types.Contains(_resources[number].Type) && IsCalled(_resources[number], name))
            {
                if (!isWeak)
                {
                    return number;
                }

                isAmbiguous = found >= 0;
                found = number;
            }
        }

        return isAmbiguous ? -1 : found;
    }

    // Hashes of two names can meet.
    private static bool IsCalled(StateResource resource, string name)
    {
        if (resource.HasId(name) || resource.Id == name)
        {
            return true;
        }

        using var document = resource.ReadAttributes();
        return document.RootElement.Member("arn").ValueKind == JsonValueKind.String && document.RootElement.Member("arn").ValueEquals(name)
            || document.RootElement.Member("name").ValueKind == JsonValueKind.String && document.RootElement.Member("name").ValueEquals(name);
    }
}
