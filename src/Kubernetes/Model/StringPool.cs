using System.Text.Json;

namespace Comptroller.Kubernetes.Model;

/// <summary>
/// Gives equal short strings one instance, so that twenty thousand cached objects do not carry twenty thousand copies of their
/// label keys. A fixed table: rare strings push each other out, nothing grows, and a lost race only costs one duplicate.
/// </summary>
internal static class StringPool
{
    /// <summary>
    /// Characters. The texts of conditions and findings are a few hundred long and the same on most resources; longer strings are
    /// seldom shared.
    /// </summary>
    private const int LongestShared = 512;
    private const int Ways = 4;
    private const int Sets = 2048;

    private static readonly string?[] Slots = new string?[Sets * Ways];

    /// <summary>The string (or property name) that the reader stands on.</summary>
    public static string Read(ref Utf8JsonReader reader)
    {
        var bytes = reader.HasValueSequence ? reader.ValueSequence.Length : reader.ValueSpan.Length;
        if (bytes > LongestShared)
        {
            return reader.GetString()!;
        }

        Span<char> text = stackalloc char[LongestShared];
        return Share(text[..reader.CopyString(text)]);
    }

    public static string Share(ReadOnlySpan<char> text)
    {
        if (text.Length == 0)
        {
            return "";
        }

        var hash = (uint)string.GetHashCode(text, StringComparison.Ordinal);
        var set = Slots.AsSpan((int)(hash % Sets) * Ways, Ways);
        foreach (var candidate in set)
        {
            if (candidate is not null && text.SequenceEqual(candidate))
            {
                return candidate;
            }
        }

        var shared = text.ToString();
        var free = set.IndexOf((string?)null);
        set[free >= 0 ? free : (int)(hash / Sets % Ways)] = shared;
        return shared;
    }
}
