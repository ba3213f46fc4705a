using System.Buffers;
using System.Text.Json;

namespace Comptroller.Drift.State;

/// <summary>A resource while it is read: its name may stand behind its instances.</summary>
/// <param name="kept">Written to, one instance at a time.</param>
/// <param name="writer">Writes to it.</param>
internal sealed class PendingResource(ArrayBufferWriter<byte> kept, Utf8JsonWriter writer)
{
    private readonly ArrayBufferWriter<byte> _kept = kept;
    private readonly Utf8JsonWriter _writer = writer;
    private readonly List<(string IndexKey, byte[] Attributes)> _instances = [];
    private string _mode = "managed";
    private string _type = "";
    private string _name = "";
    private string _module = "";
    private byte[]? _attributes;
    private byte[]? _sensitive;

    public string IndexKey { get; set; } = "";

    /// <summary>What is left of an instance that was replaced; Terraform is about to delete it.</summary>
    public bool IsDeposed { get; set; }

    public void Set(string field, string value)
    {
        switch (field)
        {
            case "mode":
                _mode = value;
                break;
            case "type":
                _type = value;
                break;
            case "name":
                _name = value;
                break;
            case "module":
                _module = value;
                break;
        }
    }

    public void Start() => (_attributes, _sensitive, IndexKey, IsDeposed) = (null, null, "", false);

    public void Take(string field, ReadOnlySpan<byte> json)
    {
        if (field == "sensitive_attributes")
        {
            _sensitive = json.ToArray();
        }
        else if (field is "attributes" or "attributes_flat")
        {
            _attributes = json.ToArray();
        }
    }

    public void Finish()
    {
        if (_attributes is null || IsDeposed)
        {
            return;
        }

        using var attributes = JsonDocument.Parse(_attributes);
        using var sensitive = _sensitive is null ? null : JsonDocument.Parse(_sensitive);
        if (attributes.RootElement.ValueKind == JsonValueKind.Object)
        {
            _kept.ResetWrittenCount();
            _writer.Reset(_kept);
            AttributeWriter.Write(attributes.RootElement, sensitive?.RootElement ?? default, _writer);
            _writer.Flush();
            _instances.Add((IndexKey, _kept.WrittenSpan.ToArray()));
        }
    }

    public void AddTo(StateIndexBuilder into, string source)
    {
        if (_mode != "managed")
        {
            return;
        }

        foreach (var (key, attributes) in _instances)
        {
            into.Add(_type, _name, _module, key, source, attributes);
        }
    }
}
