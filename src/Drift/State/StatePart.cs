using System.Collections.Immutable;
using Comptroller.Drift.Events;
using Comptroller.Drift.Graph;

namespace Comptroller.Drift.State;

/// <summary>The resources of one state, the names they go by and those they name. A state that changes is read anew; the others stay as they are.</summary>
internal sealed record StatePart(ImmutableArray<StateResource> Resources, NameTable Names, ImmutableArray<Provider> Providers, ReferenceList References)
{
    /// <summary>Bytes that the resources take.</summary>
    public long Length { get; } = Resources.Sum(resource => (long)resource.Length);
}
