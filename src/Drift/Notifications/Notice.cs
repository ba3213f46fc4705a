using Comptroller.Drift.Lifecycle;
using Comptroller.Drift.Store;

namespace Comptroller.Drift.Notifications;

/// <summary>One thing to tell.</summary>
/// <param name="Change">What happened: <c>opened</c>, <c>reopened</c>, <c>changed</c>, <c>resolved</c> and so on.</param>
/// <param name="Drift">The drift as it is now.</param>
public sealed record Notice(string Change, DriftRecord Drift)
{
    /// <summary>Who was seen at it last; null when nobody was.</summary>
    public DriftActor? Last { get; init; }

    /// <summary>How people call the resource.</summary>
    public string Title => Drift.Address.Length > 0 ? Drift.Address : $"{Drift.Type} {Drift.ResourceId}";

    public bool IsOver => Drift.Status == DriftStatus.Resolved;

    /// <summary>In a few words.</summary>
    public string Headline => Change switch
    {
        "resolved" => $"Drift Resolved: {Title}",
        "changed" => $"Drift Changed: {Title}",
        "reopened" => $"Drift Reopened: {Title}",
        _ => $"Drift Detected: {Title}",
    };
}
