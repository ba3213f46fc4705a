using System.Globalization;
using System.Text.Json;
using Comptroller.Drift.Events;
using Comptroller.Drift.State;

namespace Comptroller.Drift.Comparison;

/// <summary>
/// Whether two values mean the same. The clouds answer in texts, Terraform keeps types: a text is read as what the other side is.
/// Absent, empty text, empty list and empty map are one (Terraform writes whichever the provider returned).
/// </summary>
public static class Values
{
    /// <summary>Compares.</summary>
    /// <param name="left">One value; undefined is null.</param>
    /// <param name="right">The other.</param>
    /// <param name="how">What else counts as the same.</param>
    public static bool Same(JsonElement left, JsonElement right, Sameness how = Sameness.Typed)
    {
        if (IsEmpty(left) || IsEmpty(right))
        {
            return IsEmpty(left) && IsEmpty(right);
        }

        if (how.HasFlag(Sameness.Documents) && Unblock(left, right) is var (first, second))
        {
            (left, right) = (first, second);
        }

        return (left.ValueKind, right.ValueKind) switch
        {
            (JsonValueKind.Object, JsonValueKind.Object) => SameObjects(left, right, how),
            (JsonValueKind.Array, JsonValueKind.Array) => SameLists(left, right, how),
            (JsonValueKind.Number, JsonValueKind.Number) => SameNumbers(left.GetRawText(), right.GetRawText()),
            (JsonValueKind.String, JsonValueKind.String) => SameTexts(left, right, how),
            (JsonValueKind.True or JsonValueKind.False, _) => SameFlag(left.ValueKind == JsonValueKind.True, right, how),
            (_, JsonValueKind.True or JsonValueKind.False) => SameFlag(right.ValueKind == JsonValueKind.True, left, how),
            (JsonValueKind.Number, JsonValueKind.String) => SameNumbers(left.GetRawText(), right.GetString()!),
            (JsonValueKind.String, JsonValueKind.Number) => SameNumbers(right.GetRawText(), left.GetString()!),
            (JsonValueKind.String, _) => SameDocuments(Texts.Document(left), right, how),
            (_, JsonValueKind.String) => SameDocuments(left, Texts.Document(right), how),
            _ => false,
        };
    }

    /// <summary>Null, an empty text, an empty list, an empty map.</summary>
    public static bool IsEmpty(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Undefined or JsonValueKind.Null => true,
        JsonValueKind.String => value.ValueEquals(ReadOnlySpan<byte>.Empty),
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Object => !value.EnumerateObject().MoveNext(),
        _ => false,
    };

    private static bool SameFlag(bool flag, JsonElement other, Sameness how) => other.ValueKind switch
    {
        JsonValueKind.True or JsonValueKind.False => flag == (other.ValueKind == JsonValueKind.True),
        JsonValueKind.String => other.GetString()!.ToUpperInvariant() switch
        {
            "TRUE" => flag,
            "FALSE" => !flag,
            "ENABLED" when how.HasFlag(Sameness.Words) => flag,
            "DISABLED" when how.HasFlag(Sameness.Words) => !flag,
            _ => false,
        },
        _ => false,
    };

    private static bool SameTexts(JsonElement left, JsonElement right, Sameness how)
    {
        var (first, second) = (left.GetString()!, right.GetString()!);
        if (first.Equals(second, how.HasFlag(Sameness.AnyCase) ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal))
        {
            return true;
        }

        if (Sensitive.IsHash(left) != Sensitive.IsHash(right))
        {
            return Sensitive.IsHash(left) ? first == Sensitive.Hash(right) : second == Sensitive.Hash(left);
        }

        return SameDocuments(Texts.Document(left), Texts.Document(right), how | Sameness.Documents);
    }

    private static bool SameDocuments(JsonElement left, JsonElement right, Sameness how) =>
        left.ValueKind is JsonValueKind.Object or JsonValueKind.Array && right.ValueKind is JsonValueKind.Object or JsonValueKind.Array
        && Same(left, right, how | Sameness.Documents);

    private static bool SameNumbers(string left, string right)
    {
        // Decimal keeps 64-bit ids apart that a double would take for one.
        if (decimal.TryParse(left, NumberStyles.Float, CultureInfo.InvariantCulture, out var first) && decimal.TryParse(right, NumberStyles.Float, CultureInfo.InvariantCulture, out var second))
        {
            return first == second;
        }

        return double.TryParse(left, NumberStyles.Float, CultureInfo.InvariantCulture, out var one) && double.TryParse(right, NumberStyles.Float, CultureInfo.InvariantCulture, out var other)
            ? one.Equals(other)
            : left == right;
    }

    private static bool SameObjects(JsonElement left, JsonElement right, Sameness how)
    {
        foreach (var property in left.EnumerateObject())
        {
            if (!Same(property.Value, right.TryGetProperty(property.Name, out var other) ? other : default, how))
            {
                return false;
            }
        }

        // Of a call that names some fields of a block, the others stay as they are.
        return how.HasFlag(Sameness.LeftOnly) || right.EnumerateObject().All(property => left.TryGetProperty(property.Name, out _) || IsEmpty(property.Value));
    }

    private static bool SameLists(JsonElement left, JsonElement right, Sameness how)
    {
        if (left.GetArrayLength() != right.GetArrayLength())
        {
            return false;
        }

        var others = right.EnumerateArray().ToList();
        if (!how.HasFlag(Sameness.AnyOrder) && !(how.HasFlag(Sameness.Documents)))
        {
            return left.EnumerateArray().Zip(others).All(pair => Same(pair.First, pair.Second, how));
        }

        foreach (var item in left.EnumerateArray())
        {
            var at = others.FindIndex(other => Same(item, other, how));
            if (at < 0)
            {
                return false;
            }

            others.RemoveAt(at);
        }

        return true;
    }

    // A block is a list of one, and an action of a policy may stand alone or in a list of one.
    private static (JsonElement Left, JsonElement Right)? Unblock(JsonElement left, JsonElement right) => (left.ValueKind, right.ValueKind) switch
    {
        (JsonValueKind.Array, JsonValueKind.Array) => null,
        (JsonValueKind.Array, _) when left.GetArrayLength() == 1 => (left[0], right),
        (_, JsonValueKind.Array) when right.GetArrayLength() == 1 => (left, right[0]),
        _ => null,
    };
}

/// <summary>What counts as the same.</summary>
[Flags]
public enum Sameness
{
    /// <summary>Types are coerced; lists have an order; texts have case.</summary>
    Typed = 0,

    /// <summary>Texts without regard to case, as Azure has it.</summary>
    AnyCase = 1,

    /// <summary>Lists are sets.</summary>
    AnyOrder = 2,

    /// <summary><c>enabled</c> is true, as ElastiCache has it.</summary>
    Words = 4,

    /// <summary>Documents such as policies: lists are sets, a list of one is its item.</summary>
    Documents = 8,

    /// <summary>Only what the left side names.</summary>
    LeftOnly = 16,

    /// <summary>How a state and a cloud are compared.</summary>
    State = AnyOrder | Words,
}
