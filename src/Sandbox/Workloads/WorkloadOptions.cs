namespace Comptroller.Sandbox.Workloads;

/// <summary>What makes a server run Deployments, CronJobs, Jobs and Pods: images that have a program on this machine.</summary>
public sealed record WorkloadOptions
{
    /// <summary>The image of the operator, which is there as <c>comptroller.dll</c> beside the Sandbox.</summary>
    public const string OperatorImage = "comptroller:dev";

    /// <summary>Image to the program and first arguments that stand for its entrypoint. Pods of other images wait with ErrImagePull.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Images { get; init; } = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal)
    {
        [OperatorImage] = [DotnetPath(), Path.Combine(AppContext.BaseDirectory, "comptroller.dll")],
    };

    /// <summary>Processes at a time; further pods stay Pending.</summary>
    public int MostProcesses { get; init; } = 8;

    /// <summary>What cron schedules are held against; the server's own clock when null.</summary>
    public TimeProvider? CronTime { get; init; }

    // Whoever runs the Sandbox may have its dotnet anywhere.
    private static string DotnetPath() =>
        Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet";
}
