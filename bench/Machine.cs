namespace Comptroller.Bench;

/// <summary>Where and under what load a figure was taken: without it a figure cannot be compared with another.</summary>
internal static class Machine
{
    public static string Describe()
    {
        var model = File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(": ")[^1] ?? "unknown";
        return $"{Environment.ProcessorCount} cores of {model}, .NET {Environment.Version}";
    }

    /// <summary>Processes running or waiting for a processor, averaged over the last minute; above the number of cores, wall-clock figures suffer.</summary>
    public static string Load => $"load {File.ReadAllText("/proc/loadavg").Split(' ')[0]}";
}
