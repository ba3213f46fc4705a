using System.Security.Cryptography;
using System.Text;
using Comptroller.Drift.Comparison;

namespace Comptroller.Drift.Lifecycle;

/// <summary>What makes two findings one drift: the resource, the attribute and the kind.</summary>
public readonly record struct DriftKey(string Value)
{
    /// <summary>Stable over restarts and replicas: 24 hexadecimal digits that fit a path of a URL, whatever the id of the resource.</summary>
    public static DriftKey Of(Finding finding)
    {
        // Azure's ids come in any case.
        var id = finding.Provider == Events.Provider.Azure ? finding.ResourceId.ToUpperInvariant() : finding.ResourceId;
        // An address outlives the id of what is replaced; without a state there is only the id.
        var text = $"{finding.Kind.Name()}\0{finding.Type}\0{(finding.Resource is null ? id : $"{finding.Resource.Source}\0{finding.Address}")}\0{finding.Attribute}";
        return new DriftKey(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 12)));
    }

    public override string ToString() => Value;
}
