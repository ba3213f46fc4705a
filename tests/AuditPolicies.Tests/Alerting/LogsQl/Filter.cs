using System.Globalization;
using System.Text.RegularExpressions;

namespace Comptroller.AuditPolicies.Tests.Alerting.LogsQl;

internal delegate bool Filter(Row row, DateTimeOffset now);

/// <summary>Parses the filters our rules use: terms side by side are ANDed, <c>or</c> binds weaker, <c>!</c> negates one term.</summary>
internal static class Filters
{
    public static Filter Parse(Tokens tokens)
    {
        var left = And(tokens);
        while (tokens.Skip("or"))
        {
            var (first, second) = (left, And(tokens));
            left = (row, now) => first(row, now) || second(row, now);
        }

        return left;
    }

    private static Filter And(Tokens tokens)
    {
        var terms = new List<Filter> { Term(tokens) };
        while (!tokens.AtEnd && !tokens.Is("|") && !tokens.Is(")") && !tokens.Is("or"))
        {
            terms.Add(Term(tokens));
        }

        return (row, now) => terms.TrueForAll(term => term(row, now));
    }

    private static Filter Term(Tokens tokens)
    {
        if (tokens.Skip("!"))
        {
            var negated = Term(tokens);
            return (row, now) => !negated(row, now);
        }

        if (tokens.Skip("("))
        {
            var inner = Parse(tokens);
            tokens.Expect(")");
            return inner;
        }

        if (tokens.Skip("{"))
        {
            return Stream(tokens);
        }

        var field = tokens.Next().Text;
        tokens.Expect(":");
        return field == "_time" ? Window(tokens) : Condition(tokens, field);
    }

    private static Filter Stream(Tokens tokens)
    {
        var labels = new List<(string Name, string Value)>();
        do
        {
            var name = tokens.Next().Text;
            tokens.Expect("=");
            labels.Add((name, tokens.Next().Text));
        }
        while (tokens.Skip(","));
        tokens.Expect("}");
        return (row, _) => labels.TrueForAll(label => row[label.Name] == label.Value);
    }

    private static Filter Window(Tokens tokens)
    {
        var length = Span(tokens.Next().Text);
        var offset = tokens.Skip("offset") ? Span(tokens.Next().Text) : TimeSpan.Zero;
        return (row, now) => row.Time > now - offset - length && row.Time <= now - offset;
    }

    private static TimeSpan Span(string span)
    {
        var number = double.Parse(span[..^1], CultureInfo.InvariantCulture);
        return span[^1] switch
        {
            's' => TimeSpan.FromSeconds(number),
            'm' => TimeSpan.FromMinutes(number),
            'h' => TimeSpan.FromHours(number),
            _ => throw new FormatException($"duration {span}"),
        };
    }

    private static Filter Condition(Tokens tokens, string field)
    {
        if (tokens.Skip("*"))
        {
            return (row, _) => row[field].Length > 0;
        }

        if (tokens.Skip("in"))
        {
            tokens.Expect("(");
            var values = tokens.List(")");
            return (row, _) => values.Contains(row[field]);
        }

        var operation = tokens.Next();
        if (operation.Quoted)
        {
            throw new FormatException("a phrase filter is not among what we render");
        }

        var operand = tokens.Next().Text;
        return operation.Text switch
        {
            "=" => (row, _) => row[field] == operand,
            "~" => Like(field, new Regex(operand, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1))),
            ">" => Number(field, operand, (left, right) => left > right),
            ">=" => Number(field, operand, (left, right) => left >= right),
            "<" => Number(field, operand, (left, right) => left < right),
            "<=" => Number(field, operand, (left, right) => left <= right),
            _ => throw new FormatException($"operator {operation.Text}"),
        };
    }

    private static Filter Like(string field, Regex pattern) => (row, _) => pattern.IsMatch(row[field]);

    private static Filter Number(string field, string operand, Func<double, double, bool> compare)
    {
        var right = double.Parse(operand, CultureInfo.InvariantCulture);
        return (row, _) => double.TryParse(row[field], CultureInfo.InvariantCulture, out var left) && compare(left, right);
    }
}
