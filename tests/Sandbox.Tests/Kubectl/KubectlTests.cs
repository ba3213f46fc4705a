namespace Comptroller.Sandbox.Tests.Kubectl;

/// <summary>kubectl's everyday commands against the Sandbox, word for word.</summary>
public class KubectlTests
{
    /// <summary>Set to 1, the golden files are written instead of compared.</summary>
    private const string UpdateVariable = "COMPTROLLER_UPDATE_GOLDENS";

    private static readonly string Directory = Path.Combine(AppContext.BaseDirectory, "testdata", "kubectl");

    public static TheoryData<string> Cases => [.. System.IO.Directory.EnumerateFiles(Directory, "*.txt").Select(path => Path.GetFileNameWithoutExtension(path)).Order()];

    [KubectlTheory]
    [MemberData(nameof(Cases))]
    public async Task Kubectl_says_what_it_says_to_a_cluster(string name)
    {
        await using var session = await KubectlSession.StartAsync(Path.Combine(Directory, "files"), CancellationToken.None);
        foreach (var command in (string[])["kubectl create -f namespace.yaml", "kubectl create -f crd-widgets.json", "kubectl wait crd --all --for condition=Established"])
        {
            var (output, exitCode) = await session.RunAsync(command, CancellationToken.None);
            exitCode.ShouldBe(0, $"{command}: {output}");
        }

        var golden = await File.ReadAllTextAsync(Path.Combine(Directory, $"{name}.txt"));
        var page = await GoldenScript.ReplayAsync(golden, session, CancellationToken.None);

        if (Environment.GetEnvironmentVariable(UpdateVariable) == "1")
        {
            await File.WriteAllTextAsync(Path.Combine(SourceDirectory(), $"{name}.txt"), page);
            return;
        }

        page.ShouldBe(golden, $"{UpdateVariable}=1 dotnet test tests/Sandbox.Tests writes the golden files anew");
    }

    private static string SourceDirectory()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "Operator.sln")))
        {
            directory = directory.Parent!;
        }

        return Path.Combine(directory.FullName, "tests", "Sandbox.Tests", "testdata", "kubectl");
    }
}
