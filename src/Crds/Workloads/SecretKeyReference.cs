using System.ComponentModel.DataAnnotations;

namespace Comptroller.Crds.Workloads;

/// <summary>One key of a Secret in the namespace of the resource.</summary>
public sealed record SecretKeyReference
{
    /// <summary>Name of the Secret.</summary>
    [Required, RegularExpression("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"), StringLength(253, MinimumLength = 1)]
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>The key.</summary>
    [Required, RegularExpression("^[-._a-zA-Z0-9]+$"), StringLength(253, MinimumLength = 1)]
    public string Key { get; init => field = value ?? ""; } = "";
}
