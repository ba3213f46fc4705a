using System.Globalization;
using System.Text.Json.Nodes;

namespace Comptroller.Sandbox.Requests;

/// <summary>A parsed <c>labelSelector</c>: all requirements must hold.</summary>
internal sealed class LabelSelector(IReadOnlyList<LabelRequirement> requirements)
{
    public static LabelSelector Everything { get; } = new([]);

    public bool IsEmpty => requirements.Count == 0;

    public static LabelSelector Parse(string? text) =>
        string.IsNullOrEmpty(text) ? Everything : new LabelSelector(new LabelSelectorParser(text).Parse());

    public bool Matches(JsonObject content)
    {
        if (requirements.Count == 0)
        {
            return true;
        }
        var labels = content["metadata"]?["labels"] as JsonObject;
        foreach (var requirement in requirements)
        {
            if (!requirement.Matches(labels))
            {
                return false;
            }
        }
        return true;
    }
}

internal enum LabelOperator
{
    In,
    NotIn,
    Exists,
    DoesNotExist,
    GreaterThan,
    LessThan,
}

/// <summary>One requirement; <c>=</c> and <c>!=</c> are In and NotIn with one value.</summary>
internal sealed record LabelRequirement(string Key, LabelOperator Operator, IReadOnlySet<string> Values)
{
    public bool Matches(JsonObject? labels)
    {
        var value = labels is not null && labels.TryGetPropertyValue(Key, out var node) ? (string?)node : null;
        return Operator switch
        {
            LabelOperator.Exists => value is not null,
            LabelOperator.DoesNotExist => value is null,
            LabelOperator.In => value is not null && Values.Contains(value),
            LabelOperator.NotIn => value is null || !Values.Contains(value),
            _ => Compares(value),
        };
    }

    private bool Compares(string? value)
    {
        if (!long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var actual))
        {
            return false;
        }
        var bound = long.Parse(Values.First(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        return Operator == LabelOperator.GreaterThan ? actual > bound : actual < bound;
    }
}

/// <summary>The grammar of label selectors and the errors it gives, as in k8s.io/apimachinery/pkg/labels.</summary>
internal sealed class LabelSelectorParser(string text)
{
    private const string Operators = "in, notin, =, ==, !=, gt, lt";

    private int _at;

    private enum Token
    {
        End,
        Identifier,
        Comma,
        Open,
        Close,
        Not,
        Equal,
        DoubleEqual,
        NotEqual,
        Greater,
        Less,
        In,
        NotIn,
    }

    public List<LabelRequirement> Parse()
    {
        var requirements = new List<LabelRequirement>();
        while (true)
        {
            var (token, literal) = Peek();
            if (token == Token.End)
            {
                return requirements;
            }
            if (token is not (Token.Identifier or Token.Not))
            {
                throw StatusResponses.BadRequest($"found '{literal}', expected: !, identifier, or 'end of string'");
            }
            requirements.Add(Requirement());
            (token, literal) = Next();
            if (token == Token.End)
            {
                return requirements;
            }
            if (token != Token.Comma)
            {
                throw StatusResponses.BadRequest($"found '{literal}', expected: ',' or 'end of string'");
            }
            (token, literal) = Peek();
            if (token is not (Token.Identifier or Token.Not))
            {
                throw StatusResponses.BadRequest($"found '{literal}', expected: identifier after ','");
            }
        }
    }

    private static StatusError Unparsable(string why) => StatusResponses.BadRequest($"unable to parse requirement: {why}");

    private LabelRequirement Requirement()
    {
        var (token, literal) = Next();
        var negated = token == Token.Not;
        if (negated)
        {
            (token, literal) = Next();
        }
        if (token != Token.Identifier)
        {
            throw Unparsable($"found '{literal}', expected: identifier");
        }
        var key = literal;
        foreach (var problem in NameRules.QualifiedName(key))
        {
            throw Unparsable($"<nil>: Invalid value: \"{key}\": {problem}");
        }
        if (negated || Peek().Token is Token.End or Token.Comma)
        {
            return new LabelRequirement(key, negated ? LabelOperator.DoesNotExist : LabelOperator.Exists, new HashSet<string>());
        }
        var (@operator, symbol) = Next(asValue: false);
        return Checked(@operator switch
        {
            Token.In => new LabelRequirement(key, LabelOperator.In, Values()),
            Token.NotIn => new LabelRequirement(key, LabelOperator.NotIn, Values()),
            Token.Equal or Token.DoubleEqual => new LabelRequirement(key, LabelOperator.In, ExactValue()),
            Token.NotEqual => new LabelRequirement(key, LabelOperator.NotIn, ExactValue()),
            Token.Greater => new LabelRequirement(key, LabelOperator.GreaterThan, ExactValue()),
            Token.Less => new LabelRequirement(key, LabelOperator.LessThan, ExactValue()),
            _ => throw Unparsable($"found '{symbol}', expected: {Operators}"),
        });
    }

    private static LabelRequirement Checked(LabelRequirement requirement)
    {
        var index = 0;
        foreach (var value in requirement.Values)
        {
            if (requirement.Operator is LabelOperator.GreaterThan or LabelOperator.LessThan
                && !long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _))
            {
                throw Unparsable($"values[{index}]: Invalid value: \"{value}\": for 'Gt', 'Lt' operators, the value must be an integer");
            }
            foreach (var problem in NameRules.LabelValue(value))
            {
                throw Unparsable($"values[{index}][{requirement.Key}]: Invalid value: \"{value}\": {problem}");
            }
            index++;
        }
        return requirement;
    }

    private HashSet<string> ExactValue()
    {
        if (Peek().Token is Token.End or Token.Comma)
        {
            return [""];
        }
        var (token, literal) = Next();
        return token == Token.Identifier ? [literal] : throw Unparsable($"found '{literal}', expected: identifier");
    }

    private SortedSet<string> Values()
    {
        var values = new SortedSet<string>(StringComparer.Ordinal);
        var (token, literal) = Next();
        if (token != Token.Open)
        {
            throw Unparsable($"found '{literal}' expected: '('");
        }
        (token, literal) = Peek();
        if (token == Token.Close)
        {
            Next();
            return [""];
        }
        if (token is not (Token.Identifier or Token.Comma))
        {
            throw Unparsable($"found '{literal}', expected: ',', ')' or identifier");
        }
        while (true)
        {
            (token, literal) = Next();
            if (token == Token.Identifier)
            {
                values.Add(literal);
                (token, literal) = Peek();
                if (token is not (Token.Comma or Token.Close))
                {
                    throw Unparsable($"found '{literal}', expected: ',' or ')'");
                }
            }
            else if (token == Token.Comma)
            {
                // An empty place between commas, or before the bracket, is the empty value.
                if (values.Count == 0 || Peek().Token is Token.Close or Token.Comma)
                {
                    values.Add("");
                }
            }
            else if (token == Token.Close)
            {
                return values;
            }
            else
            {
                throw Unparsable($"found '{literal}', expected: ',', or identifier");
            }
        }
    }

    private (Token Token, string Literal) Peek()
    {
        var before = _at;
        var found = Next();
        _at = before;
        return found;
    }

    /// <param name="asValue">True where <c>in</c> and <c>notin</c> are ordinary words.</param>
    private (Token Token, string Literal) Next(bool asValue = true)
    {
        while (_at < text.Length && text[_at] is ' ' or '\t' or '\r' or '\n')
        {
            _at++;
        }
        if (_at >= text.Length)
        {
            return (Token.End, "");
        }
        var start = _at;
        var two = text.AsSpan(_at, Math.Min(2, text.Length - _at));
        if (two is "==" or "!=")
        {
            _at += 2;
            return two is "==" ? (Token.DoubleEqual, "==") : (Token.NotEqual, "!=");
        }
        Token? symbol = text[_at] switch
        {
            '=' => Token.Equal,
            '!' => Token.Not,
            '(' => Token.Open,
            ')' => Token.Close,
            ',' => Token.Comma,
            '>' => Token.Greater,
            '<' => Token.Less,
            _ => null,
        };
        if (symbol is { } one)
        {
            _at++;
            return (one, text[start].ToString());
        }
        while (_at < text.Length && text[_at] is not ('=' or '!' or '(' or ')' or ',' or '>' or '<' or ' ' or '\t' or '\r' or '\n'))
        {
            _at++;
        }
        var word = text[start.._at];
        return (asValue, word) switch
        {
            (false, "in") => (Token.In, word),
            (false, "notin") => (Token.NotIn, word),
            _ => (Token.Identifier, word),
        };
    }
}
