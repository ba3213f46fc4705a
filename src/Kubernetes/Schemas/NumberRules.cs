using System.Globalization;
using System.Text.Json.Nodes;

namespace Comptroller.Kubernetes.Schemas;

/// <summary>Bounds and multiples of numbers, with the arithmetic of the server: an integer value is compared in integers, so multipleOf 0.5 becomes 0.</summary>
public static class NumberRules
{
    public static void Check(Schema schema, JsonNode value, FieldPath path, List<FieldError> errors)
    {
        var isInteger = Scalars.TryInteger(value, out var integer);
        var number = Scalars.AsDouble(value);
        CheckRange(schema, isInteger, number, "Checked", path, errors);
        if (schema.MultipleOf is { } factor)
        {
            CheckMultiple(schema, value, isInteger, integer, number, factor, path, errors);
        }
        if (schema.Minimum is { } minimum)
        {
            var bound = Bound(schema, minimum, isInteger, "Minimum boundary", path, errors);
            if (schema.ExclusiveMinimum ? number <= bound : number < bound)
            {
                errors.Add(FieldErrors.Invalid(path, value, $"{path} in body should be greater than {(schema.ExclusiveMinimum ? "" : "or equal to ")}{Text(bound)}"));
            }
        }
        if (schema.Maximum is { } maximum)
        {
            var bound = Bound(schema, maximum, isInteger, "Maximum boundary", path, errors);
            if (schema.ExclusiveMaximum ? number >= bound : number > bound)
            {
                errors.Add(FieldErrors.Invalid(path, value, $"{path} in body should be less than {(schema.ExclusiveMaximum ? "" : "or equal to ")}{Text(bound)}"));
            }
        }
    }

    private static void CheckMultiple(
        Schema schema, JsonNode value, bool isInteger, long integer, double number, double factor, FieldPath path, List<FieldError> errors)
    {
        var inRange = CheckRange(schema, double.IsInteger(factor), factor, "MultipleOf", path, errors);
        if (isInteger && inRange)
        {
            var whole = (long)factor;
            if (whole <= 0)
            {
                errors.Add(FieldErrors.Invalid(path, JsonValue.Create(whole), $"factor MultipleOf declared for {path} must be positive: {whole.ToString(CultureInfo.InvariantCulture)}"));
            }
            else if (integer % whole != 0)
            {
                errors.Add(FieldErrors.Invalid(path, value, $"{path} in body should be a multiple of {whole.ToString(CultureInfo.InvariantCulture)}"));
            }
            return;
        }
        if (factor <= 0)
        {
            errors.Add(FieldErrors.Invalid(path, JsonValue.Create(factor), $"factor MultipleOf declared for {path} must be positive: {Text(factor)}"));
            return;
        }
        var quotient = factor < 1 ? 1 / factor * number : number / factor;
        if (Math.Abs(quotient - Math.Round(quotient)) > 1e-9 * Math.Max(1, Math.Abs(quotient)))
        {
            errors.Add(FieldErrors.Invalid(path, value, $"{path} in body should be a multiple of {Text(factor)}"));
        }
    }

    /// <summary>The bound as it is compared: cut to an integer for integer values.</summary>
    private static double Bound(Schema schema, double bound, bool valueIsInteger, string what, FieldPath path, List<FieldError> errors) =>
        CheckRange(schema, double.IsInteger(bound), bound, what, path, errors) && valueIsInteger ? Math.Truncate(bound) : bound;

    private static bool CheckRange(Schema schema, bool isInteger, double number, string what, FieldPath path, List<FieldError> errors)
    {
        if (schema.Type != "integer")
        {
            return true;
        }
        var whole = isInteger || double.IsInteger(number);
        var fits = schema.Format switch
        {
            "int32" => number is >= int.MinValue and <= int.MaxValue,
            "uint32" => number is >= 0 and <= uint.MaxValue,
            "uint64" => number is >= 0 and <= ulong.MaxValue,
            _ => number is >= long.MinValue and <= long.MaxValue,
        };
        if (whole && fits)
        {
            return true;
        }
        var format = schema.Format is null ? " (default format)" : $" with format {schema.Format}";
        errors.Add(FieldErrors.InvalidObject("", $"{what} value must be of type integer{format} in {path}"));
        return false;
    }

    private static string Text(double number) => number.ToString("R", CultureInfo.InvariantCulture);
}
