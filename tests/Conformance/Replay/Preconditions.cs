using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Comptroller.Conformance.Transcripts;

namespace Comptroller.Conformance.Replay;

/// <summary>Brings about what a transcript's <c>setup</c> says, through the API. A text that it does not understand is an error.</summary>
internal sealed partial class Preconditions(Wire wire, Placeholders placeholders)
{
    public const string Widgets = "/apis/conformance.example.dev/v1alpha1/namespaces/<ns>/widgets";
    public const string Definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

    /// <exception cref="InvalidOperationException">Names the text that is not understood, or what the server refused.</exception>
    public async Task EstablishAsync(Transcript transcript, CancellationToken cancellationToken)
    {
        foreach (var text in transcript.Setup)
        {
            if (text.StartsWith("namespace <ns> exists", StringComparison.Ordinal))
            {
                await NamespaceAsync(cancellationToken);
            }
            else if (text.StartsWith("CRDs ", StringComparison.Ordinal) && text.EndsWith(" are Established", StringComparison.Ordinal))
            {
                foreach (Match file in FixturePath().Matches(text))
                {
                    await DefinitionAsync(JsonNode.Parse(await File.ReadAllTextAsync(Fixture(transcript, file.Value), cancellationToken))!, cancellationToken);
                }
            }
            else if (WidgetsExist().IsMatch(text))
            {
                foreach (var widget in ParseWidgets(text))
                {
                    await CreateAsync(Widgets, widget, cancellationToken);
                }
            }
            else
            {
                throw new InvalidOperationException($"setup of {transcript.Id} is not understood: \"{text}\" (Preconditions says which texts are)");
            }
        }
    }

    public async Task CreateAsync(string path, JsonNode body, CancellationToken cancellationToken)
    {
        var (status, answer) = await wire.SendAsync(HttpMethod.Post, placeholders.Fill(path, path), body, cancellationToken);
        if (status is not (201 or 409))
        {
            throw new InvalidOperationException($"setup: POST {path} answered {status}: {BodyComparer.Show(answer)}");
        }
    }

    /// <summary>Creates a CustomResourceDefinition and waits until it is served.</summary>
    public async Task DefinitionAsync(JsonNode definition, CancellationToken cancellationToken)
    {
        await CreateAsync(Definitions, definition, cancellationToken);
        await UntilAsync($"{Definitions}/{definition["metadata"]!["name"]}", (_, body) => (body?["status"]?["conditions"] as JsonArray ?? [])
            .Any(condition => (string?)condition?["type"] == "Established" && (string?)condition["status"] == "True"), cancellationToken);
    }

    /// <summary>Reads until the condition holds. The bound is that of a test that hangs, not of a slow server.</summary>
    public async Task UntilAsync(string path, Func<int, JsonNode?, bool> condition, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < 500; attempt++)
        {
            var (status, body) = await wire.SendAsync(HttpMethod.Get, placeholders.Fill(path, path), null, cancellationToken);
            if (condition(status, body))
            {
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), cancellationToken);
        }

        throw new InvalidOperationException($"setup: {path} did not come to the wanted state within 10 s");
    }

    /// <summary>A minimal widget, as the recorder created them.</summary>
    public static JsonObject Widget(string name) => new()
    {
        ["apiVersion"] = "conformance.example.dev/v1alpha1",
        ["kind"] = "Widget",
        ["metadata"] = new JsonObject { ["name"] = name },
        ["spec"] = new JsonObject { ["size"] = 1 },
    };

    /// <summary>
    /// Understands "widgets a b c exist; a, c carry label g=1, others g=2" and "widgets a,b (g=1), c,d (g=2); d has finalizer example.dev/f".
    /// </summary>
    internal static IReadOnlyList<JsonObject> ParseWidgets(string text)
    {
        var clauses = text.Split(';', StringSplitOptions.TrimEntries);
        var widgets = new List<JsonObject>();
        foreach (Match group in WidgetGroup().Matches(WidgetsExist().Match(clauses[0]).Groups["names"].Value))
        {
            foreach (var name in group.Groups["names"].Value.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries))
            {
                widgets.Add(Widget(name));
                Label([widgets[^1]], group.Groups["label"].Value);
            }
        }

        foreach (var clause in clauses.Skip(1))
        {
            if (CarryLabel().Match(clause) is { Success: true } labels)
            {
                var named = labels.Groups["names"].Value.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries);
                Label(widgets.Where(widget => named.Contains((string)widget["metadata"]!["name"]!)), labels.Groups["label"].Value);
                Label(widgets.Where(widget => !named.Contains((string)widget["metadata"]!["name"]!)), labels.Groups["others"].Value);
            }
            else if (HasFinalizer().Match(clause) is { Success: true } finalizer)
            {
                widgets.Single(widget => (string)widget["metadata"]!["name"]! == finalizer.Groups["name"].Value)
                    ["metadata"]!["finalizers"] = new JsonArray(finalizer.Groups["finalizer"].Value);
            }
            else
            {
                throw new InvalidOperationException($"setup is not understood: \"{clause}\" in \"{text}\"");
            }
        }

        return widgets;
    }

    private async Task NamespaceAsync(CancellationToken cancellationToken)
    {
        var name = placeholders.Fill("<ns>", "");
        await CreateAsync("/api/v1/namespaces", new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Namespace",
            ["metadata"] = new JsonObject { ["name"] = name },
        }, cancellationToken);
        await UntilAsync("/api/v1/namespaces/<ns>/configmaps/kube-root-ca.crt", (status, _) => status == 200, cancellationToken);
        await UntilAsync("/api/v1/namespaces/<ns>/serviceaccounts/default", (status, _) => status == 200, cancellationToken);
    }

    private static void Label(IEnumerable<JsonObject> widgets, string label)
    {
        if (label.Split('=') is [var key, var value])
        {
            foreach (var widget in widgets)
            {
                widget["metadata"]!["labels"] = new JsonObject { [key] = value };
            }
        }
    }

    /// <summary>Fixtures lie beside the transcript that names them, else beside our own.</summary>
    private static string Fixture(Transcript transcript, string file) =>
        new[] { transcript.Directory, TranscriptLibrary.OwnDirectory }.Select(directory => Path.Combine(directory, file)).FirstOrDefault(File.Exists)
        ?? throw new InvalidOperationException($"setup of {transcript.Id} names {file}, which is not in {transcript.Directory}");

    [GeneratedRegex(@"fixtures/[\w.-]+\.json", RegexOptions.None, 1000)]
    private static partial Regex FixturePath();

    [GeneratedRegex(@"\Awidgets? (?<names>[a-z0-9 ,()=]+?)( exists?)?(?=;|\z)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex WidgetsExist();

    [GeneratedRegex(@"(?<names>[a-z0-9]+([ ,]+[a-z0-9]+)*)( \((?<label>[^)]*)\))?", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex WidgetGroup();

    [GeneratedRegex(@"\A(?<names>[a-z0-9 ,]+?) (carry|carries) label (?<label>[^, ]+)(, others (?<others>\S+))?\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex CarryLabel();

    [GeneratedRegex(@"\A(?<name>[a-z0-9]+) has finalizer (?<finalizer>\S+)\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex HasFinalizer();
}
