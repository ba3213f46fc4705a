using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace Comptroller.Drift.Api;

/// <summary>
/// The target of a request as it was sent. Ids hold slashes, colons and brackets, so a path is split before it is decoded: a slash that
/// was written as <c>%2F</c> stays inside its segment.
/// </summary>
/// <param name="Path">Not decoded.</param>
/// <param name="Query">Decoded.</param>
public sealed record ApiTarget(string Path, ImmutableDictionary<string, string> Query)
{
    private const int MostCharacters = 8192;
    private const int MostParameters = 32;

    /// <exception cref="ApiException">It cannot be read.</exception>
    public static ApiTarget Parse(string target)
    {
        if (target.Length > MostCharacters)
        {
            throw new ApiException(414, $"a target of more than {MostCharacters} characters is not read");
        }

        if (!target.StartsWith('/'))
        {
            // The absolute form, as proxies are asked.
            target = Uri.TryCreate(target, UriKind.Absolute, out var uri) ? uri.PathAndQuery : throw ApiException.BadRequest("the target of the request is no path");
        }

        var mark = target.IndexOf('?', StringComparison.Ordinal);
        return new ApiTarget(mark < 0 ? target : target[..mark], mark < 0 ? ImmutableDictionary<string, string>.Empty : Parameters(target[(mark + 1)..]));
    }

    /// <summary>Reads percent signs.</summary>
    /// <exception cref="ApiException">They are no UTF-8, or hide a NUL.</exception>
    public static string Decode(string text)
    {
        if (!text.Contains('%', StringComparison.Ordinal))
        {
            return text;
        }

        var bytes = new ArrayBufferWriter<byte>(text.Length);
        for (var at = 0; at < text.Length; at++)
        {
            if (text[at] != '%')
            {
                Encoding.UTF8.GetBytes(text.AsSpan(at, 1), bytes);
            }
            else if (at + 2 < text.Length && byte.TryParse(text.AsSpan(at + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var one))
            {
                bytes.Write([one]);
                at += 2;
            }
            else
            {
                throw ApiException.BadRequest("a percent sign without two hexadecimal digits after it");
            }
        }

        return Utf8.IsValid(bytes.WrittenSpan) && !bytes.WrittenSpan.Contains((byte)0) ? Encoding.UTF8.GetString(bytes.WrittenSpan) : throw ApiException.BadRequest("the path or a parameter is no text");
    }

    private static ImmutableDictionary<string, string> Parameters(string query)
    {
        var parameters = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var part in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            var (name, value) = equals < 0 ? (part, "") : (part[..equals], part[(equals + 1)..]);
            name = Decode(name);
            if (parameters.Count >= MostParameters || !parameters.TryAdd(name, Decode(value.Replace('+', ' '))))
            {
                throw ApiException.BadRequest(parameters.ContainsKey(name) ? $"{name} is given twice" : $"more than {MostParameters} parameters");
            }
        }

        return parameters.ToImmutable();
    }
}
