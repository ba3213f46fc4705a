using System.Text.Json.Nodes;
using Comptroller.Crds;
using Comptroller.Crds.AuditPolicies;
using Comptroller.Crds.PolicyAuditSchedules;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;

namespace Comptroller.Operator.PolicyAuditSchedules.Rendering;

/// <summary>
/// What the newest complete run found as the objects that dashboards of policy engines read: a result for each type of policy and one for
/// the score, however large the tenant is. What is no longer true is an <c>error</c>, never the <c>pass</c> of days ago. Pure.
/// </summary>
internal static class AuditReportObjects
{
    public const string Score = "score";
    public const string LastRun = "last-run";
    private const string Policy = "falcon-policy-audit";

    public static string Name(ObjectMeta owner) => $"{owner.Name}-policy-audit";

    /// <param name="resource">The schedule with what its runs found.</param>
    /// <param name="freshUntil">Until when a success speaks for the tenant.</param>
    /// <param name="now">The time; null where there is none, as for a resource in a file.</param>
    public static IEnumerable<DesiredObject> Render(PolicyAuditSchedule resource, Func<DateTimeOffset, DateTimeOffset> freshUntil, DateTimeOffset? now)
    {
        if (now is not { } time || resource.Status.LastRun is not { } last)
        {
            return [];
        }

        var results = Results(resource, last, resource.Status.LastSuccessTime is { } success && time > freshUntil(success)).ToList();
        return Types(resource.Spec.Output.PolicyReports).Select(type => new DesiredObject(type, new JsonObject
        {
            ["apiVersion"] = type.ApiVersion,
            ["kind"] = type.Kind,
            ["metadata"] = new JsonObject { ["name"] = Name(resource.Metadata), ["namespace"] = resource.Metadata.Namespace },
            ["scope"] = new JsonObject
            {
                ["apiVersion"] = ResourceTypes.PolicyAuditSchedules.ApiVersion,
                ["kind"] = ResourceTypes.PolicyAuditSchedules.Kind,
                ["namespace"] = resource.Metadata.Namespace,
                ["name"] = resource.Metadata.Name,
            },
            ["summary"] = new JsonObject(((string[])["pass", "fail", "warn", "error", "skip"]).Select(word =>
                KeyValuePair.Create(word, (JsonNode?)results.Count(result => (string?)result["result"] == word)))),
            ["results"] = new JsonArray([.. results.Select(result => result.DeepClone())]),
        }));
    }

    private static IEnumerable<JsonObject> Results(PolicyAuditSchedule resource, AuditRunStatus last, bool isStale)
    {
        if (last.Outcome == AuditOutcomes.Failed)
        {
            yield return Result(LastRun, "error", last.Message ?? "the last run failed", last.EndTime);
        }

        if (resource.Status is not { Audit: { } audit, LastSuccessTime: { } success })
        {
            yield break;
        }

        var minimum = resource.Spec.Thresholds.MinScore;
        yield return Result(Score, isStale ? "error" : audit.Score >= minimum ? "pass" : "fail",
            $"score {audit.Score} %, at least {minimum} % wanted{(isStale ? ", of a run that no longer speaks for the tenant" : "")}", success);
        foreach (var type in audit.Policies ?? [])
        {
            var result = Result(type.Type, isStale ? "error" : type.Failed == 0 ? "pass" : "fail", $"{type.Failed} of {type.Passed + type.Failed} policies failed", success);
            result["properties"] = new JsonObject { ["passed"] = $"{type.Passed}", ["failed"] = $"{type.Failed}" };
            yield return result;
        }
    }

    private static JsonObject Result(string rule, string result, string message, DateTimeOffset? at)
    {
        var written = new JsonObject
        {
            ["source"] = OperatorHost.Product,
            ["category"] = "CrowdStrike Falcon",
            ["policy"] = Policy,
            ["rule"] = rule,
            ["result"] = result,
            ["scored"] = true,
            ["message"] = message,
        };
        if (at is { } time)
        {
            written["timestamp"] = new JsonObject { ["seconds"] = time.ToUnixTimeSeconds(), ["nanos"] = 0 };
        }

        return written;
    }

    private static IEnumerable<ResourceType> Types(IReadOnlyList<string> kinds)
    {
        if (kinds.Contains(ReportKinds.OpenReports))
        {
            yield return RenderedKinds.OpenReports;
        }

        if (kinds.Contains(ReportKinds.PolicyReport))
        {
            yield return RenderedKinds.PolicyReports;
        }
    }
}
