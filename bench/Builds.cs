namespace Comptroller.Bench;

/// <summary>What was built beside the bench, in the same configuration.</summary>
internal static class Builds
{
    // bench/bin/<configuration>/<framework>/
    private static readonly DirectoryInfo Output = new(AppContext.BaseDirectory);
    private static readonly string Root = Output.Parent!.Parent!.Parent!.Parent!.FullName;

    public static string Sandbox => Find("Sandbox", "Comptroller.Sandbox.dll");

    public static string Operator => Find("Operator", "comptroller.dll");

    /// <summary>What the operator tells the runtime of a watch's pod; see WatchPod.</summary>
    public static IReadOnlyDictionary<string, string> WatchEnvironment { get; } = new Dictionary<string, string>
    {
        ["DOTNET_TieredCompilation"] = "1",
        ["DOTNET_TieredPGO"] = "0",
        ["DOTNET_GCgen0size"] = "0x1000000",
    };

    public static string Sample(string file) => Path.Combine(Root, "config", "samples", file);

    public static string FalconSimulator => Find("FalconSimulator", "Comptroller.FalconSimulator.dll");

    private static string Find(string project, string file)
    {
        var path = Path.Combine(Root, "src", project, "bin", Output.Parent!.Name, Output.Name, file);
        return File.Exists(path) ? path : throw new FileNotFoundException($"{path} is missing: build the solution in {Output.Parent.Name} first");
    }
}
