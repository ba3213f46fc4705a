namespace Comptroller.Crds.Schema;

/// <summary>A list whose items are told apart by these fields: appliers own items, not the list (<c>x-kubernetes-list-type: map</c>).</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ListMapKeyAttribute(params string[] keys) : Attribute
{
    public string[] Keys { get; } = keys;
}

/// <summary>A list without order and duplicates (<c>x-kubernetes-list-type: set</c>).</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SetListAttribute : Attribute;

/// <summary>A list that is replaced as a whole, because its order means something (<c>x-kubernetes-list-type: atomic</c>).</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class AtomicListAttribute : Attribute;

/// <summary>A string that users may also write as a number, such as a port (<c>x-kubernetes-int-or-string</c>).</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class IntOrStringAttribute : Attribute;

/// <summary>An object of free form that is stored as it came (<c>x-kubernetes-preserve-unknown-fields</c>).</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PreserveUnknownAttribute : Attribute;
