using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Schemas;
using static Comptroller.Kubernetes.Schemas.FieldErrors;

namespace Comptroller.Sandbox.Kinds;

/// <summary>Jobs as objects: defaults and checks. Nothing runs them here.</summary>
internal sealed class JobStrategy(BuiltInType type) : SpecAndStatusStrategy(type)
{
    private static readonly string[] Counts =
        ["parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished", "backoffLimitPerIndex"];

    protected override void SetDefaults(JsonObject candidate)
    {
        var spec = candidate["spec"]!.AsObject();
        if (spec["parallelism"] is null && spec["completions"] is null)
        {
            spec["completions"] = 1L;
        }
        spec["parallelism"] ??= 1L;
        spec["backoffLimit"] ??= 6L;
        spec["completionMode"] ??= "NonIndexed";
        spec["suspend"] ??= false;
        spec["podReplacementPolicy"] ??= spec["podFailurePolicy"] is null ? "TerminatingOrFailed" : "Failed";
        PodTemplates.SetPullPolicies(spec["template"]?["spec"]);
    }

    public override void PrepareForCreate(JsonObject created)
    {
        base.PrepareForCreate(created);
        var spec = created["spec"]!.AsObject();
        if ((bool?)spec["manualSelector"] != true)
        {
            SelectOwnPods(created, spec);
        }
    }

    public override IReadOnlyList<FieldError> Validate(JsonObject candidate, JsonObject? existing, string? subresource) =>
        [.. CheckSpec(candidate["spec"], "spec")];

    internal static IEnumerable<FieldError> CheckSpec(JsonNode? spec, string path)
    {
        foreach (var error in Counts.SelectMany(field => NonNegative($"{path}.{field}", spec?[field])))
        {
            yield return error;
        }
        var template = spec?["template"]?["spec"];
        foreach (var error in PodTemplates.Check(template, $"{path}.template.spec"))
        {
            yield return error;
        }
        if ((string?)template?["restartPolicy"] is not ("OnFailure" or "Never"))
        {
            yield return Required($"{path}.template.spec.restartPolicy", "valid values: \"OnFailure\", \"Never\"");
        }
    }

    /// <summary>Gives the Job's pods labels that no other Job's pods have, and selects them.</summary>
    private static void SelectOwnPods(JsonObject job, JsonObject spec)
    {
        if ((string?)job["metadata"]?["uid"] is not { Length: > 0 } uid || spec["template"] is not JsonObject template)
        {
            return;
        }
        var name = (string?)job["metadata"]!["name"];
        if (template["metadata"] is not JsonObject metadata)
        {
            template["metadata"] = metadata = [];
        }
        if (metadata["labels"] is not JsonObject labels)
        {
            metadata["labels"] = labels = [];
        }
        foreach (var prefix in (string[])["batch.kubernetes.io/", ""])
        {
            labels[prefix + "controller-uid"] = uid;
            labels[prefix + "job-name"] = name;
        }
        spec["selector"] = new JsonObject { ["matchLabels"] = new JsonObject { ["batch.kubernetes.io/controller-uid"] = uid } };
    }
}
