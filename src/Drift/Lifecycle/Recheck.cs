using System.Text.Json;
using Comptroller.Drift.Comparison;
using Comptroller.Drift.Events;
using Comptroller.Drift.Scanning;
using Comptroller.Drift.State;

namespace Comptroller.Drift.Lifecycle;

/// <summary>
/// Whether a drift still is one, now that a state was read again. Only what is certain resolves: that the state now says what the world
/// says, or no longer speaks of the resource. Pure.
/// </summary>
public static class Recheck
{
    /// <summary>Why a drift is over; null when it is not.</summary>
    /// <param name="drift">The drift.</param>
    /// <param name="state">The states as they are now.</param>
    /// <param name="serial">Serial of the drift's state now; null when unknown, or when a full comparison will tell better.</param>
    public static string? Resolution(DriftRecord drift, StateIndex state, long? serial)
    {
        var provider = ProviderNames.OfType(drift.Type);
        if (drift.Kind == FindingKind.Unmanaged)
        {
            return provider is { } known && state.Find(new ChangeEvent { Provider = known, Name = drift.Event, Type = drift.Type, Ids = [drift.ResourceId] }).Kind is MatchKind.Same or MatchKind.Parent
                ? "a state manages it now" : null;
        }

        var resource = state.Named(drift.ResourceId, provider).FirstOrDefault(each => each.Type == drift.Type && each.Address == drift.Address && each.Source == drift.State);
        if (resource is null)
        {
            return "no state has this resource any more";
        }

        if (drift.Kind == FindingKind.Deleted)
        {
            return null;
        }

        using var attributes = resource.ReadAttributes();
        if (drift.Attribute != Finding.WholeResource && attributes.RootElement.TryGetProperty(drift.Attribute, out var value))
        {
            return Agrees(drift, value, resource.Id) ? "the state says what the world says" : null;
        }

        // Of a change that only the name of a call is known of nothing can be compared. Terraform reads every resource before it writes
        // its state, so a newer state has seen the change.
        return serial > drift.StateSerial ? "Terraform has written the state since" : null;
    }

    /// <summary>
    /// Why a drift is over, now that a full comparison has looked; null when it is not. Exactly what it looked at and found alike is over: of
    /// a resource that still differs in one attribute, the others.
    /// </summary>
    /// <param name="drift">The drift.</param>
    /// <param name="report">What the comparison found.</param>
    /// <param name="state">The states it was held against.</param>
    /// <param name="isOnly">Whether there is one state, so that a reader that does not say what it looked at looked at all.</param>
    public static string? Resolution(DriftRecord drift, ScanReport report, StateIndex state, bool isOnly)
    {
        var key = (drift.State, drift.Address);
        if (drift.Kind == FindingKind.Unmanaged || !(report.Looked?.Contains(key) ?? isOnly))
        {
            return null;
        }

        if (!report.Different.TryGetValue(key, out var attributes))
        {
            return "a full comparison found no difference";
        }

        if (drift.Kind == FindingKind.Deleted)
        {
            return attributes.Contains(Finding.DeletedResource) ? null : "a full comparison found the resource";
        }

        // What only the name of a call is known of may be any of the differences, and a plan that names no attribute may mean any.
        return drift.Attribute == Finding.WholeResource || attributes.Contains(Finding.WholeResource) || attributes.Contains(Finding.DeletedResource) || attributes.Contains(drift.Attribute)
            || !HasAttribute(drift, state) ? null : "a full comparison found this attribute alike";
    }

    // An event may name an attribute as no provider does; such a name was never compared.
    private static bool HasAttribute(DriftRecord drift, StateIndex state)
    {
        if (state.Named(drift.ResourceId, ProviderNames.OfType(drift.Type)).FirstOrDefault(each => each.Type == drift.Type && each.Address == drift.Address && each.Source == drift.State) is not { } resource)
        {
            return false;
        }

        using var attributes = resource.ReadAttributes();
        return attributes.RootElement.TryGetProperty(drift.Attribute, out _);
    }

    private static bool Agrees(DriftRecord drift, JsonElement value, string group)
    {
        var (was, now) = (Parse(drift.Old), Parse(drift.New));
        if (drift.Attribute is "ingress" or "egress" && drift.Type == "aws_security_group")
        {
            var rules = NetworkRule.OfState(value, group);
            // What was opened is in the state now, or what was closed is no longer.
            return drift.New is null ? !NetworkRule.OfState(was, group).Overlaps(rules) : NetworkRule.OfState(now, group).IsSubsetOf(rules);
        }

        return !Sensitive.IsHash(value) && Values.Same(now, value, Sameness.State | Sameness.Documents | Sameness.LeftOnly);
    }

    private static JsonElement Parse(string? json) => json is null ? default : JsonElement.Parse(json);
}
