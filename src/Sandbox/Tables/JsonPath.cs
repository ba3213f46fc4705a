using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Comptroller.Sandbox.Tables;

/// <summary>
/// The part of kubectl's JSONPath that printer columns use: <c>.a.b</c>, <c>['a']</c>, <c>[0]</c>, <c>[-1]</c>, <c>[*]</c> and
/// <c>[?(@.type=="Ready")]</c>; a backslash takes the meaning from a dot.
/// </summary>
internal sealed class JsonPath
{
    private readonly List<Func<JsonNode, IEnumerable<JsonNode?>>> _steps = [];

    private JsonPath()
    {
    }

    public static bool TryParse(string text, [NotNullWhen(true)] out JsonPath? path, out string error)
    {
        var made = new JsonPath();
        path = null;
        var at = 0;
        while (at < text.Length)
        {
            if (text[at] == '.')
            {
                at++;
                var name = TakeName(text, ref at);
                if (name.Length > 0)
                {
                    made._steps.Add(node => Member(node, name));
                }
                continue;
            }
            if (text[at] != '[')
            {
                error = $"unrecognized character in action: U+{(int)text[at]:X4} '{text[at]}'";
                return false;
            }
            var close = CloseOf(text, at);
            if (close < 0)
            {
                error = "unterminated array";
                return false;
            }
            var inside = text[(at + 1)..close];
            if (Bracket(inside) is not { } step)
            {
                error = $"invalid array index {inside}";
                return false;
            }
            made._steps.Add(step);
            at = close + 1;
        }
        error = "";
        path = made;
        return true;
    }

    /// <summary>The first match in <paramref name="root"/>; null when there is none.</summary>
    public JsonNode? First(JsonNode root) => All(root).FirstOrDefault(found => found is not null);

    /// <summary>Every match; JSON nulls count.</summary>
    public IEnumerable<JsonNode?> All(JsonNode root)
    {
        IEnumerable<JsonNode?> found = [root];
        foreach (var step in _steps)
        {
            found = found.SelectMany(node => node is null ? [] : step(node));
        }
        return found;
    }

    private static string TakeName(string text, ref int at)
    {
        var name = new StringBuilder();
        for (; at < text.Length && text[at] is not ('.' or '['); at++)
        {
            if (text[at] == '\\' && at + 1 < text.Length)
            {
                at++;
            }
            name.Append(text[at]);
        }
        return name.ToString();
    }

    private static int CloseOf(string text, int open)
    {
        char? quote = null;
        for (var at = open + 1; at < text.Length; at++)
        {
            if (quote is not null)
            {
                quote = text[at] == quote ? null : quote;
            }
            else if (text[at] is '\'' or '"')
            {
                quote = text[at];
            }
            else if (text[at] == ']')
            {
                return at;
            }
        }
        return -1;
    }

    private static Func<JsonNode, IEnumerable<JsonNode?>>? Bracket(string inside)
    {
        if (inside == "*")
        {
            return node => node switch
            {
                JsonArray list => list,
                JsonObject map => map.Select(pair => pair.Value),
                _ => [],
            };
        }
        if (inside.Length >= 2 && inside[0] is '\'' or '"' && inside[^1] == inside[0])
        {
            var name = inside[1..^1];
            return node => Member(node, name);
        }
        if (int.TryParse(inside, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var index))
        {
            return node => node is JsonArray list && (index < 0 ? index + list.Count : index) is var at && at >= 0 && at < list.Count ? [list[at]] : [];
        }
        return inside.StartsWith("?(@", StringComparison.Ordinal) && inside.EndsWith(')') ? Filter(inside[3..^1]) : null;
    }

    /// <summary><c>.type=="Ready"</c>, <c>.type!='x'</c>, or a bare path that must exist.</summary>
    private static Func<JsonNode, IEnumerable<JsonNode?>>? Filter(string condition)
    {
        var split = condition.IndexOf("==", StringComparison.Ordinal);
        var wanted = split >= 0;
        if (split < 0)
        {
            split = condition.IndexOf("!=", StringComparison.Ordinal);
        }
        var left = split < 0 ? condition : condition[..split];
        if (!TryParse(left.Trim(), out var path, out _))
        {
            return null;
        }
        if (split < 0)
        {
            return node => node is JsonArray list ? list.Where(item => item is not null && path.All(item).Any()) : [];
        }
        var right = condition[(split + 2)..].Trim().Trim('"', '\'');
        return node => node is JsonArray list
            ? list.Where(item => item is not null && path.First(item) is { } value && (value.ToString() == right) == wanted)
            : [];
    }

    private static IEnumerable<JsonNode?> Member(JsonNode node, string name) =>
        node is JsonObject map && map.TryGetPropertyValue(name, out var value) ? [value] : [];
}
