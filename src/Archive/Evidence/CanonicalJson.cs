using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Comptroller.Archive.Evidence;

/// <summary>The one text of a JSON value that RFC 8785 (JCS) gives it: members sorted by UTF-16 code units, numbers as ECMAScript writes them, no white space.</summary>
public static class CanonicalJson
{
    /// <exception cref="FormatException">A number that ECMAScript cannot write, or text that is not Unicode.</exception>
    public static byte[] Bytes(JsonNode? value)
    {
        var text = new StringBuilder();
        Write(value, text);
        try
        {
            return new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetBytes(text.ToString());
        }
        catch (EncoderFallbackException e)
        {
            throw new FormatException("a text holds half of a surrogate pair", e);
        }
    }

    private static void Write(JsonNode? value, StringBuilder text)
    {
        switch (value)
        {
            case null:
                text.Append("null");
                break;
            case JsonObject members:
                WriteAll('{', '}', members.OrderBy(member => member.Key, StringComparer.Ordinal), text, member =>
                {
                    WriteText(member.Key, text);
                    text.Append(':');
                    Write(member.Value, text);
                });
                break;
            case JsonArray items:
                WriteAll('[', ']', items, text, item => Write(item, text));
                break;
            default:
                WriteScalar(value, text);
                break;
        }
    }

    private static void WriteAll<T>(char open, char close, IEnumerable<T> items, StringBuilder text, Action<T> write)
    {
        text.Append(open);
        var isFirst = true;
        foreach (var item in items)
        {
            if (!isFirst)
            {
                text.Append(',');
            }

            isFirst = false;
            write(item);
        }

        text.Append(close);
    }

    private static void WriteScalar(JsonNode value, StringBuilder text)
    {
        switch (value.GetValueKind())
        {
            case JsonValueKind.String:
                WriteText(value.GetValue<string>(), text);
                break;
            case JsonValueKind.Number:
                text.Append(Number(double.Parse(value.ToJsonString(), CultureInfo.InvariantCulture)));
                break;
            default:
                text.Append(value.GetValueKind() == JsonValueKind.True ? "true" : "false");
                break;
        }
    }

    private static void WriteText(string value, StringBuilder text)
    {
        text.Append('"');
        foreach (var character in value)
        {
            _ = character switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '\b' => text.Append("\\b"),
                '\t' => text.Append("\\t"),
                '\n' => text.Append("\\n"),
                '\f' => text.Append("\\f"),
                '\r' => text.Append("\\r"),
                < ' ' => text.Append("\\u").Append(((int)character).ToString("x4", CultureInfo.InvariantCulture)),
                _ => text.Append(character),
            };
        }

        text.Append('"');
    }

    /// <summary>ECMA-262, Number::toString, from the shortest digits that read back as the same number.</summary>
    internal static string Number(double value)
    {
        if (!double.IsFinite(value))
        {
            throw new FormatException($"{value} is no JSON number");
        }

        if (value == 0)
        {
            return "0";
        }

        var shortest = Math.Abs(value).ToString("R", CultureInfo.InvariantCulture);
        var digits = new string([.. shortest.TakeWhile(c => c is not 'E').Where(char.IsAsciiDigit)]).TrimStart('0').TrimEnd('0');
        var point = PointOf(shortest);
        var text = (digits.Length, point) switch
        {
            var (count, at) when count <= at && at <= 21 => digits + new string('0', at - count),
            ( > 0, > 0 and <= 21) => $"{digits[..point]}.{digits[point..]}",
            ( > 0, > -6 and <= 0) => $"0.{new string('0', -point)}{digits}",
            (1, _) => $"{digits}e{Sign(point - 1)}",
            _ => $"{digits[0]}.{digits[1..]}e{Sign(point - 1)}",
        };
        return value < 0 ? "-" + text : text;
    }

    // Where the decimal point stands, counted from the first digit that is not zero.
    private static int PointOf(string shortest)
    {
        var mark = shortest.IndexOf('E', StringComparison.Ordinal);
        if (mark >= 0)
        {
            return int.Parse(shortest.AsSpan(mark + 1), CultureInfo.InvariantCulture) + 1;
        }

        var point = shortest.IndexOf('.', StringComparison.Ordinal);
        return shortest[0] != '0' ? (point < 0 ? shortest.Length : point) : -shortest.AsSpan(point + 1).IndexOfAnyExcept('0');
    }

    private static string Sign(int exponent) => exponent < 0 ? $"{exponent}" : $"+{exponent}";
}
