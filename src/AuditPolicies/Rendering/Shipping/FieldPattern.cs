using System.Globalization;
using System.Text;

namespace Comptroller.AuditPolicies.Rendering.Shipping;

/// <summary>A regular expression over one text field of an event, as Fluent Bit reads them (Onigmo). Numbers and lists match nothing.</summary>
/// <param name="Field">Path such as <c>user.username</c>.</param>
/// <param name="Pattern">Anchored by <c>\A</c> and <c>\z</c> where the whole text counts: <c>^</c> and <c>$</c> are the ends of lines.</param>
public sealed record FieldPattern(string Field, string Pattern)
{
    public static FieldPattern Among(string field, IEnumerable<string> values) => new(field, $@"\A(?:{Any(values)})\z");

    public static FieldPattern NotAmong(string field, IEnumerable<string> values) => new(field, $@"\A(?!(?:{Any(values)})\z)");

    public static FieldPattern StartingWith(string field, string prefix) => new(field, $@"\A{Literal(prefix)}");

    public static FieldPattern NotStartingWith(string field, string prefix) => new(field, $@"\A(?!{Literal(prefix)})");

    public static FieldPattern Present(string field) => new(field, ".");

    /// <summary>
    /// Text that matches itself, and that every format of configuration takes as it is: without spaces, control characters, and the
    /// <c>${...}</c> of environment variables.
    /// </summary>
    public static string Literal(string text)
    {
        var pattern = new StringBuilder();
        foreach (var character in text)
        {
            if (char.IsAsciiLetterOrDigit(character) || character is '_' or '-' or ':' or '@' or '/' || (character > 0x7F && !char.IsControl(character)))
            {
                pattern.Append(character);
            }
            else if (character == '.')
            {
                pattern.Append(@"\.");
            }
            else
            {
                pattern.Append(CultureInfo.InvariantCulture, $@"\x{(int)character:X2}");
            }
        }

        return pattern.ToString();
    }

    /// <summary>As <c>log_to_metrics</c> takes it: a record accessor, a space, the expression.</summary>
    public override string ToString()
    {
        var names = Field.Split('.');
        return $"${names[0]}{string.Concat(names.Skip(1).Select(name => $"['{name}']"))} {Pattern}";
    }

    private static string Any(IEnumerable<string> values) => string.Join('|', values.Select(Literal));
}
