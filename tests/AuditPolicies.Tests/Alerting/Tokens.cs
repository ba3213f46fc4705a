using System.Globalization;
using System.Text;

namespace Comptroller.AuditPolicies.Tests.Alerting;

/// <summary>One token: punctuation and words as they stand, quoted text unquoted.</summary>
internal sealed record Token(string Text, bool Quoted);

/// <summary>Splits LogsQL and PromQL into tokens.</summary>
internal sealed class Tokens
{
    private readonly List<Token> _tokens = [];
    private int _position;

    public Tokens(string query)
    {
        for (var i = 0; i < query.Length;)
        {
            var character = query[i];
            if (char.IsWhiteSpace(character))
            {
                i++;
            }
            else if (character == '"')
            {
                _tokens.Add(new Token(Unquote(query, ref i), true));
            }
            else if (IsWord(character))
            {
                var start = i;
                while (i < query.Length && IsWord(query[i]))
                {
                    i++;
                }

                _tokens.Add(new Token(query[start..i], false));
            }
            else
            {
                var length = character is '<' or '>' && i + 1 < query.Length && query[i + 1] == '=' ? 2 : 1;
                _tokens.Add(new Token(query.Substring(i, length), false));
                i += length;
            }
        }
    }

    public bool AtEnd => _position == _tokens.Count;

    public bool Is(string text) => !AtEnd && !_tokens[_position].Quoted && _tokens[_position].Text == text;

    public Token Next() => AtEnd ? throw new FormatException("query ends too early") : _tokens[_position++];

    public bool Skip(string text)
    {
        if (!Is(text))
        {
            return false;
        }

        _position++;
        return true;
    }

    public void Expect(string text)
    {
        if (!Skip(text))
        {
            throw new FormatException($"expected {text} before {(AtEnd ? "the end" : _tokens[_position].Text)}");
        }
    }

    public List<string> List(string end)
    {
        var items = new List<string>();
        do
        {
            items.Add(Next().Text);
        }
        while (Skip(","));
        Expect(end);
        return items;
    }

    private static bool IsWord(char character) => char.IsLetterOrDigit(character) || character is '_' or '.';

    private static string Unquote(string query, ref int i)
    {
        var text = new StringBuilder();
        for (i++; query[i] != '"'; i++)
        {
            if (query[i] != '\\')
            {
                text.Append(query[i]);
                continue;
            }

            switch (query[++i])
            {
                case 'a': text.Append('\a'); break;
                case 'b': text.Append('\b'); break;
                case 'f': text.Append('\f'); break;
                case 'v': text.Append('\v'); break;
                case 'n': text.Append('\n'); break;
                case 't': text.Append('\t'); break;
                case 'r': text.Append('\r'); break;
                case '"' or '\\': text.Append(query[i]); break;
                case 'x': text.Append((char)int.Parse(query.AsSpan(i + 1, 2), NumberStyles.HexNumber)); i += 2; break;
                case 'u': text.Append((char)int.Parse(query.AsSpan(i + 1, 4), NumberStyles.HexNumber)); i += 4; break;
                default: throw new FormatException($"unknown escape \\{query[i]}");
            }
        }

        i++;
        return text.ToString();
    }
}
