using System.Text.Json.Nodes;
using Comptroller.AuditPolicies.Rendering;

namespace Comptroller.AuditPolicies.Alerting;

/// <summary>
/// The VictoriaMetrics operator's rule object with one group. A group of log rules must stand in a VMRule of its own, selected by a VMAlert
/// whose datasource is VictoriaLogs: one vmalert asks one datasource.
/// </summary>
public static class VmRule
{
    public const string ApiVersion = "operator.victoriametrics.com/v1beta1";
    public const string Kind = "VMRule";

    /// <summary>The object, without status and owner.</summary>
    /// <exception cref="OptionException"><see cref="AlertOptions.Check"/> names the errors.</exception>
    public static JsonObject Render(AlertOptions options)
    {
        OptionException.ThrowIfAny(options.Check());
        var metadata = new JsonObject { ["name"] = options.Name, ["namespace"] = options.Namespace };
        if (!options.ObjectLabels.IsEmpty)
        {
            metadata["labels"] = new JsonObject(options.ObjectLabels.Select(label => KeyValuePair.Create(label.Key, (JsonNode?)label.Value)));
        }

        return new JsonObject
        {
            ["apiVersion"] = ApiVersion,
            ["kind"] = Kind,
            ["metadata"] = metadata,
            ["spec"] = new JsonObject
            {
                ["groups"] = new JsonArray(new JsonObject
                {
                    ["name"] = $"kubernetes-audit-{options.Cluster}",
                    ["type"] = options.Language == AlertLanguage.LogsQl ? "vlogs" : "prometheus",
                    ["interval"] = LogsQl.Duration(options.Interval),
                    ["eval_delay"] = LogsQl.Duration(options.EvaluationDelay),
                    ["rules"] = new JsonArray([.. Rules(options).Select(rule => (JsonNode)Write(rule, options))]),
                }),
            },
        };
    }

    private static IEnumerable<AlertRule> Rules(AlertOptions options) => options.Language == AlertLanguage.LogsQl ? LogsQlRules.For(options) : PromQlRules.For(options);

    private static JsonObject Write(AlertRule rule, AlertOptions options)
    {
        var labels = new JsonObject { ["severity"] = rule.Kind.Severity, ["cluster"] = AlertTemplate.Literal(options.Cluster) };
        foreach (var (name, value) in options.AlertLabels)
        {
            labels[name] = AlertTemplate.Literal(value);
        }

        var annotations = new JsonObject { ["summary"] = rule.Summary, ["description"] = rule.Description, ["runbook"] = AlertTemplate.Literal(rule.Kind.Runbook) };
        if (options.RunbookBase is { } page)
        {
            annotations["runbook_url"] = AlertTemplate.Literal($"{page.AbsoluteUri}#{rule.Kind.Name.ToLowerInvariant()}");
        }

        return new JsonObject
        {
            ["alert"] = rule.Kind.Name,
            ["expr"] = rule.Expression,
            ["labels"] = labels,
            ["annotations"] = annotations,
        };
    }
}
