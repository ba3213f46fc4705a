using System.Globalization;
using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;

namespace Comptroller.Operator.Workloads;

/// <summary>One alert over metrics of the operator.</summary>
/// <param name="Name">CamelCase.</param>
/// <param name="Severity"><c>critical</c>, <c>warning</c> or <c>info</c>.</param>
/// <param name="Expression">PromQL. Whatever it returns is wrong.</param>
/// <param name="For">How long it must stay wrong.</param>
/// <param name="Summary">One line.</param>
/// <param name="Runbook">What to do.</param>
internal sealed record AlertRule(string Name, string Severity, string Expression, string For, string Summary, string Runbook);

/// <summary>The alerts on one resource, as a VMRule. Pure.</summary>
/// <param name="Name">Name of the VMRule; the group is <paramref name="Kind"/> with namespace and name.</param>
/// <param name="Kind">What the group's name begins with, such as <c>policy-audit</c>.</param>
/// <param name="Interval">How often they are evaluated.</param>
/// <param name="ObjectLabels">Labels of the VMRule.</param>
/// <param name="Page">Page with what to do about each; null for none.</param>
/// <param name="Rules">The alerts.</param>
/// <param name="AlertLabels">Labels of each alert beside its severity.</param>
internal sealed record AlertRules(
    string Name, string Kind, string Interval, IReadOnlyDictionary<string, string> ObjectLabels, string? Page, IReadOnlyList<AlertRule> Rules,
    IReadOnlyList<(string Name, string? Value)> AlertLabels)
{
    /// <param name="disabled">Names that users left out.</param>
    /// <param name="known">Names that there are.</param>
    public static IEnumerable<string> Errors(IReadOnlyList<string> disabled, IReadOnlyList<string> known) =>
        disabled.Select((name, index) => (name, index)).Where(item => !known.Contains(item.name, StringComparer.Ordinal))
            .Select(item => $"spec.alerts.disabled[{item.index}]: no alert is called \"{item.name}\"; there are {string.Join(", ", known)}");

    /// <summary>Null when there is nothing to alert on.</summary>
    public DesiredObject? Render(ObjectMeta owner)
    {
        if (Rules.Count == 0)
        {
            return null;
        }

        var metadata = new JsonObject { ["name"] = Name, ["namespace"] = owner.Namespace };
        if (ObjectLabels.Count > 0)
        {
            metadata["labels"] = new JsonObject(ObjectLabels.OrderBy(label => label.Key, StringComparer.Ordinal).Select(label => KeyValuePair.Create(label.Key, (JsonNode?)label.Value)));
        }

        return new DesiredObject(RenderedKinds.VmRules, new JsonObject
        {
            ["apiVersion"] = RenderedKinds.VmRules.ApiVersion,
            ["kind"] = RenderedKinds.VmRules.Kind,
            ["metadata"] = metadata,
            ["spec"] = new JsonObject
            {
                ["groups"] = new JsonArray(new JsonObject
                {
                    ["name"] = $"{Kind}-{owner.Namespace}-{owner.Name}",
                    ["interval"] = Interval,
                    ["rules"] = new JsonArray([.. Rules.Select(rule => (JsonNode)Write(rule, owner))]),
                }),
            },
        });
    }

    private JsonObject Write(AlertRule rule, ObjectMeta owner)
    {
        var annotations = new JsonObject
        {
            ["summary"] = string.Create(CultureInfo.InvariantCulture, $"{owner.Namespace}/{owner.Name}: {rule.Summary}"),
            ["runbook"] = rule.Runbook,
        };
        if (Page is not null)
        {
            annotations["runbook_url"] = $"{Page}#{rule.Name.ToLowerInvariant()}";
        }

        var labels = new JsonObject { ["severity"] = rule.Severity };
        foreach (var (name, value) in AlertLabels)
        {
            labels[name] = value;
        }

        return new JsonObject
        {
            ["alert"] = rule.Name,
            ["expr"] = rule.Expression,
            ["for"] = rule.For,
            ["labels"] = labels,
            ["annotations"] = annotations,
        };
    }
}
