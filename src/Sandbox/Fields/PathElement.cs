using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Schemas;

namespace Comptroller.Sandbox.Fields;

/// <summary>How a step of a path is made; in the order in which the server sorts them.</summary>
internal enum PathElementKind
{
    /// <summary>A field or map key, <c>f:</c>.</summary>
    Field,

    /// <summary>The item of a map list with these key fields, <c>k:</c>.</summary>
    Key,

    /// <summary>The item of a set, <c>v:</c>.</summary>
    Value,

    /// <summary>The item at a place of a list, <c>i:</c>.</summary>
    Index,
}

/// <summary>One step of a path. Two steps are the same when their text is: keys and values are kept as canonical JSON.</summary>
/// <param name="Text">The field's name, the canonical JSON of the key or value, or the index.</param>
internal readonly record struct PathElement(PathElementKind Kind, string Text)
{
    public static PathElement Field(string name) => new(PathElementKind.Field, name);

    /// <summary>As it stands in a FieldsV1 document.</summary>
    public string Encoded => Kind switch
    {
        PathElementKind.Field => "f:" + Text,
        PathElementKind.Key => "k:" + Text,
        PathElementKind.Value => "v:" + Text,
        _ => "i:" + Text,
    };

    /// <summary>Reads a FieldsV1 key.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static PathElement Decode(string encoded)
    {
        if (encoded.Length < 2 || encoded[1] != ':')
        {
            throw new FormatException($"missing colon in field path element \"{encoded}\"");
        }
        var text = encoded[2..];
        try
        {
            return encoded[0] switch
            {
                'f' => new(PathElementKind.Field, text),
                'k' => new(PathElementKind.Key, Scalars.Canonical(JsonNode.Parse(text))),
                'v' => new(PathElementKind.Value, Scalars.Canonical(JsonNode.Parse(text))),
                'i' => new(PathElementKind.Index, int.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture)),
                _ => throw new FormatException($"unknown kind of field path element \"{encoded}\""),
            };
        }
        catch (JsonException e)
        {
            throw new FormatException($"field path element \"{encoded}\" is not JSON after its prefix", e);
        }
    }

    /// <summary>The server's order: by kind, names as text, keys and values by their JSON values (so 80 comes before 443).</summary>
    public static int InOrder(PathElement left, PathElement right)
    {
        if (left.Kind != right.Kind)
        {
            return left.Kind.CompareTo(right.Kind);
        }
        if (left.Kind == PathElementKind.Field || left.Text == right.Text)
        {
            return string.CompareOrdinal(left.Text, right.Text);
        }
        return Compare(JsonNode.Parse(left.Text), JsonNode.Parse(right.Text));
    }

    /// <summary>As error messages write it: <c>.name</c>, <c>[name="p"]</c>, <c>[="q"]</c>, <c>[0]</c>.</summary>
    public override string ToString() => Kind switch
    {
        PathElementKind.Field => "." + Text,
        PathElementKind.Key => $"[{string.Join(",", JsonNode.Parse(Text)!.AsObject().Select(field => $"{field.Key}={Scalars.Canonical(field.Value)}"))}]",
        PathElementKind.Value => $"[={Text}]",
        _ => $"[{Text}]",
    };

    private static int Compare(JsonNode? left, JsonNode? right)
    {
        if (Rank(left) is var rank && rank != Rank(right))
        {
            return rank.CompareTo(Rank(right));
        }
        return rank switch
        {
            0 => Scalars.AsDouble(left).CompareTo(Scalars.AsDouble(right)),
            4 => CompareKeys(left!.AsObject(), right!.AsObject()),
            _ => string.CompareOrdinal(Scalars.AsString(left) ?? Scalars.Canonical(left), Scalars.AsString(right) ?? Scalars.Canonical(right)),
        };
    }

    private static int Rank(JsonNode? node) => node switch
    {
        null => 5,
        JsonObject => 4,
        JsonArray => 3,
        _ => node.GetValueKind() switch { JsonValueKind.Number => 0, JsonValueKind.String => 1, _ => 2 },
    };

    private static int CompareKeys(JsonObject left, JsonObject right)
    {
        foreach (var ((leftName, leftValue), (rightName, rightValue)) in left.Zip(right))
        {
            var order = string.CompareOrdinal(leftName, rightName);
            order = order != 0 ? order : Compare(leftValue, rightValue);
            if (order != 0)
            {
                return order;
            }
        }
        return left.Count.CompareTo(right.Count);
    }
}
