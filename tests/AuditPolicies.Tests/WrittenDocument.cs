using System.Runtime.CompilerServices;

namespace Comptroller.AuditPolicies.Tests;

/// <summary>A document in docs/spec whose end is written from code. COMPTROLLER_UPDATE_GOLDENS=1 writes that part anew.</summary>
internal static class WrittenDocument
{
    /// <param name="name">File in docs/spec.</param>
    /// <param name="writer">The test that writes it, which a comment in the file names.</param>
    /// <param name="end">What is to stand behind that comment.</param>
    public static void ShouldEndWith(string name, string writer, string end)
    {
        var path = PathOf(name);
        var marker = $"<!-- From here on written by {writer}: COMPTROLLER_UPDATE_GOLDENS=1 -->\n";
        var text = File.ReadAllText(path);
        text.ShouldContain(marker);
        var start = text.IndexOf(marker, StringComparison.Ordinal) + marker.Length;
        if (Environment.GetEnvironmentVariable("COMPTROLLER_UPDATE_GOLDENS") == "1")
        {
            File.WriteAllText(path, text[..start] + end);
        }

        File.ReadAllText(path)[start..].ShouldBe(end);
    }

    private static string PathOf(string name, [CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "docs", "spec", name));
}
