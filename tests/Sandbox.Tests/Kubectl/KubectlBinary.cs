using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Comptroller.Sandbox.Tests.Kubectl;

/// <summary>
/// The kubectl whose words the golden files hold. Some distributions put a dispatcher first in PATH, which picks a version by asking the
/// server; the version wanted then lies beside it.
/// </summary>
internal static partial class KubectlBinary
{
    private const string Wanted = "1.32";

    /// <summary>Names a kubectl to use instead of the one in PATH.</summary>
    private const string Variable = "COMPTROLLER_TEST_KUBECTL";

    private static readonly Lazy<string?> Found = new(Find);

    public static string Path => Found.Value ?? throw new InvalidOperationException(WhyNot);

    /// <summary>Null when kubectl is there.</summary>
    public static string? Skip => Found.Value is null ? WhyNot : null;

    private static string WhyNot => $"kubectl {Wanted} was found neither in PATH nor in {Variable}: install it to run the kubectl goldens";

    private static string? Find()
    {
        var directories = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(System.IO.Path.PathSeparator);
        var inPath = directories.Select(directory => System.IO.Path.Combine(directory, "kubectl")).FirstOrDefault(File.Exists);
        var real = inPath is null ? null : File.ResolveLinkTarget(inPath, returnFinalTarget: true)?.FullName ?? inPath;
        string?[] candidates =
        [
            Environment.GetEnvironmentVariable(Variable),
            real is null ? null : System.IO.Path.Combine(System.IO.Path.GetDirectoryName(real)!, $"kubectl.{Wanted}"),
            inPath,
        ];
        return candidates.FirstOrDefault(candidate => candidate is not null && File.Exists(candidate) && VersionOf(candidate) == Wanted);
    }

    private static string? VersionOf(string binary)
    {
        using var process = Process.Start(new ProcessStartInfo(binary, "version --client") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return ClientVersion().Match(output) is { Success: true } version && !output.Contains("dispatcher", StringComparison.Ordinal)
            ? version.Groups["minor"].Value
            : null;
    }

    [GeneratedRegex(@"Client Version: v(?<minor>\d+\.\d+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ClientVersion();
}

/// <summary>A theory that is skipped, saying why, where kubectl is not installed.</summary>
public sealed class KubectlTheoryAttribute : TheoryAttribute
{
    public KubectlTheoryAttribute() => Skip = KubectlBinary.Skip;
}
