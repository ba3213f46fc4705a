using System.Globalization;
using System.Text.Json.Nodes;

namespace Comptroller.Kubernetes.Schemas;

/// <summary>Writes field errors in the server's words: the kind of error, the offending value, then the detail.</summary>
public static class FieldErrors
{
    /// <summary>How the server prints the path of an error that concerns no field.</summary>
    public const string NoField = "<nil>";

    public static FieldError Required(FieldPath path, string detail = "") =>
        new("FieldValueRequired", detail.Length == 0 ? "Required value" : $"Required value: {detail}", path.ToString());

    public static FieldError Invalid(FieldPath path, JsonNode? value, string detail) =>
        new("FieldValueInvalid", $"Invalid value: {Print(value)}: {detail}", path.ToString());

    /// <summary>An invalid value whose error names no field, although its text may.</summary>
    public static FieldError InvalidObject(JsonNode? value, string detail) => new("FieldValueInvalid", $"Invalid value: {Print(value)}: {detail}", NoField);

    public static FieldError TypeInvalid(FieldPath path, JsonNode? value, string detail) =>
        new("FieldValueTypeInvalid", $"Invalid value: {Print(value)}: {detail}", path.ToString());

    public static FieldError NotSupported(FieldPath path, JsonNode? value, IEnumerable<JsonNode?> supported) =>
        new("FieldValueNotSupported", $"Unsupported value: {Print(value)}: supported values: {string.Join(", ", supported.Select(Quote))}", path.ToString());

    public static FieldError NotSupported(FieldPath path, string value, params string[] supported) =>
        NotSupported(path, JsonValue.Create(value), supported.Select(text => (JsonNode?)JsonValue.Create(text)));

    public static FieldError TooLong(FieldPath path, long maximum) =>
        new("FieldValueTooLong", $"Too long: may not be more than {Text(maximum)} bytes", path.ToString());

    public static FieldError TooMany(FieldPath path, long actual, long maximum) =>
        new("FieldValueTooMany", $"Too many: {Text(actual)}: must have at most {Text(maximum)} items", path.ToString());

    public static FieldError Immutable(FieldPath path, JsonNode? value) => Invalid(path, value, "field is immutable");

    /// <summary>At most one error: the number must not be negative. Null is fine.</summary>
    public static IEnumerable<FieldError> NonNegative(FieldPath path, JsonNode? value) =>
        Scalars.TryInteger(value, out var number) && number < 0 ? [Invalid(path, value, "must be greater than or equal to 0")] : [];

    public static FieldError Duplicate(FieldPath path, JsonNode? value) => new("FieldValueDuplicate", $"Duplicate value: {Print(value)}", path.ToString());

    public static FieldError Forbidden(FieldPath path, string detail) => new("FieldValueForbidden", $"Forbidden: {detail}", path.ToString());

    private static string Print(JsonNode? value) => Scalars.Canonical(value);

    /// <summary>Supported values are quoted whatever their type.</summary>
    private static string Quote(JsonNode? value) => Scalars.AsString(value) is { } text ? Scalars.Quote(text) : Scalars.Quote(Scalars.Canonical(value));

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
