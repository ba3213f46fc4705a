using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Comptroller.Archive.Evidence;

/// <summary>The one text of a JSON value that RFC 8785 (JCS) gives it: members sorted by UTF-16 code units, numbers as ECMAScript writes them, no white space.</summary>
public static class CanonicalJson
{
    /// <summary>Integers up to there are the same number to ECMAScript: 2^53.</summary>
    private const long ExactIntegers = 1L << 53;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private static readonly SearchValues<char> Escaped = SearchValues.Create([.. Enumerable.Range(0, ' ').Select(code => (char)code), '"', '\\']);

    /// <param name="value">The value.</param>
    /// <param name="without">A member of it that is left out, such as the signature over the others.</param>
    /// <exception cref="FormatException">A number that ECMAScript cannot write, or text that is not Unicode.</exception>
    public static byte[] Bytes(JsonNode? value, string? without = null)
    {
        // Straight into UTF-8: a manifest of a hundred gigabytes is ten megabytes of text, and each form in between would be that once more.
        var text = new ArrayBufferWriter<byte>(1024);
        try
        {
            Write(value, text, without);
            return text.WrittenSpan.ToArray();
        }
        catch (EncoderFallbackException e)
        {
            throw new FormatException("a text holds half of a surrogate pair", e);
        }
    }

    private static void Write(JsonNode? value, ArrayBufferWriter<byte> text, string? without = null)
    {
        switch (value)
        {
            case null:
                text.Write("null"u8);
                break;
            case JsonObject members:
                Write(members, text, without);
                break;
            case JsonArray items:
                text.Write("["u8);
                for (var i = 0; i < items.Count; i++)
                {
                    text.Write(i == 0 ? ""u8 : ","u8);
                    Write(items[i], text);
                }

                text.Write("]"u8);
                break;
            default:
                WriteScalar(value, text);
                break;
        }
    }

    private static void Write(JsonObject members, ArrayBufferWriter<byte> text, string? without)
    {
        text.Write("{"u8);
        var isFirst = true;
        foreach (var (name, member) in members.Where(member => member.Key != without).OrderBy(member => member.Key, StringComparer.Ordinal))
        {
            text.Write(isFirst ? ""u8 : ","u8);
            isFirst = false;
            WriteText(name, text);
            text.Write(":"u8);
            Write(member, text);
        }

        text.Write("}"u8);
    }

    private static void WriteScalar(JsonNode value, ArrayBufferWriter<byte> text)
    {
        switch (value.GetValueKind())
        {
            case JsonValueKind.String:
                WriteText(value.GetValue<string>(), text);
                break;
            case JsonValueKind.Number when value.AsValue().TryGetValue(out long whole) && whole is >= -ExactIntegers and <= ExactIntegers:
                Strict.GetBytes(whole.ToString(CultureInfo.InvariantCulture), text);
                break;
            case JsonValueKind.Number:
                Strict.GetBytes(Number(double.Parse(value.ToJsonString(), CultureInfo.InvariantCulture)), text);
                break;
            default:
                text.Write(value.GetValueKind() == JsonValueKind.True ? "true"u8 : "false"u8);
                break;
        }
    }

    private static void WriteText(ReadOnlySpan<char> value, ArrayBufferWriter<byte> text)
    {
        text.Write("\""u8);
        for (var next = value.IndexOfAny(Escaped); next >= 0; next = value.IndexOfAny(Escaped))
        {
            Strict.GetBytes(value[..next], text);
            Strict.GetBytes(Escape(value[next]), text);
            value = value[(next + 1)..];
        }

        Strict.GetBytes(value, text);
        text.Write("\""u8);
    }

    private static string Escape(char character) => character switch
    {
        '"' => "\\\"",
        '\\' => "\\\\",
        '\b' => "\\b",
        '\t' => "\\t",
        '\n' => "\\n",
        '\f' => "\\f",
        '\r' => "\\r",
        _ => $"\\u{(int)character:x4}",
    };

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
