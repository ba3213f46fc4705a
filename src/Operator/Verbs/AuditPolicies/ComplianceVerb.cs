using System.CommandLine;
using Comptroller.AuditPolicies.Compliance;
using Comptroller.Crds;
using Comptroller.Crds.AuditPolicies;
using Comptroller.Operator.AuditPolicies;

namespace Comptroller.Operator.Verbs.AuditPolicies;

/// <summary><c>audit-policy compliance</c>: what standards say to a resource. Exit 0 nothing fails, 1 something does, 2 it cannot be judged.</summary>
internal static class ComplianceVerb
{
    public static Command Create()
    {
        var policy = new Option<string>("--policy", "-p") { Description = "File with an AuditPolicy resource, or -", Required = true };
        var standards = new Option<string[]>("--standard", "-s")
        {
            Description = "Standard to judge by; may be repeated. Those of spec.compliance when absent, or all",
            DefaultValueFactory = _ => [],
        };
        standards.AcceptOnlyFromAmong([.. Standard.All.Select(standard => standard.Name)]);
        var format = new Option<string>("--output", "-o") { Description = "markdown or json, as in the ConfigMap of the report", DefaultValueFactory = _ => "markdown" };
        format.AcceptOnlyFromAmong("markdown", "json");
        var command = new Command("compliance", "Judge a resource by standards, with reason and evidence: exit 0 when no control fails, 1 when one does, 2 on errors") { policy, standards, format };
        command.SetAction(result => Run(
            PolicyDocument.ReadOne(result.GetValue(policy)!), result.GetValue(standards)!, result.GetValue(format) == "json", result.InvocationConfiguration.Output));
        return command;
    }

    private static int Run(PolicyDocument document, string[] standards, bool asJson, TextWriter output)
    {
        // Most controls are about the log and the shipping.
        if (document.Prefix.Length == 0)
        {
            throw new InvalidInputException([$"{document.Source.Source}: a Policy says nothing of log, shipping and alerts; give an AuditPolicy ({ResourceTypes.AuditPolicies.ApiVersion})"]);
        }

        document.ThrowIfRefused();
        var resource = document.Resource!;
        var asked = standards.Length > 0 ? new Compliance { Standards = standards } : resource.Spec.Compliance ?? new Compliance();
        var plan = AuditPolicyPlan.Make(resource with { Spec = resource.Spec with { Compliance = asked } });
        if (!plan.Errors.IsEmpty)
        {
            throw new InvalidInputException([.. plan.Errors.Select(error => $"{document.Source.Source}:{document.Source.Document.Locate(error.Split(": ")[0]).Line}: {error}")]);
        }

        output.Write((string?)plan.Compliance!.Body["data"]![asJson ? AuditPolicyObjects.ComplianceJsonFile : AuditPolicyObjects.ComplianceMarkdownFile]);
        output.Write(asJson ? "\n" : "");
        return plan.Report!.Standards.Any(verdict => verdict.Count(ControlResult.Fail) > 0) ? ExitCodes.Warnings : ExitCodes.Clean;
    }
}
