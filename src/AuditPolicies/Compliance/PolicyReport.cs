using System.Text.Json.Nodes;

namespace Comptroller.AuditPolicies.Compliance;

/// <summary>
/// A report as the object that policy engines write: Report of openreports.io/v1alpha1 and its forerunner PolicyReport of
/// wgpolicyk8s.io/v1alpha2, which hold the same. A control to be shown by hand is a <c>skip</c> that is not scored: <c>warn</c> would say that it
/// is not met.
/// </summary>
public static class PolicyReport
{
    public const string Source = "comptroller";

    /// <param name="report">The report.</param>
    /// <param name="apiVersion">Of the object.</param>
    /// <param name="kind">Of the object.</param>
    /// <param name="name">Of the object.</param>
    /// <param name="scope">Reference to what is judged.</param>
    public static JsonObject Render(ComplianceReport report, string apiVersion, string kind, string name, JsonObject scope) => new()
    {
        ["apiVersion"] = apiVersion,
        ["kind"] = kind,
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = scope["namespace"]?.DeepClone() },
        ["scope"] = scope,
        ["summary"] = new JsonObject
        {
            ["pass"] = Count(report, ControlResult.Pass),
            ["fail"] = Count(report, ControlResult.Fail),
            ["skip"] = Count(report, ControlResult.Manual),
            ["warn"] = 0,
            ["error"] = 0,
        },
        ["results"] = new JsonArray([.. report.Standards.SelectMany(verdict => verdict.Controls.Select(control => (JsonNode)new JsonObject
        {
            ["source"] = Source,
            ["category"] = verdict.Standard.Title,
            ["policy"] = verdict.Standard.Name,
            ["rule"] = control.Control.Id,
            ["result"] = Word(control.Judgement.Result),
            ["scored"] = control.Judgement.Result != ControlResult.Manual,
            ["message"] = control.Judgement.Reason,
            ["properties"] = new JsonObject { ["edition"] = verdict.Standard.Edition, ["requirement"] = control.Control.Requirement },
        }))]),
    };

    private static int Count(ComplianceReport report, ControlResult result) => report.Standards.Sum(verdict => verdict.Count(result));

    private static string Word(ControlResult result) => result switch
    {
        ControlResult.Pass => "pass",
        ControlResult.Fail => "fail",
        _ => "skip",
    };
}
