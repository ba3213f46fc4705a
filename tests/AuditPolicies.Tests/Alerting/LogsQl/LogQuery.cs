using System.Globalization;

namespace Comptroller.AuditPolicies.Tests.Alerting.LogsQl;

/// <summary>
/// The subset of LogsQL that our alert rules and documented queries are written in, evaluated the way VictoriaLogs' stats_query does. Anything outside the subset
/// is a parse error, so a rule that drifts out of it fails its test.
/// </summary>
internal sealed class LogQuery
{
    private readonly Filter _filter;
    private readonly List<Func<List<Row>, DateTimeOffset, List<Row>>> _pipes = [];
    private readonly HashSet<string> _results = new(StringComparer.Ordinal);
    private readonly HashSet<string> _labels = new(StringComparer.Ordinal);

    public LogQuery(string text)
    {
        var tokens = new Tokens(text);
        _filter = Filters.Parse(tokens);
        while (tokens.Skip("|"))
        {
            _pipes.Add(Pipe(tokens));
        }

        if (!tokens.AtEnd)
        {
            throw new FormatException($"unexpected {tokens.Next().Text}");
        }
    }

    /// <summary>Numbers in a result row; vmalert raises one alert for each, so a rule must have exactly one.</summary>
    public IReadOnlySet<string> Results => _results;

    /// <summary>Labels of a result row.</summary>
    public IReadOnlySet<string> Labels => _labels;

    /// <summary>Fields that pipes read and no pipe before them made: those of an event.</summary>
    public HashSet<string> Read { get; } = new(StringComparer.Ordinal);

    /// <summary>The result rows; an alert fires for each.</summary>
    public List<Row> Run(IEnumerable<Row> events, DateTimeOffset now)
    {
        var rows = events.Where(row => _filter(row, now)).ToList();
        return _pipes.Aggregate(rows, (current, pipe) => pipe(current, now));
    }

    private Func<List<Row>, DateTimeOffset, List<Row>> Pipe(Tokens tokens) => tokens.Next().Text switch
    {
        "stats" => Stats(tokens),
        "rename" => Rename(tokens),
        "filter" => Keep(Filters.Parse(tokens)),
        "math" => Compute(tokens),
        "fields" => Fields(tokens),
        "sort" => Sort(tokens),
        "limit" => Limit(tokens),
        "top" => Top(tokens),
        var pipe => throw new FormatException($"pipe {pipe}"),
    };

    private static Func<List<Row>, DateTimeOffset, List<Row>> Keep(Filter filter) =>
        (rows, now) => [.. rows.Where(row => filter(row, now))];

    private Func<List<Row>, DateTimeOffset, List<Row>> Stats(Tokens tokens)
    {
        var by = new List<string>();
        if (tokens.Skip("by"))
        {
            tokens.Expect("(");
            by = tokens.List(")");
            Reads(by);
        }

        var functions = new List<(string Name, Func<List<Row>, DateTimeOffset, string> Compute)>();
        do
        {
            functions.Add(Function(tokens));
        }
        while (tokens.Skip(","));
        _labels.UnionWith(by);
        _results.UnionWith(functions.Select(function => function.Name));
        return (rows, now) =>
        {
            var groups = rows.GroupBy(row => string.Join('\0', by.Select(field => row[field]))).Select(group => group.ToList()).ToList();
            if (by.Count == 0 && groups.Count == 0)
            {
                groups.Add([]);
            }

            return [.. groups.Select(group => new Row(by.Select(field => KeyValuePair.Create(field, group[0][field]))
                .Concat(functions.Select(function => KeyValuePair.Create(function.Name, function.Compute(group, now))))
                .ToDictionary(StringComparer.Ordinal)))];
        };
    }

    private static (string Name, Func<List<Row>, DateTimeOffset, string> Compute) Function(Tokens tokens)
    {
        var name = tokens.Next().Text;
        tokens.Expect("(");
        var argument = tokens.Is(")") ? null : tokens.Next().Text;
        tokens.Expect(")");
        Filter condition = (_, _) => true;
        if (tokens.Skip("if"))
        {
            tokens.Expect("(");
            condition = Filters.Parse(tokens);
            tokens.Expect(")");
        }

        // A person leaves the word out; rules have it, for every version reads it so.
        tokens.Skip("as");
        var result = tokens.Next().Text;
        return (name, argument) switch
        {
            ("count", null) => (result, (rows, now) => Number(rows.Count(row => condition(row, now)))),
            ("count_uniq", { } field) => (result, (rows, now) => Number(rows.Where(row => condition(row, now)).Select(row => row[field]).Where(value => value.Length > 0).Distinct(StringComparer.Ordinal).Count())),
            ("max", "_time") => (result, (rows, now) => rows.Count == 0 ? "" : rows.Max(row => row.Time).ToString("O")),
            _ => throw new FormatException($"stats function {name}({argument})"),
        };
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    private Func<List<Row>, DateTimeOffset, List<Row>> Rename(Tokens tokens)
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        do
        {
            var from = tokens.Next().Text;
            tokens.Expect("as");
            names[from] = tokens.Next().Text;
        }
        while (tokens.Skip(","));
        foreach (var set in new[] { _labels, _results })
        {
            var renamed = set.Select(name => names.GetValueOrDefault(name, name)).ToList();
            set.Clear();
            set.UnionWith(renamed);
        }

        return (rows, _) => [.. rows.Select(row => new Row(row.Fields.ToDictionary(field => names.GetValueOrDefault(field.Key, field.Key), field => field.Value, StringComparer.Ordinal)))];
    }

    private Func<List<Row>, DateTimeOffset, List<Row>> Compute(Tokens tokens)
    {
        var expression = Sum(tokens);
        tokens.Expect("as");
        var result = tokens.Next().Text;
        _results.Add(result);
        return (rows, _) => [.. rows.Select(row => new Row(new Dictionary<string, string>(row.Fields, StringComparer.Ordinal)
        {
            [result] = expression(row).ToString(CultureInfo.InvariantCulture),
        }))];
    }

    private static Func<Row, double> Sum(Tokens tokens)
    {
        var left = Product(tokens);
        while (tokens.Is("+") || tokens.Is("-"))
        {
            var (first, sign) = (left, tokens.Next().Text == "+" ? 1 : -1);
            var second = Product(tokens);
            left = row => first(row) + sign * second(row);
        }

        return left;
    }

    private static Func<Row, double> Product(Tokens tokens)
    {
        var left = Operand(tokens);
        while (tokens.Is("*") || tokens.Is("/"))
        {
            var (first, times) = (left, tokens.Next().Text == "*");
            var second = Operand(tokens);
            left = row => times ? first(row) * second(row) : first(row) / second(row);
        }

        return left;
    }

    private static Func<Row, double> Operand(Tokens tokens)
    {
        if (tokens.Skip("("))
        {
            var inner = Sum(tokens);
            tokens.Expect(")");
            return inner;
        }

        var text = tokens.Next().Text;
        return double.TryParse(text, CultureInfo.InvariantCulture, out var number) ? _ => number : row => double.Parse(row[text], CultureInfo.InvariantCulture);
    }

    private Func<List<Row>, DateTimeOffset, List<Row>> Fields(Tokens tokens)
    {
        var kept = new HashSet<string>(StringComparer.Ordinal);
        do
        {
            kept.Add(tokens.Next().Text);
        }
        while (tokens.Skip(","));
        Reads(kept);
        _labels.IntersectWith(kept);
        _results.IntersectWith(kept);
        return (rows, _) => [.. rows.Select(row => new Row(row.Fields.Where(field => kept.Contains(field.Key)).ToDictionary(StringComparer.Ordinal)))];
    }

    private Func<List<Row>, DateTimeOffset, List<Row>> Sort(Tokens tokens)
    {
        tokens.Expect("by");
        tokens.Expect("(");
        var keys = new List<(string Field, bool Descending)>();
        do
        {
            var field = tokens.Next().Text;
            keys.Add((field, tokens.Skip("desc")));
        }
        while (tokens.Skip(","));
        tokens.Expect(")");
        Reads(keys.Select(key => key.Field));
        // The last key first, since sorting is stable.
        return (rows, _) => [.. keys.AsEnumerable().Reverse().Aggregate<(string Field, bool Descending), IEnumerable<Row>>(rows, (sorted, key) =>
            key.Descending ? sorted.OrderByDescending(row => Order(row, key.Field)) : sorted.OrderBy(row => Order(row, key.Field)))];
    }

    private static (double Number, string Text) Order(Row row, string field) =>
        field == "_time" ? (row.Time.Ticks, "")
        : double.TryParse(row[field], CultureInfo.InvariantCulture, out var number) ? (number, "")
        : (double.PositiveInfinity, row[field]);

    private static Func<List<Row>, DateTimeOffset, List<Row>> Limit(Tokens tokens)
    {
        var count = Count(tokens);
        return (rows, _) => [.. rows.Take(count)];
    }

    private Func<List<Row>, DateTimeOffset, List<Row>> Top(Tokens tokens)
    {
        var count = Count(tokens);
        tokens.Expect("by");
        tokens.Expect("(");
        var by = tokens.List(")");
        Reads(by);
        _labels.UnionWith(by);
        _results.Add("hits");
        return (rows, _) => [.. rows.GroupBy(row => string.Join('\0', by.Select(field => row[field])))
            .OrderByDescending(group => group.Count())
            .Take(count)
            .Select(group => new Row(by.Select(field => KeyValuePair.Create(field, group.First()[field])).Append(KeyValuePair.Create("hits", Number(group.Count()))).ToDictionary(StringComparer.Ordinal)))];
    }

    private static int Count(Tokens tokens) =>
        tokens.Next().Text is var text && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : throw new FormatException($"{text} is no number of rows");

    private void Reads(IEnumerable<string> fields) => Read.UnionWith(fields.Where(field => !_results.Contains(field) && !_labels.Contains(field)));
}
