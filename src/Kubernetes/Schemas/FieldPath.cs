using System.Globalization;
using System.Text;

namespace Comptroller.Kubernetes.Schemas;

/// <summary>A place in an object, in the notation of error messages: <c>spec.parts[0].name</c>, <c>properties[spec]</c>. Rendered only when an error needs it.</summary>
public sealed class FieldPath
{
    private readonly FieldPath? _parent;
    private readonly string? _name;
    private readonly int _index;
    private readonly bool _isKey;

    private FieldPath(FieldPath? parent, string? name, int index, bool isKey)
    {
        _parent = parent;
        _name = name;
        _index = index;
        _isKey = isKey;
    }

    /// <summary>The whole body, the empty path.</summary>
    public static FieldPath Root { get; } = new(null, null, 0, isKey: false);

    public bool IsRoot => _parent is null && _name is null;

    /// <summary>A path that is written already.</summary>
    public static implicit operator FieldPath(string path) => Of(path);

    public static FieldPath Of(string path) => path.Length == 0 ? Root : new(null, path, 0, isKey: false);

    public FieldPath Child(string name) => new(this, name, 0, isKey: false);

    public FieldPath Index(int index) => new(this, null, index, isKey: false);

    /// <summary>A key in brackets, as CRD errors write properties.</summary>
    public FieldPath Key(string key) => new(this, key, 0, isKey: true);

    public override string ToString()
    {
        var text = new StringBuilder();
        Render(text);
        return text.ToString();
    }

    private void Render(StringBuilder text)
    {
        _parent?.Render(text);
        if (_isKey)
        {
            text.Append('[').Append(_name).Append(']');
        }
        else if (_name is not null)
        {
            if (text.Length > 0)
            {
                text.Append('.');
            }
            text.Append(_name);
        }
        else if (_parent is not null)
        {
            text.Append('[').Append(_index.ToString(CultureInfo.InvariantCulture)).Append(']');
        }
    }
}
