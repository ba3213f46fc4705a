namespace Comptroller.AuditPolicies.Replay;

/// <summary>Walks over the elements of one JSON array without looking into them.</summary>
internal ref struct ArrayReader
{
    private readonly ReadOnlySpan<byte> _json;
    private int _position = 1;
    private bool _first = true;

    /// <param name="json">From its opening to its closing bracket, or nothing.</param>
    public ArrayReader(ReadOnlySpan<byte> json)
    {
        _json = json;
        Fault = json.Length >= 2 && json[0] == '[' && json[^1] == ']' ? LineFault.None : LineFault.WrongType;
    }

    public LineFault Fault { get; private set; }

    public ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>Goes to the next element. False at the end and at a <see cref="Fault"/>.</summary>
    public bool Next()
    {
        if (Fault != LineFault.None)
        {
            return false;
        }

        SkipSpace();
        if (_position == _json.Length - 1)
        {
            return false;
        }

        if (!_first)
        {
            if (_json[_position++] != ',')
            {
                return Fail();
            }

            SkipSpace();
        }

        _first = false;
        var end = JsonSkip.Value(_json, _position);
        if (end < 0 || end >= _json.Length)
        {
            return Fail();
        }

        Value = _json[_position..end];
        _position = end;
        return true;
    }

    private bool Fail()
    {
        Fault = LineFault.NotJson;
        return false;
    }

    private void SkipSpace()
    {
        while (_position < _json.Length - 1 && _json[_position] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
        {
            _position++;
        }
    }
}
