
namespace Comptroller.AuditPolicies.Replay;

/// <summary>
/// What a policy and a byte count need of a recorded audit.k8s.io Event, as stretches of its line, still escaped. Absent is empty. Field
/// names written with escapes are not recognised; no API server writes them.
/// </summary>
internal ref struct EventFields
{
    public ReadOnlySpan<byte> Kind;
    public ReadOnlySpan<byte> Level;
    public ReadOnlySpan<byte> Stage;
    public ReadOnlySpan<byte> RequestUri;
    public ReadOnlySpan<byte> Verb;
    public ReadOnlySpan<byte> StageTimestamp;

    /// <summary>The authenticated user; <c>impersonatedUser</c> is a field of its own, which no policy ever sees.</summary>
    public ReadOnlySpan<byte> Username;

    /// <summary>The JSON array.</summary>
    public ReadOnlySpan<byte> Groups;

    /// <summary>Whether the event has an objectRef, which resource requests have and others do not.</summary>
    public bool IsResourceRequest;

    public ReadOnlySpan<byte> Resource;
    public ReadOnlySpan<byte> Subresource;
    public ReadOnlySpan<byte> ApiGroup;
    public ReadOnlySpan<byte> Namespace;
    public ReadOnlySpan<byte> Name;

    public ReadOnlySpan<byte> RequestObject;
    public ReadOnlySpan<byte> ResponseObject;

    /// <summary>Bytes of the whole member, name and comma included; 0 when absent.</summary>
    public int RequestObjectLength;

    /// <summary>Bytes of the whole member, name and comma included; 0 when absent.</summary>
    public int ResponseObjectLength;

    /// <summary>The events of an EventList, a JSON array.</summary>
    public ReadOnlySpan<byte> Items;

    /// <param name="json">One object with nothing but white space around it.</param>
    /// <param name="fields">What was found until the end or the fault.</param>
    public static LineFault Read(ReadOnlySpan<byte> json, out EventFields fields)
    {
        fields = default;
        var reader = new ObjectReader(json);
        while (reader.Next())
        {
            var fault = fields.Take(reader.Key, reader.Value, reader.MemberLength);
            if (fault != LineFault.None)
            {
                return fault;
            }
        }

        return reader.Fault != LineFault.None ? reader.Fault
            : reader.Rest.ContainsAnyExcept(" \t\r\n"u8) ? LineFault.NotJson
            : LineFault.None;
    }

    private LineFault Take(scoped ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, int memberLength)
    {
        switch (key.Length)
        {
            case 4 when key.SequenceEqual("kind"u8):
                return ObjectReader.Text(value, out Kind);
            case 4 when key.SequenceEqual("verb"u8):
                return ObjectReader.Text(value, out Verb);
            case 4 when key.SequenceEqual("user"u8):
                return value[0] == '{' ? ReadUser(value) : ObjectReader.Absent(value);
            case 5 when key.SequenceEqual("level"u8):
                return ObjectReader.Text(value, out Level);
            case 5 when key.SequenceEqual("stage"u8):
                return ObjectReader.Text(value, out Stage);
            case 5 when key.SequenceEqual("items"u8):
                Items = value;
                break;
            case 9 when key.SequenceEqual("objectRef"u8):
                return value[0] == '{' ? ReadObject(value) : ObjectReader.Absent(value);
            case 10 when key.SequenceEqual("requestURI"u8):
                return ObjectReader.Text(value, out RequestUri);
            case 13 when key.SequenceEqual("requestObject"u8):
                RequestObject = value;
                RequestObjectLength = memberLength;
                break;
            case 14 when key.SequenceEqual("responseObject"u8):
                ResponseObject = value;
                ResponseObjectLength = memberLength;
                break;
            case 14 when key.SequenceEqual("stageTimestamp"u8):
                return ObjectReader.Text(value, out StageTimestamp);
        }

        return LineFault.None;
    }

    private LineFault ReadUser(ReadOnlySpan<byte> json)
    {
        var reader = new ObjectReader(json);
        while (reader.Next())
        {
            var fault = LineFault.None;
            if (reader.Key.SequenceEqual("username"u8))
            {
                fault = ObjectReader.Text(reader.Value, out Username);
            }
            else if (reader.Key.SequenceEqual("groups"u8))
            {
                Groups = reader.Value[0] == '[' ? reader.Value : default;
                fault = Groups.IsEmpty ? ObjectReader.Absent(reader.Value) : LineFault.None;
            }

            if (fault != LineFault.None)
            {
                return fault;
            }
        }

        return reader.Fault;
    }

    private LineFault ReadObject(ReadOnlySpan<byte> json)
    {
        IsResourceRequest = true;
        var reader = new ObjectReader(json);
        while (reader.Next())
        {
            var fault = TakeReference(reader.Key, reader.Value);
            if (fault != LineFault.None)
            {
                return fault;
            }
        }

        return reader.Fault;
    }

    private LineFault TakeReference(scoped ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => key.Length switch
    {
        4 when key.SequenceEqual("name"u8) => ObjectReader.Text(value, out Name),
        8 when key.SequenceEqual("resource"u8) => ObjectReader.Text(value, out Resource),
        8 when key.SequenceEqual("apiGroup"u8) => ObjectReader.Text(value, out ApiGroup),
        9 when key.SequenceEqual("namespace"u8) => ObjectReader.Text(value, out Namespace),
        11 when key.SequenceEqual("subresource"u8) => ObjectReader.Text(value, out Subresource),
        _ => LineFault.None,
    };
}
