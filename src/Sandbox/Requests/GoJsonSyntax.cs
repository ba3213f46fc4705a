namespace Comptroller.Sandbox.Requests;

/// <summary>Says what is wrong with malformed JSON in the words of Go's encoding/json, which the server's answers quote.</summary>
internal ref struct GoJsonSyntax
{
    private readonly ReadOnlySpan<byte> _text;
    private int _at;
    private string? _error;

    private GoJsonSyntax(ReadOnlySpan<byte> text) => _text = text;

    /// <summary>Null when <paramref name="text"/> is well-formed.</summary>
    public static string? Describe(ReadOnlySpan<byte> text)
    {
        var scan = new GoJsonSyntax(text);
        scan.Value();
        scan.Space();
        if (scan._error is null && scan._at < text.Length)
        {
            scan.Unexpected("after top-level value");
        }
        return scan._error;
    }

    private readonly bool Ended => _at >= _text.Length;

    private void Value()
    {
        Space();
        if (Ended)
        {
            Unexpected("");
            return;
        }
        switch (_text[_at])
        {
            case (byte)'{':
                Object();
                break;
            case (byte)'[':
                Array();
                break;
            case (byte)'"':
                String();
                break;
            case (byte)'t':
                Literal("true");
                break;
            case (byte)'f':
                Literal("false");
                break;
            case (byte)'n':
                Literal("null");
                break;
            case (byte)'-' or (>= (byte)'0' and <= (byte)'9'):
                Number();
                break;
            default:
                Unexpected("looking for beginning of value");
                break;
        }
    }

    private void Object()
    {
        _at++;
        Space();
        if (Take('}'))
        {
            return;
        }
        while (_error is null)
        {
            Space();
            if (Ended || _text[_at] != '"')
            {
                Unexpected("looking for beginning of object key string");
                return;
            }
            String();
            Space();
            if (_error is null && !Take(':'))
            {
                Unexpected("after object key");
            }
            if (_error is null)
            {
                Value();
            }
            Space();
            if (_error is not null || Take('}'))
            {
                return;
            }
            if (!Take(','))
            {
                Unexpected("after object key:value pair");
            }
        }
    }

    private void Array()
    {
        _at++;
        Space();
        if (Take(']'))
        {
            return;
        }
        while (_error is null)
        {
            Value();
            Space();
            if (_error is not null || Take(']'))
            {
                return;
            }
            if (!Take(','))
            {
                Unexpected("after array element");
            }
        }
    }

    private void String()
    {
        for (_at++; !Ended; _at++)
        {
            switch (_text[_at])
            {
                case (byte)'"':
                    _at++;
                    return;
                case (byte)'\\':
                    _at++;
                    if (!Ended && !"\"\\/bfnrtu".Contains((char)_text[_at]))
                    {
                        Unexpected("in string escape code");
                        return;
                    }
                    break;
                case < 0x20:
                    Unexpected("in string literal");
                    return;
                default:
                    break;
            }
        }
        Unexpected("");
    }

    private void Literal(string word)
    {
        for (var i = 0; i < word.Length; i++, _at++)
        {
            if (Ended || _text[_at] != word[i])
            {
                Unexpected($"in literal {word} (expecting '{word[i]}')");
                return;
            }
        }
    }

    private void Number()
    {
        if (Take('-') && (Ended || !char.IsAsciiDigit((char)_text[_at])))
        {
            Unexpected("in numeric literal");
            return;
        }
        while (!Ended && (char.IsAsciiDigit((char)_text[_at]) || ".eE+-".Contains((char)_text[_at])))
        {
            _at++;
        }
    }

    private void Space()
    {
        while (!Ended && _text[_at] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
        {
            _at++;
        }
    }

    private bool Take(char wanted)
    {
        if (Ended || _text[_at] != wanted)
        {
            return false;
        }
        _at++;
        return true;
    }

    private void Unexpected(string context)
    {
        if (Ended)
        {
            _error = "unexpected end of JSON input";
            return;
        }
        // A single byte is shown as the character of that number, even inside a longer UTF-8 sequence.
        var shown = (char)_text[_at] switch { '\'' => "\\'", '"' => "\"", '\\' => "\\\\", '\n' => "\\n", '\t' => "\\t", '\r' => "\\r", var c when c < ' ' => $"\\x{(int)c:x2}", var c => c.ToString() };
        _error = $"invalid character '{shown}' {context}";
    }
}
