using System.ComponentModel.DataAnnotations;

namespace Comptroller.Crds.Workloads;

/// <summary>An object in the namespace of the resource.</summary>
public sealed record LocalReference
{
    /// <summary>Its name.</summary>
    [Required, RegularExpression("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"), StringLength(253, MinimumLength = 1)]
    public string Name { get; init => field = value ?? ""; } = "";
}
