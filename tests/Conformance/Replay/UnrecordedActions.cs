using System.Globalization;
using System.Text.Json.Nodes;
using Comptroller.Conformance.Transcripts;

namespace Comptroller.Conformance.Replay;

/// <summary>What the recorder did between the recorded steps; the notes describe it, so it is told here which scenario and step it precedes.</summary>
internal sealed class UnrecordedActions(Wire wire, Placeholders placeholders, Preconditions preconditions, Action<TimeSpan>? passTime)
{
    /// <summary>How long a server may go on accepting a token whose ServiceAccount is gone (it caches for 10 s).</summary>
    private static readonly TimeSpan TokenCache = TimeSpan.FromSeconds(11);

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    public async Task BeforeAsync(Transcript transcript, int step, CancellationToken cancellationToken)
    {
        await TidyAsync(transcript, step, cancellationToken);
        await DescribedAsync(transcript.Id, step, cancellationToken);
    }

    /// <summary>A name that is created twice was deleted in between: the recorder did so after each creation that a scenario merely tries out.</summary>
    private async Task TidyAsync(Transcript transcript, int step, CancellationToken cancellationToken)
    {
        if (Created(transcript.Steps[step]) is not { } path)
        {
            return;
        }

        var last = transcript.Steps.Take(step).LastOrDefault(other => Created(other) == path || Deleted(other) == path);
        if (last is not null && Created(last) == path)
        {
            await wire.SendAsync(HttpMethod.Delete, placeholders.Fill(path, path), null, cancellationToken);
        }
    }

    /// <summary>The path of the object that a step created under a name of the client's choice.</summary>
    private static string? Created(Step step) =>
        step.Request.Method == "POST" && step.Response.Status == 201 && !step.Request.Path.Contains("dryRun=", StringComparison.Ordinal)
        && step.Response.Body is JsonObject body && body["metadata"]?["name"] is { } name && body["metadata"]!["uid"] is not null
        && !name.ToString().Contains("<suffix", StringComparison.Ordinal) && !step.Request.Path.EndsWith("/token", StringComparison.Ordinal)
            ? $"{Wire.Scope(step)}/{name}"
            : null;

    private static string? Deleted(Step step) =>
        step.Request.Method == "DELETE" && step.Response.Status == 200 && !step.Request.Path.Contains("dryRun=", StringComparison.Ordinal)
            ? Wire.Scope(step)
            : null;

    private Task DescribedAsync(string transcript, int step, CancellationToken cancellationToken) => (transcript, step) switch
    {
        ("022-crd-names-conflict", 0) => preconditions.DefinitionAsync(FirstClaimant(), cancellationToken),
        ("022-crd-names-conflict", 3) => WithdrawFirstClaimantAsync(cancellationToken),
        ("100-apply-lifecycle", 2) => PassAsync(Second, cancellationToken),
        ("109-managedfields-updates", 1) => ElevenManagersAsync(cancellationToken),

        // The recorder also compacted etcd here, which no answer shows: lists and watches come from the cache in front of it.
        ("134-compaction", 1) => preconditions.CreateAsync(Preconditions.Widgets, Preconditions.Widget("d"), cancellationToken),
        ("176-rbac", 35) => PassAsync(TokenCache, cancellationToken),
        _ => Task.CompletedTask,
    };

    private static JsonObject FirstClaimant() => JsonNode.Parse("""
        {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "apples.names.example.dev"},
         "spec": {"group": "names.example.dev", "scope": "Namespaced",
          "names": {"plural": "apples", "kind": "Apple", "singular": "apple", "shortNames": ["ap"]},
          "versions": [{"name": "v1alpha1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object"}}}]}}
        """)!.AsObject();

    private async Task WithdrawFirstClaimantAsync(CancellationToken cancellationToken) =>
        await wire.SendAsync(HttpMethod.Delete, $"{Preconditions.Definitions}/apples.names.example.dev", null, cancellationToken);

    private async Task ElevenManagersAsync(CancellationToken cancellationToken)
    {
        for (var i = 0; i <= 10; i++)
        {
            if (i == 5)
            {
                // Managers are listed by the second of their last change, and the recorder's first six writes fell into one.
                await PassAsync(Second, cancellationToken);
            }

            var number = i.ToString("00", CultureInfo.InvariantCulture);
            var patch = new JsonObject { ["metadata"] = new JsonObject { ["labels"] = new JsonObject { [$"l{number}"] = "x" } } };
            var path = placeholders.Fill($"{Preconditions.Widgets}/a?fieldManager=mgr{number}", "");
            await wire.SendAsync(HttpMethod.Patch, path, patch, cancellationToken, "application/merge-patch+json");
        }
    }

    private Task PassAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        if (passTime is null)
        {
            return Task.Delay(time, cancellationToken);
        }

        passTime(time);
        return Task.CompletedTask;
    }
}
