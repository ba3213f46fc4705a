using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Schemas;

namespace Comptroller.Sandbox.Fields;

/// <summary>Either the merged object or the conflicts that prevented it.</summary>
/// <param name="Merged">With <c>metadata.managedFields</c>; not yet defaulted or validated.</param>
internal sealed record ApplyOutcome(JsonObject? Merged, ApplyConflicts? Conflicts);

/// <summary>Fields that other managers own with other values.</summary>
/// <param name="Message">The message of the 409.</param>
/// <param name="Causes">One per field; the field path starts with a dot.</param>
internal sealed record ApplyConflicts(string Message, IReadOnlyList<FieldError> Causes);
