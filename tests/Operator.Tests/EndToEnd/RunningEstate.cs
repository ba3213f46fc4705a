using Comptroller.Operator.Tests.Estates;

namespace Comptroller.Operator.Tests.EndToEnd;

/// <summary>One cluster with one operator, for tests that keep to a namespace of their own and disturb nobody.</summary>
public sealed class RunningEstate : IAsyncLifetime
{
    internal Estate Estate { get; private set; } = null!;

    internal OperatorRun Operator { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Estate = await Estate.StartAsync();
        Operator = await Estate.OperateAsync();
    }

    public async Task DisposeAsync() => await Estate.DisposeAsync();
}
