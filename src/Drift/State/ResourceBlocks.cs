using System.Text;

namespace Comptroller.Drift.State;

/// <summary>The blocks of bytes that resources of one state lie in.</summary>
internal sealed class ResourceBlocks
{
    // Large enough to be few, small enough that the last one, half empty, does not matter. They live as long as the state.
    private const int LargestBlock = 1 << 20;

    private byte[] _block = [];
    private int _used;
    private int _next = 1 << 10;

    public StateResource Add(string type, string name, string module, string indexKey, string id, string source, ReadOnlySpan<byte> attributes)
    {
        var most = Encoding.UTF8.GetMaxByteCount(name.Length + indexKey.Length + id.Length) + 16 + attributes.Length;
        if (_used + most > _block.Length)
        {
            (_block, _used) = (GC.AllocateUninitializedArray<byte>(Math.Max(_next, most)), 0);
            _next = Math.Min(_next * 2, LargestBlock);
        }

        var start = _used;
        Span<int> ends = [Put(name), Put(indexKey), Put(id), 0];
        attributes.CopyTo(_block.AsSpan(_used));
        ends[3] = _used += attributes.Length;
        return new StateResource(type, module, source, _block, ends, start);
    }

    private int Put(string text) => _used += Encoding.UTF8.GetBytes(text, _block.AsSpan(_used));
}
