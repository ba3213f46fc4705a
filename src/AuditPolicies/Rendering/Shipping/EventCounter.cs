using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace Comptroller.AuditPolicies.Rendering.Shipping;

/// <summary>
/// A counter that Fluent Bit keeps of the events that pass through it (<c>log_to_metrics</c>), by cluster, stage and response code. It has no
/// other labels: users, names, and even verbs and resources are the caller's words, and a series lives as long as the process.
/// </summary>
/// <param name="Name">Name of the metric, ending in <c>_total</c>, without what all names start with.</param>
/// <param name="Description">What is counted; Fluent Bit does not start without.</param>
public sealed record EventCounter(string Name, string Description)
{
    /// <summary>The tag of the counters, which must not be one of <see cref="FluentBitConfiguration.Events"/>.</summary>
    internal const string Tag = "metrics.audit";

    private const string Namespace = "kube";
    private const string Subsystem = "audit";

    /// <summary>An event in which one of these matches is not counted. A field that an event lacks matches nothing.</summary>
    public ImmutableArray<FieldPattern> Except { get; init; } = [];

    /// <summary>
    /// Only events in which this matches are counted. There is one at most, and it is asked last: Fluent Bit counts an event at the first
    /// pattern that matches, whatever the ones after it would say.
    /// </summary>
    public FieldPattern? Only { get; init; }

    /// <summary>The name under which it can be queried.</summary>
    public string Metric => $"{Namespace}_{Subsystem}_{Name}";

    /// <summary>The section of the configuration.</summary>
    internal JsonObject Filter()
    {
        var filter = new JsonObject
        {
            ["name"] = "log_to_metrics",
            ["alias"] = Name,
            ["match"] = FluentBitConfiguration.Events,
            ["tag"] = Tag,
            ["metric_mode"] = "counter",
            ["metric_namespace"] = Namespace,
            ["metric_subsystem"] = Subsystem,
            ["metric_name"] = Name,
            ["metric_description"] = Description,
            ["add_label"] = new JsonArray("cluster $cluster", "stage $stage", "code $responseStatus['code']"),
            // By default the counters are sent at each event, all of them.
            ["flush_interval_sec"] = 5,
        };
        if (!Except.IsEmpty)
        {
            filter["exclude"] = new JsonArray([.. Except.Select(pattern => (JsonNode)pattern.ToString())]);
        }

        if (Only is { } only)
        {
            filter["regex"] = only.ToString();
        }

        return filter;
    }
}
