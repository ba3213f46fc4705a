using System.Text;
using System.Text.Json;

namespace Comptroller.Drift.State;

/// <summary>
/// One instance of a managed resource of a state. Its texts lie in a block of bytes that it shares with others: as objects of their own
/// they would take twice the memory.
/// </summary>
public sealed class StateResource
{
    private readonly byte[] _block;
    private readonly int _start;
    private readonly int _keyAt;
    private readonly int _idAt;
    private readonly int _attributesAt;
    private readonly int _end;

    internal StateResource(string type, string module, string source, byte[] block, ReadOnlySpan<int> ends, int start)
    {
        (Type, Module, Source, _block, _start) = (type, module, source, block, start);
        (_keyAt, _idAt, _attributesAt, _end) = (ends[0], ends[1], ends[2], ends[3]);
    }

    public string Type { get; }

    public string Name => Text(_start, _keyAt);

    /// <summary>Path of its module: <c>module.network["eu"]</c>; empty in the root.</summary>
    public string Module { get; }

    /// <summary>The key of <c>count</c> or <c>for_each</c> as Terraform writes it: <c>0</c> or <c>"a"</c>; empty without.</summary>
    public string IndexKey => Text(_keyAt, _idAt);

    /// <summary>Its id, else ARN, else name.</summary>
    public string Id => Text(_idAt, _attributesAt);

    /// <summary>The state it is from.</summary>
    public string Source { get; }

    /// <summary>Attributes as JSON, the empty ones as nulls; sensitive ones are hashed.</summary>
    internal ReadOnlyMemory<byte> Attributes => _block.AsMemory(_attributesAt, _end - _attributesAt);

    /// <summary>Such as <c>module.network.aws_subnet.private["a"]</c>.</summary>
    public string Address => (Module.Length, _idAt - _keyAt) switch
    {
        (0, 0) => $"{Type}.{Name}",
        (0, _) => $"{Type}.{Name}[{IndexKey}]",
        (_, 0) => $"{Module}.{Type}.{Name}",
        _ => $"{Module}.{Type}.{Name}[{IndexKey}]",
    };

    /// <summary>Whether this is its id, told without making a text of it. False where the id has other letters than those of ASCII: then it is to be read.</summary>
    internal bool HasId(ReadOnlySpan<char> id) => Ascii.Equals(_block.AsSpan(_idAt, _attributesAt - _idAt), id);

    /// <summary>Whether this is its id or its address, told without making texts of those of the many that it is not.</summary>
    internal bool Is(string text) => HasId(text)
        || (text.Contains(Type, StringComparison.Ordinal) && text.StartsWith(Module, StringComparison.Ordinal) ? Address == text || Id == text : !Ascii.IsValid(text) && Id == text);

    /// <summary>Bytes that it takes in its block.</summary>
    internal int Length => _end - _start;

    /// <summary>Reads the attributes; the document is the caller's to dispose.</summary>
    public JsonDocument ReadAttributes() => JsonDocument.Parse(Attributes);

    /// <summary>One that is from no state file.</summary>
    internal static StateResource Of(string type, string name, string module, string indexKey, string id) => new ResourceBlocks().Add(type, name, module, indexKey, id, "", "{}"u8);

    private string Text(int from, int to) => from == to ? "" : Encoding.UTF8.GetString(_block, from, to - from);
}
