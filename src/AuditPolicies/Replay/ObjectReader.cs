using System.Runtime.CompilerServices;

namespace Comptroller.AuditPolicies.Replay;

/// <summary>Why a line is not what it should be.</summary>
internal enum LineFault
{
    None,

    /// <summary>The text stops inside an object or a string.</summary>
    EndsEarly,

    /// <summary>Something stands where JSON has no place for it.</summary>
    NotJson,

    /// <summary>A known field holds another type than the API has.</summary>
    WrongType,

    /// <summary>An event without a level or a stage, or with one that does not exist.</summary>
    NoSuchLevelOrStage,

    /// <summary>JSON, but no audit.k8s.io Event or EventList.</summary>
    NotAnEvent,
}

/// <summary>Walks over the members of one JSON object without looking into their values.</summary>
internal ref struct ObjectReader
{
    private readonly ReadOnlySpan<byte> _json;
    private int _position;
    private bool _first = true;

    /// <param name="json">Starts with the object, after white space at most.</param>
    public ObjectReader(ReadOnlySpan<byte> json)
    {
        _json = json;
        var start = AfterSpace(0);
        if (start < json.Length && json[start] == '{')
        {
            _position = start + 1;
        }
        else
        {
            Fault = LineFault.NotJson;
        }
    }

    public LineFault Fault { get; private set; } = LineFault.None;

    /// <summary>The member's name as it is written.</summary>
    public ReadOnlySpan<byte> Key { get; private set; }

    public ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>How many bytes the text would be shorter by without this member.</summary>
    public int MemberLength { get; private set; }

    /// <summary>What stands after the object, once <see cref="Next"/> said that there are no more members.</summary>
    public readonly ReadOnlySpan<byte> Rest => _json[_position..];

    /// <summary>Goes to the next member. False at the end of the object and at a <see cref="Fault"/>.</summary>
    public bool Next()
    {
        if (Fault != LineFault.None)
        {
            return false;
        }

        var start = AfterSpace(_position);
        if (start < _json.Length && _json[start] == '}')
        {
            _position = start + 1;
            return false;
        }

        if (!_first)
        {
            if (start < _json.Length && _json[start] != ',')
            {
                return Fail(LineFault.NotJson);
            }

            start = AfterSpace(start + 1);
        }

        _first = false;
        if (start >= _json.Length)
        {
            return Fail(LineFault.EndsEarly);
        }

        if (_json[start] != '"')
        {
            return Fail(LineFault.NotJson);
        }

        var keyEnd = JsonSkip.Text(_json, start);
        if (keyEnd < 0)
        {
            return Fail(LineFault.EndsEarly);
        }

        var colon = AfterSpace(keyEnd);
        var valueStart = AfterSpace(colon + 1);
        if (valueStart >= _json.Length)
        {
            return Fail(LineFault.EndsEarly);
        }

        var valueEnd = _json[colon] == ':' ? JsonSkip.Value(_json, valueStart) : -1;
        if (valueEnd < 0)
        {
            return Fail(_json[colon] == ':' && _json[valueStart] is (byte)'"' or (byte)'{' or (byte)'[' ? LineFault.EndsEarly : LineFault.NotJson);
        }

        Key = _json[(start + 1)..(keyEnd - 1)];
        Value = _json[valueStart..valueEnd];
        MemberLength = valueEnd - start + 1;
        _position = valueEnd;
        return true;
    }

    /// <summary>The content of a string value, still escaped; nothing for null. Any other type is a fault.</summary>
    public static LineFault Text(ReadOnlySpan<byte> value, out ReadOnlySpan<byte> text)
    {
        if (value[0] == '"')
        {
            text = value[1..^1];
            return LineFault.None;
        }

        text = default;
        return Absent(value);
    }

    /// <summary>No fault when the value is null, which means the same as no value.</summary>
    public static LineFault Absent(ReadOnlySpan<byte> value) => value.SequenceEqual("null"u8) ? LineFault.None : LineFault.WrongType;

    private bool Fail(LineFault fault)
    {
        Fault = fault;
        return false;
    }

    // The API server writes none.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly int AfterSpace(int position) =>
        (uint)position < (uint)_json.Length && _json[position] <= ' ' ? AfterSomeSpace(position) : position;

    private readonly int AfterSomeSpace(int position)
    {
        while (position < _json.Length && _json[position] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
        {
            position++;
        }

        return position;
    }
}
