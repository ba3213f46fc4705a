namespace Comptroller.Falcon.Daemon;

/// <summary>Health by the last runs: one failure degrades, five in a row are unhealthy, a success heals.</summary>
public sealed class RunHealth
{
    private const int Unhealthy = 5;

    public int ConsecutiveFailures { get; private set; }

    public string Status => ConsecutiveFailures switch { 0 => "healthy", < Unhealthy => "degraded", _ => "unhealthy" };

    public void Record(bool succeeded) => ConsecutiveFailures = succeeded ? 0 : ConsecutiveFailures + 1;
}
