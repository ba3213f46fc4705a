using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Comptroller.AuditPolicies.Tests.Alerting;

/// <summary>Programs of VictoriaMetrics in PATH, which know more about rules than we do.</summary>
internal static class Installed
{
    public static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(directory => Path.Combine(directory, program)).FirstOrDefault(File.Exists);

    /// <summary>Null when the program is there.</summary>
    public static string? WhyNot(string program) => Find(program) is null ? $"{program} is not in PATH: install VictoriaMetrics to run this" : null;

    /// <summary>What vmalert says against a group of rules; null when it accepts them.</summary>
    public static string? Refusal(JsonNode group)
    {
        var checkedGroup = (JsonObject)group.DeepClone();
        // Debian's version is older than this option, and the option is nothing that a rule could get wrong.
        checkedGroup.Remove("eval_delay");
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, new JsonObject { ["groups"] = new JsonArray(checkedGroup) }.ToJsonString());
            using var process = Process.Start(new ProcessStartInfo(Find("vmalert")!, ["-dryRun", $"-rule={file}"]) { RedirectStandardError = true, UseShellExecute = false })!;
            var said = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? null : said.TrimEnd().Split('\n')[^1];
        }
        finally
        {
            File.Delete(file);
        }
    }
}

/// <summary>A fact that is skipped, saying why, where a program is not installed.</summary>
public sealed class InstalledFactAttribute : FactAttribute
{
    public InstalledFactAttribute(string program) => Skip = Installed.WhyNot(program);
}

/// <summary>A fact that is skipped, saying why, where vmalert does not know rules over logs.</summary>
public sealed class VlogsFactAttribute : FactAttribute
{
    private static readonly Lazy<string?> Refusal = new(() => Installed.Refusal(new JsonObject
    {
        ["name"] = "probe",
        ["type"] = "vlogs",
        ["rules"] = new JsonArray(new JsonObject { ["alert"] = "Probe", ["expr"] = "_time:5m | stats count() as hits" }),
    }));

    public VlogsFactAttribute() => Skip = Installed.WhyNot("vmalert")
        ?? (Refusal.Value is { } refusal ? $"vmalert must be 1.106 or newer to check rules over logs; this one says: {refusal}" : null);
}
