using System.Globalization;
using System.Text.RegularExpressions;

namespace Comptroller.AuditPolicies.Tests.Alerting.PromQl;

/// <summary>One element of a result; a number alone has no labels.</summary>
internal sealed record Element(SortedDictionary<string, string> Labels, double Value);

/// <summary>
/// The subset of PromQL that our alert rules are written in, evaluated at one time as Prometheus documents it. Anything outside the subset
/// is a parse error, so a rule that drifts out of it fails its test.
/// </summary>
internal sealed class PromQuery
{
    private delegate List<Element> Vector(IReadOnlyList<Series> stored, DateTimeOffset at);

    private static readonly TimeSpan Lookback = TimeSpan.FromMinutes(5);

    private readonly Vector root;

    public PromQuery(string text)
    {
        var tokens = new Tokens(text);
        root = Or(tokens).Vector;
        if (!tokens.AtEnd)
        {
            throw new FormatException($"unexpected {tokens.Next().Text}");
        }
    }

    /// <summary>The elements of the result; an alert fires for each.</summary>
    public List<Element> Run(IReadOnlyList<Series> stored, DateTimeOffset at) => root(stored, at);

    /// <summary>A number, which may be the time, or a vector.</summary>
    private sealed record Operand(Func<DateTimeOffset, double>? Number, Vector Vector);

    private static Operand Or(Tokens tokens)
    {
        var left = And(tokens);
        while (tokens.Skip("or"))
        {
            var (first, second) = (left.Vector, And(tokens).Vector);
            left = Of((stored, at) =>
            {
                var kept = first(stored, at);
                return [.. kept, .. second(stored, at).Where(element => !kept.Exists(other => Match(element, other)))];
            });
        }

        return left;
    }

    private static Operand And(Tokens tokens)
    {
        var left = Comparison(tokens);
        while (tokens.Is("and") || tokens.Is("unless"))
        {
            var wanted = tokens.Next().Text == "and";
            var (first, second) = (left.Vector, Comparison(tokens).Vector);
            left = Of((stored, at) =>
            {
                var others = second(stored, at);
                return [.. first(stored, at).Where(element => others.Exists(other => Match(element, other)) == wanted)];
            });
        }

        return left;
    }

    private static Operand Comparison(Tokens tokens)
    {
        var left = Sum(tokens);
        while (!tokens.AtEnd && (tokens.Is(">") || tokens.Is("<") || tokens.Is(">=") || tokens.Is("<=") || tokens.Is("=")))
        {
            var name = tokens.Next().Text;
            if (name == "=")
            {
                tokens.Expect("=");
            }

            Func<double, double, bool> holds = name switch
            {
                ">" => (a, b) => a > b,
                "<" => (a, b) => a < b,
                ">=" => (a, b) => a >= b,
                "<=" => (a, b) => a <= b,
                _ => (a, b) => a == b,
            };
            // What is compared with a number is what remains, on whichever side it stands.
            var isNumber = left.Number is not null;
            left = Combine(left, Sum(tokens), (a, b) => !holds(a, b) ? null : isNumber ? b : a);
        }

        return left;
    }

    private static Operand Sum(Tokens tokens)
    {
        var left = Product(tokens);
        while (tokens.Is("+") || tokens.Is("-"))
        {
            var sign = tokens.Next().Text == "+" ? 1 : -1;
            left = Combine(left, Product(tokens), (a, b) => a + sign * b);
        }

        return left;
    }

    private static Operand Product(Tokens tokens)
    {
        var left = Primary(tokens);
        while (tokens.Is("*") || tokens.Is("/"))
        {
            var times = tokens.Next().Text == "*";
            left = Combine(left, Primary(tokens), (a, b) => times ? a * b : a / b);
        }

        return left;
    }

    private static Operand Primary(Tokens tokens)
    {
        if (tokens.Skip("("))
        {
            var inner = Or(tokens);
            tokens.Expect(")");
            return inner;
        }

        var name = tokens.Next().Text;
        if (double.TryParse(name, CultureInfo.InvariantCulture, out var number))
        {
            return Scalar(_ => number);
        }

        var by = name == "max" && tokens.Skip("by") ? Names(tokens) : [];
        if (!tokens.Skip("("))
        {
            var (matches, offset) = (Selector(name, tokens), Offset(tokens));
            return Of((stored, at) => Read(stored, matches, at - offset, Lookback, samples => samples is [.., var last] ? last.Value : null));
        }

        var function = name switch
        {
            "sum" => Total(Or(tokens).Vector),
            "vector" => Constant(Or(tokens)),
            "max" => Largest(Or(tokens).Vector, by),
            "absent" => Absent(Or(tokens).Vector),
            "time" => Scalar(at => at.ToUnixTimeSeconds()),
            "clamp_min" => ClampMin(Or(tokens), tokens),
            "max_over_time" => Range(tokens, (samples, _, _) => samples.Count > 0 ? samples.Max(sample => sample.Value) : null),
            "increase" => Range(tokens, Increase),
            "last_over_time" => Range(tokens, (samples, _, _) => samples is [.., var last] ? last.Value : null),
            _ => throw new FormatException($"function {name}"),
        };
        tokens.Expect(")");
        return function;
    }

    private static Operand Total(Vector inner) => Of((stored, at) => inner(stored, at) is { Count: > 0 } all ? [new Element([], all.Sum(element => element.Value))] : []);

    private static Operand Constant(Operand number) => Of((_, at) => [new Element([], number.Number!(at))]);

    private static Operand Scalar(Func<DateTimeOffset, double> number) => new(number, (_, _) => throw new FormatException("a number is not a vector"));

    private static Operand Largest(Vector inner, string[] by) => Of((stored, at) =>
    [
        .. inner(stored, at)
            .GroupBy(element => string.Join('\0', by.Select(label => element.Labels.GetValueOrDefault(label, ""))))
            .Select(group => new Element(
                new SortedDictionary<string, string>(group.First().Labels.Where(label => by.Contains(label.Key)).ToDictionary(label => label.Key, label => label.Value), StringComparer.Ordinal),
                group.Max(element => element.Value))),
    ]);

    private static Operand Absent(Vector inner) => Of((stored, at) => inner(stored, at).Count == 0 ? [new Element([], 1)] : []);

    private static Operand ClampMin(Operand inner, Tokens tokens)
    {
        tokens.Expect(",");
        var least = Or(tokens).Number!;
        return Of((stored, at) => [.. inner.Vector(stored, at).Select(element => element with { Value = Math.Max(element.Value, least(at)) })]);
    }

    private static string[] Names(Tokens tokens)
    {
        var names = new List<string>();
        tokens.Expect("(");
        do
        {
            names.Add(tokens.Next().Text);
        }
        while (tokens.Skip(","));
        tokens.Expect(")");
        return [.. names];
    }

    private static Operand Range(Tokens tokens, Func<List<Sample>, DateTimeOffset, TimeSpan, double?> function)
    {
        var matches = Selector(tokens.Next().Text, tokens);
        tokens.Expect("[");
        var window = Span(tokens.Next().Text);
        tokens.Expect("]");
        var offset = Offset(tokens);
        return Of((stored, at) => Read(stored, matches, at - offset, window, samples => function(samples, at - offset, window)));
    }

    // Extrapolated to the ends of the window where samples come near to them, and never below zero, as Prometheus does it.
    private static double? Increase(List<Sample> samples, DateTimeOffset at, TimeSpan window)
    {
        if (samples.Count < 2)
        {
            return null;
        }

        var growth = samples[^1].Value - samples[0].Value + samples.Zip(samples.Skip(1)).Sum(pair => pair.Second.Value < pair.First.Value ? pair.First.Value : 0);
        var sampled = (samples[^1].Time - samples[0].Time).TotalSeconds;
        var between = sampled / (samples.Count - 1);
        var (before, after) = ((samples[0].Time - (at - window)).TotalSeconds, (at - samples[^1].Time).TotalSeconds);
        if (growth > 0)
        {
            before = Math.Min(before, sampled * (samples[0].Value / growth));
        }

        return growth * (sampled + (before < between * 1.1 ? before : between / 2) + (after < between * 1.1 ? after : between / 2)) / sampled;
    }

    private static List<Element> Read(IReadOnlyList<Series> stored, Func<Series, bool> matches, DateTimeOffset at, TimeSpan window, Func<List<Sample>, double?> value)
    {
        var elements = new List<Element>();
        foreach (var series in stored.Where(matches))
        {
            if (value([.. series.Samples.Where(sample => sample.Time > at - window && sample.Time <= at)]) is { } number)
            {
                elements.Add(new Element(series.Labels, number));
            }
        }

        return elements;
    }

    private static Func<Series, bool> Selector(string metric, Tokens tokens)
    {
        var conditions = new List<Func<Series, bool>>();
        tokens.Expect("{");
        do
        {
            var label = tokens.Next().Text;
            var negated = tokens.Skip("!");
            var pattern = negated ? !tokens.Skip("=") : tokens.Skip("=") && tokens.Is("~");
            if (pattern)
            {
                tokens.Expect("~");
            }

            var operand = tokens.Next().Text;
            var expression = pattern ? operand : Regex.Escape(operand);
            conditions.Add(series => Regex.IsMatch(series.Labels.GetValueOrDefault(label, ""), $@"\A(?:{expression})\z", RegexOptions.None, TimeSpan.FromSeconds(1)) != negated);
        }
        while (tokens.Skip(","));
        tokens.Expect("}");
        return series => series.Metric == metric && conditions.TrueForAll(condition => condition(series));
    }

    private static TimeSpan Offset(Tokens tokens) => tokens.Skip("offset") ? Span(tokens.Next().Text) : TimeSpan.Zero;

    private static TimeSpan Span(string span) => span[^1] switch
    {
        's' => TimeSpan.FromSeconds(int.Parse(span[..^1], CultureInfo.InvariantCulture)),
        'm' => TimeSpan.FromMinutes(int.Parse(span[..^1], CultureInfo.InvariantCulture)),
        'h' => TimeSpan.FromHours(int.Parse(span[..^1], CultureInfo.InvariantCulture)),
        _ => throw new FormatException($"duration {span}"),
    };

    private static Operand Combine(Operand left, Operand right, Func<double, double, double?> compute) => Of((stored, at) =>
    [
        .. from pair in Pairs(left, right, stored, at)
           let value = compute(pair.Left, pair.Right)
           where value is not null
           select pair.Element with { Value = value.Value },
    ]);

    private static IEnumerable<(Element Element, double Left, double Right)> Pairs(Operand left, Operand right, IReadOnlyList<Series> stored, DateTimeOffset at) =>
        left.Number is { } before ? right.Vector(stored, at).Select(element => (element, before(at), element.Value))
        : right.Number is { } after ? left.Vector(stored, at).Select(element => (element, element.Value, after(at)))
        : from first in left.Vector(stored, at) from second in right.Vector(stored, at) where Match(first, second) select (first, first.Value, second.Value);

    private static bool Match(Element left, Element right) => left.Labels.SequenceEqual(right.Labels);

    private static Operand Of(Vector vector) => new(null, vector);
}
