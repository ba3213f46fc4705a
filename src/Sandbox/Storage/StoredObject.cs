using System.Text.Json.Nodes;
using Comptroller.Sandbox.Resources;

namespace Comptroller.Sandbox.Storage;

/// <summary>One object at one revision. Neither it nor its content changes after it was stored: whoever wants another state clones the content.</summary>
internal sealed class StoredObject
{
    private volatile ServedObject? _view;
    private volatile ServedObject? _olderView;

    public StoredObject(JsonObject content, long revision)
    {
        Content = content;
        Revision = revision;
        var metadata = content["metadata"]?.AsObject();
        Name = (string?)metadata?["name"] ?? "";
        Namespace = (string?)metadata?["namespace"] ?? "";
        Uid = (string?)metadata?["uid"] ?? "";
        Key = KeyOf(Namespace, Name);
    }

    private StoredObject(string key)
    {
        Content = [];
        Key = key;
        Name = Namespace = Uid = "";
    }

    /// <summary>The stored form, <c>metadata.resourceVersion</c> included. Read only.</summary>
    public JsonObject Content { get; }
    public long Revision { get; }
    public string Name { get; }

    /// <summary>Empty for cluster-scoped kinds.</summary>
    public string Namespace { get; }
    public string Uid { get; }

    /// <summary>Orders a list: <c>namespace/name</c>, compared by code unit as etcd compares its keys.</summary>
    public string Key { get; }

    public static string KeyOf(string? @namespace, string name) => string.IsNullOrEmpty(@namespace) ? name : $"{@namespace}/{name}";

    /// <summary>A stand-in that only has a place in the order.</summary>
    public static StoredObject Probe(string key) => new(key);

    /// <summary>Says that the content is already in the form of <paramref name="resource"/>, which spares its writer and readers a conversion.</summary>
    public ServedObject AsWritten(ServedResource resource)
    {
        var view = new ServedObject(resource, Content);
        _view = view;
        return view;
    }

    /// <summary>
    /// The object as <paramref name="resource"/> serves it. Two views are kept, because two versions (or the two Event APIs) may be
    /// read in turn; every reader of a view shares its encoding.
    /// </summary>
    public ServedObject As(ServedResource resource)
    {
        var view = _view;
        if (view is not null && ReferenceEquals(view.Resource, resource))
        {
            return view;
        }
        var older = _olderView;
        if (older is not null && ReferenceEquals(older.Resource, resource))
        {
            return older;
        }
        var made = new ServedObject(resource, ServedForm.Of(Content, resource));
        _olderView = view;
        _view = made;
        return made;
    }
}
