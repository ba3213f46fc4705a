namespace Comptroller.Drift.Scanning;

/// <summary>How a scan ends. 0 clean, 1 it could not be done, 2 drift, as <c>terraform plan -detailed-exitcode</c> has it.</summary>
public static class ScanExitCode
{
    public const int Clean = 0;
    public const int Error = 1;
    public const int Drift = 2;

    /// <summary>Larger codes belong to shells and signals.</summary>
    private const int Most = 250;

    public static int Of(int drifted, bool failOnDrift) => drifted > 0 && failOnDrift ? Drift : Clean;

    /// <summary>
    /// How many resources have drifted, for scripts that count them by the exit code: from 2, as 1 is an error, to 250.
    /// </summary>
    public static int Counted(int drifted, bool failOnDrift) => drifted > 0 && failOnDrift ? Math.Clamp(drifted, Drift, Most) : Clean;
}
