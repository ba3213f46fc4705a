using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Schemas;

namespace Comptroller.Sandbox.Kinds;

/// <summary>The causes of a 422 in the words of Kubernetes' <c>field</c> package.</summary>
internal static class FieldFaults
{
    public static FieldError Required(string field, string detail = "") =>
        new("FieldValueRequired", detail.Length == 0 ? "Required value" : $"Required value: {detail}", field);

    public static FieldError Invalid(string field, JsonNode? value, string detail) =>
        new("FieldValueInvalid", $"Invalid value: {GoText.Show(value)}: {detail}", field);

    public static FieldError Immutable(string field, JsonNode? value) => Invalid(field, value, "field is immutable");

    public static FieldError Forbidden(string field, string detail) => new("FieldValueForbidden", $"Forbidden: {detail}", field);

    public static FieldError Duplicate(string field, JsonNode? value) => new("FieldValueDuplicate", $"Duplicate value: {GoText.Show(value)}", field);

    public static FieldError TooLong(string field, int limit) => new("FieldValueTooLong", $"Too long: may not be more than {limit} bytes", field);

    public static FieldError TooMany(string field, int count, int limit) =>
        new("FieldValueTooMany", $"Too many: {count}: must have at most {limit} items", field);

    /// <param name="supported">In the order in which they are shown.</param>
    public static FieldError NotSupported(string field, string value, params IEnumerable<string> supported) =>
        new("FieldValueNotSupported", $"Unsupported value: {GoText.Quote(value)}: supported values: {string.Join(", ", supported.Select(GoText.Quote))}", field);

    /// <summary>At most one error: the number must not be negative. Null is fine.</summary>
    public static IEnumerable<FieldError> NonNegative(string field, JsonNode? value) =>
        value is not null && (long)value < 0 ? [Invalid(field, value, "must be greater than or equal to 0")] : [];
}
