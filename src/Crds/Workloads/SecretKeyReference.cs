using System.ComponentModel.DataAnnotations;

namespace Comptroller.Crds.Workloads;

/// <summary>One key of a Secret in the namespace of the resource.</summary>
public sealed record SecretKeyReference
{
    /// <summary>Name of the Secret.</summary>
    [Required, RegularExpression("^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$"), StringLength(253, MinimumLength = 1)]
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Key within the Secret.</summary>
    [Required, RegularExpression("^[A-Za-z0-9._-]+$"), StringLength(253, MinimumLength = 1)]
    public string Key { get; init => field = value ?? ""; } = "";
}
