using System.Collections.Immutable;

namespace Comptroller.Operator.DriftWatches;

/// <summary>What rendering needs beside the resource.</summary>
internal sealed record DriftWatchInputs
{
    /// <summary>The operator's own image.</summary>
    public string Image { get; init; } = OwnImage.Default;

    /// <summary>Namespace of the operator, which asks the pods.</summary>
    public string OperatorNamespace { get; init; } = "comptroller-system";

    /// <summary>The request that pods are to be started for; null for none.</summary>
    public string? Request { get; init; }

    /// <summary>What users bring and is known not to exist, in words.</summary>
    public ImmutableArray<DriftDependency> Missing { get; init; } = [];
}

/// <summary>Something in the namespace that pods of a watch cannot start without.</summary>
/// <param name="Kind"><c>Secret</c>, <c>ConfigMap</c> or <c>PersistentVolumeClaim</c>.</param>
/// <param name="Name">Its name.</param>
/// <param name="Field">The first field that names it.</param>
internal sealed record DriftDependency(string Kind, string Name, string Field);
