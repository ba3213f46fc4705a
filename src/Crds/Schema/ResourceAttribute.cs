namespace Comptroller.Crds.Schema;

/// <summary>Marks a record as a custom resource, and says how the API serves it.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class ResourceAttribute(string group, string version, string kind) : Attribute
{
    public string Group { get; } = group;
    public string Version { get; } = version;
    public string Kind { get; } = kind;

    /// <summary>Lower-case plural, as in URLs.</summary>
    public required string Plural { get; init; }

    /// <summary>Lower-case singular, as typed after <c>kubectl get</c>.</summary>
    public required string Singular { get; init; }
    public string[] ShortNames { get; init; } = [];
    public string[] Categories { get; init; } = [];
    public ResourceScope Scope { get; init; } = ResourceScope.Namespaced;
}

/// <summary>Where objects of a kind live.</summary>
public enum ResourceScope
{
    Namespaced,
    Cluster,
}

/// <summary>
/// Status is written through <c>/status</c> only. A new object starts with <c>observedGeneration: -1</c>, so that Flux and
/// <c>kubectl wait</c> see it as in progress until it was looked at (rule D6).
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class StatusSubresourceAttribute : Attribute;

/// <summary>One column of <c>kubectl get</c>.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class PrinterColumnAttribute(string name, string type, string jsonPath) : Attribute
{
    public string Name { get; } = name;

    /// <summary><c>string</c>, <c>integer</c>, <c>number</c>, <c>boolean</c> or <c>date</c>.</summary>
    public string Type { get; } = type;
    public string JsonPath { get; } = jsonPath;
    public string? Description { get; init; }

    /// <summary>0 is always shown; 1 with <c>-o wide</c>.</summary>
    public int Priority { get; init; }
}

/// <summary>A field that <c>kubectl get --field-selector</c> may select on, such as <c>.spec.suspend</c>.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class SelectableFieldAttribute(string jsonPath) : Attribute
{
    public string JsonPath { get; } = jsonPath;
}

/// <summary>What the controller of this kind must be allowed to do: becomes the manager's ClusterRole.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class AccessAttribute(string group, string[] resources, string[] verbs) : Attribute
{
    /// <summary>API group; empty for the core group.</summary>
    public string Group { get; } = group;
    public string[] Resources { get; } = resources;
    public string[] Verbs { get; } = verbs;
}
