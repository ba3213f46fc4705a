using System.Globalization;

namespace Comptroller.Falcon.Scheduling;

/// <summary>One field of a cron expression as a set of values below 64.</summary>
/// <param name="Bits">A bit for each value.</param>
/// <param name="IsAny">Written as <c>*</c> or <c>*/n</c>: it restricts nothing by itself.</param>
public readonly record struct CronField(ulong Bits, bool IsAny)
{
    public bool Contains(int value) => (Bits & (1UL << value)) != 0;

    /// <summary>The least value from <paramref name="least"/> on; -1 when there is none.</summary>
    public int From(int least)
    {
        var rest = least > 63 ? 0 : Bits & (ulong.MaxValue << least);
        return rest == 0 ? -1 : System.Numerics.BitOperations.TrailingZeroCount(rest);
    }

    public IEnumerable<int> Values
    {
        get
        {
            for (var value = From(0); value >= 0; value = From(value + 1))
            {
                yield return value;
            }
        }
    }

    /// <summary>Reads lists of <c>*</c>, <c>a</c>, <c>a-b</c>, <c>*/n</c>, <c>a/n</c> (from a on) and <c>a-b/n</c>.</summary>
    /// <param name="text">The field.</param>
    /// <param name="name">Named in errors.</param>
    /// <param name="least">Smallest value allowed.</param>
    /// <param name="most">Largest value allowed.</param>
    /// <param name="names">Names of values from <paramref name="least"/> on, such as JAN.</param>
    /// <exception cref="FormatException">Says what is wrong and what may stand there.</exception>
    public static CronField Parse(string text, string name, int least, int most, ReadOnlySpan<string> names = default)
    {
        ulong bits = 0;
        foreach (var part in text.Split(','))
        {
            var slash = part.IndexOf('/', StringComparison.Ordinal);
            var range = slash < 0 ? part : part[..slash];
            var step = slash < 0 ? 1 : Number(part[(slash + 1)..], default);
            if (step < 1)
            {
                throw Wrong("a step must be at least 1");
            }

            var dash = range.IndexOf('-', StringComparison.Ordinal);
            var first = range == "*" ? least : Number(dash < 0 ? range : range[..dash], names);
            var last = range == "*" || (dash < 0 && slash >= 0) ? most : dash < 0 ? first : Number(range[(dash + 1)..], names);
            if (first > last)
            {
                throw Wrong($"{first}-{last} runs backwards");
            }

            if (first < least || last > most)
            {
                throw Wrong($"values run from {least} to {most}");
            }

            for (var value = first; value <= last; value += step)
            {
                bits |= 1UL << value;
            }
        }

        return new CronField(bits, text.StartsWith('*'));

        int Number(string digits, ReadOnlySpan<string> known)
        {
            for (var i = 0; i < known.Length; i++)
            {
                if (known[i].Equals(digits, StringComparison.OrdinalIgnoreCase))
                {
                    return least + i;
                }
            }

            return int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw Wrong($"\"{digits}\" is not a number");
        }

        FormatException Wrong(string why) => new($"{name} \"{text}\": {why}");
    }
}
