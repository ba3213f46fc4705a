using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Comptroller.AuditPolicies.Tests.Rendering;

/// <summary>
/// testdata/golden/CASE holds input.json and one expected file per rendered object. To accept an intended change, run the tests with
/// COMPTROLLER_UPDATE_GOLDENS=1 and read the diff.
/// </summary>
internal static class GoldenFiles
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly string Root = Path.Combine(AppContext.BaseDirectory, "testdata", "golden");

    public static IEnumerable<string> Cases => Directory.GetDirectories(Root).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal);

    public static JsonObject Input(string name) => (JsonObject)JsonNode.Parse(File.ReadAllText(Path.Combine(Root, name, "input.json")))!;

    public static void ShouldMatch(string name, string file, JsonNode? rendered)
    {
        var path = Path.Combine(Root, name, file);
        var text = rendered is null ? null : rendered.ToJsonString(Indented) + "\n";
        if (Environment.GetEnvironmentVariable("COMPTROLLER_UPDATE_GOLDENS") == "1")
        {
            var source = Path.Combine(SourceRoot(), name, file);
            if (text is not null)
            {
                File.WriteAllText(source, text);
            }
            else
            {
                File.Delete(source);
            }

            return;
        }

        text.ShouldBe(File.Exists(path) ? File.ReadAllText(path) : null, $"{name}/{file}");
    }

    private static string SourceRoot([CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "..", "testdata", "golden");
}
