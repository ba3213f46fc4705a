using Comptroller.Conformance.Score;

namespace Comptroller.Conformance.Targets;

/// <summary>Chooses the server.</summary>
internal static class ReplayTargets
{
    public static IReplayTargets FromEnvironment() => new SandboxTargets();
}
