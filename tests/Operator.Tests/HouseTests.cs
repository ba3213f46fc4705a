using System.Xml.Linq;

namespace Comptroller.Operator.Tests;

/// <summary>Keeps dependencies pointing one way (docs/design/0001-house.md).</summary>
public sealed class HouseTests
{
    /// <summary>What each project may reference. A project that is not listed does not belong in the house.</summary>
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["src/Kubernetes"] = [],
        ["src/AuditPolicies"] = [],
        ["src/Falcon"] = [],
        ["src/Drift"] = [],
        ["src/Archive"] = [],
        ["src/FalconSimulator"] = [],
        ["src/Crds"] = ["src/Kubernetes"],
        ["src/Operator"] = ["src/AuditPolicies", "src/Archive", "src/Drift", "src/Falcon", "src/Crds", "src/Kubernetes"],
        ["src/Sandbox"] = ["src/Operator", "src/FalconSimulator", "src/Kubernetes"],
        ["tools/CrdGen"] = ["src/Crds", "src/Kubernetes"],
    };

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        var solution = File.ReadAllText(Repository.PathOf("Operator.sln")).Replace('\\', '/');
        foreach (var (folder, file) in Projects())
        {
            solution.ShouldContain($"{folder}/{Path.GetFileName(file)}");
        }
    }

    [Fact]
    public void References_point_one_way()
    {
        foreach (var (folder, file) in Projects().Where(project => project.Folder.StartsWith("src/", StringComparison.Ordinal) || project.Folder.StartsWith("tools/", StringComparison.Ordinal)))
        {
            Allowed.ShouldContainKey(folder);
            References(file).Except(Allowed[folder]).ShouldBeEmpty($"{folder} may reference only: {string.Join(", ", Allowed[folder])}");
        }
    }

    [Fact]
    public void Nothing_but_tests_and_benchmarks_references_the_sandbox()
    {
        Projects()
            .Where(project => References(project.File).Contains("src/Sandbox"))
            .ShouldAllBe(project => project.Folder.StartsWith("tests/", StringComparison.Ordinal) || project.Folder == "bench");
    }

    [Fact]
    public void Packages_have_one_version_each_in_one_place()
    {
        foreach (var (_, file) in Projects())
        {
            XDocument.Load(file).Descendants("PackageReference").Attributes("Version").ShouldBeEmpty(file);
        }
    }

    private static IEnumerable<(string Folder, string File)> Projects() =>
        new[] { "src", "tools", "tests", "bench" }
            .Select(folder => Repository.PathOf(folder))
            .Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateFiles(folder, "*.csproj", SearchOption.AllDirectories))
            .Select(file => (RelativeFolder(Path.GetDirectoryName(file)!), file))
            .Where(project => !project.Item1.Contains("/obj/", StringComparison.Ordinal) && !project.Item1.Contains("/bin/", StringComparison.Ordinal));

    private static IEnumerable<string> References(string file) =>
        XDocument.Load(file).Descendants("ProjectReference")
            .Select(reference => Path.Combine(Path.GetDirectoryName(file)!, reference.Attribute("Include")!.Value))
            .Select(path => RelativeFolder(Path.GetDirectoryName(Path.GetFullPath(path))!));

    private static string RelativeFolder(string folder) => Path.GetRelativePath(Repository.Root, folder).Replace('\\', '/');
}
