using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Schemas;
using Comptroller.Sandbox.Requests;
using Comptroller.Sandbox.Resources;
using static Comptroller.Kubernetes.Schemas.FieldErrors;
using static Comptroller.Sandbox.Resources.JsonReading;

namespace Comptroller.Sandbox.Kinds;

/// <summary>
/// Events. Those written through core/v1 are checked as of old; those through events.k8s.io/v1 must be complete, and only their series
/// may change. Messages use the core field names either way.
/// </summary>
internal sealed class EventStrategy(BuiltInType type, TypedField coreType, TypedField modernType, bool modern) : BuiltInStrategy(type)
{
    private static readonly string[] Immutable =
    [
        "involvedObject", "reason", "message", "source", "firstTimestamp", "lastTimestamp", "count", "reason", "type", "eventTime",
        "action", "related", "reportingController", "reportingInstance",
    ];

    public override JsonObject Convert(JsonObject source, ServedResource resource, bool toStorage) =>
        !modern ? source
        : toStorage ? EventForms.ToCore(source, coreType)
        : EventForms.ToModern(source, modernType);

    public override IReadOnlyList<FieldError> Validate(JsonObject candidate, JsonObject? existing, string? subresource)
    {
        var core = modern ? EventForms.ToCore(candidate, coreType) : candidate;
        var errors = Common(core).ToList();
        if (!modern)
        {
            return errors;
        }
        if (existing is null)
        {
            errors.AddRange(Series(core));
            errors.AddRange(Complete(core));
            return errors;
        }
        var old = EventForms.ToCore(existing, coreType);
        if (!JsonNode.DeepEquals(core["series"], old["series"]))
        {
            errors.AddRange(Series(core));
        }
        foreach (var field in Immutable)
        {
            var stored = field == "reportingController" ? "reportingComponent" : field;
            if (!JsonNode.DeepEquals(core[stored], old[stored]))
            {
                errors.Add(FieldErrors.Immutable(field, core[stored]));
            }
        }
        return errors;
    }

    private IEnumerable<FieldError> Common(JsonObject core)
    {
        var @namespace = Text(core["metadata"], "namespace");
        var about = Text(core["involvedObject"], "namespace");
        if (core["eventTime"] is null)
        {
            if (about.Length == 0 ? @namespace is not ("" or "default") : about != @namespace)
            {
                yield return Invalid("involvedObject.namespace", about, "does not match event.namespace");
            }
            yield break;
        }
        if (about.Length == 0 && @namespace is not ("default" or "kube-system"))
        {
            yield return Invalid("involvedObject.namespace", about, "does not match event.namespace");
        }
        var controllerField = modern ? "reportingController" : "reportingComponent";
        var controller = Text(core, "reportingComponent");
        if (controller.Length == 0)
        {
            yield return Required(controllerField);
        }
        foreach (var message in NameRules.QualifiedName(controller))
        {
            yield return Invalid(controllerField, controller, message);
        }
        foreach (var field in (string[])["reportingInstance", "action", "reason"])
        {
            var text = Text(core, field);
            if (text.Length == 0)
            {
                yield return Required(field);
            }
            if (text.Length > 128)
            {
                yield return Invalid(field, "", "can have at most 128 characters");
            }
        }
        if (Text(core, "message").Length > 1024)
        {
            yield return Invalid("message", "", "can have at most 1024 characters");
        }
    }

    private static IEnumerable<FieldError> Series(JsonObject core)
    {
        if (core["series"] is not JsonObject series)
        {
            yield break;
        }
        if ((long?)series["count"] is null or < 2)
        {
            yield return Invalid("series.count", "", "should be at least 2");
        }
        if (series["lastObservedTime"] is null)
        {
            yield return Required("series.lastObservedTime");
        }
    }

    /// <summary>What events.k8s.io asks of a new event beyond the old rules.</summary>
    private static IEnumerable<FieldError> Complete(JsonObject core)
    {
        if (core["eventTime"] is null)
        {
            yield return Required("eventTime");
        }
        var type = Text(core, "type");
        if (type is not ("Normal" or "Warning"))
        {
            yield return Invalid("type", "", $"has invalid value: {type}");
        }
        foreach (var field in ((string[])["firstTimestamp", "lastTimestamp", "count"]).Where(field => core[field] is not null))
        {
            yield return Invalid(field, "", "needs to be unset");
        }
        if (core["source"] is JsonObject { Count: > 0 })
        {
            yield return Invalid("source", "", "needs to be unset");
        }
    }
}
