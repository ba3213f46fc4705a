namespace Comptroller.AuditPolicies.Loading;

/// <summary>The shape of a Go type, as far as JSON decoding and its error texts depend on it.</summary>
/// <param name="Name">The name Go prints, such as <c>[]v1.PolicyRule</c>.</param>
internal abstract record GoType(string Name)
{
    public static readonly GoType String = new GoScalar("string", GoScalarKind.String);
    public static readonly GoType Bool = new GoScalar("bool", GoScalarKind.Bool);
    public static readonly GoType Int64 = new GoScalar("int64", GoScalarKind.Integer);

    /// <summary>Any JSON value, kept raw (<c>fieldsV1</c>).</summary>
    public static readonly GoType Raw = new GoScalar("v1.FieldsV1", GoScalarKind.Any);

    /// <summary><c>metav1.Time</c>, which decodes itself and therefore reports without naming its field.</summary>
    public static readonly GoType Time = new GoScalar("v1.Time", GoScalarKind.Time);

    public static GoType Text(string name) => new GoScalar(name, GoScalarKind.String);

    public static GoType Slice(GoType element) => new GoSlice(element);

    public static GoType StringMap { get; } = new GoMap(String);
}

internal enum GoScalarKind
{
    String,
    Bool,
    Integer,
    Time,
    Any,
}

internal sealed record GoScalar(string Name, GoScalarKind Kind) : GoType(Name);

internal sealed record GoSlice(GoType Element) : GoType("[]" + Element.Name);

internal sealed record GoMap(GoType Element) : GoType("map[string]" + Element.Name);

/// <summary>A struct: its bare name stands in front of field paths in errors.</summary>
internal sealed record GoStruct(string Package, string BareName, IReadOnlyDictionary<string, GoType> Fields) : GoType($"{Package}.{BareName}");
