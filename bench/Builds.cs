namespace Comptroller.Bench;

/// <summary>What was built beside the bench, in the same configuration.</summary>
internal static class Builds
{
    public static string Sandbox => Find("Sandbox", "Comptroller.Sandbox.dll");

    public static string Operator => Find("Operator", "comptroller.dll");

    public static string FalconSimulator => Find("FalconSimulator", "Comptroller.FalconSimulator.dll");

    // bench/bin/<configuration>/<framework>/ -> src/<project>/bin/<configuration>/<framework>/
    private static string Find(string project, string file)
    {
        var output = new DirectoryInfo(AppContext.BaseDirectory);
        var root = output.Parent!.Parent!.Parent!.Parent!.FullName;
        var path = Path.Combine(root, "src", project, "bin", output.Parent.Name, output.Name, file);
        return File.Exists(path) ? path : throw new FileNotFoundException($"{path} is missing: build the solution in {output.Parent.Name} first");
    }
}
