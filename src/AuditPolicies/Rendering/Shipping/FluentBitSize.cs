using System.Globalization;

namespace Comptroller.AuditPolicies.Rendering.Shipping;

/// <summary>Sizes as Fluent Bit reads them: decimal multiples, <c>512k</c> = 512 000 bytes.</summary>
internal static class FluentBitSize
{
    /// <summary>Bytes, or null when the text is not a size. Fluent Bit's own dry run does not notice.</summary>
    public static long? Parse(string text)
    {
        var digits = text.TrimEnd('b', 'B');
        var factor = digits.Length == 0 ? 0 : char.ToUpperInvariant(digits[^1]) switch
        {
            'K' => 1_000,
            'M' => 1_000_000,
            'G' => 1_000_000_000,
            _ => 1,
        };
        digits = factor > 1 ? digits[..^1] : digits;
        return long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= long.MaxValue / Math.Max(factor, 1)
            ? number * factor
            : null;
    }
}
