using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Comptroller.Kubernetes.Schemas;

/// <summary>
/// One node of a structural schema (OpenAPI v3 with the x-kubernetes extensions). Immutable after parsing.
/// Parsing is lenient: what <see cref="CrdSchemaChecks"/> refuses is ignored here.
/// </summary>
public sealed partial class Schema
{
    private Schema()
    {
    }

    /// <summary>Null where any type may stand: int-or-string, or unknown fields preserved.</summary>
    public string? Type { get; private init; }
    public string? Format { get; private init; }
    public bool Nullable { get; private init; }

    /// <summary>In the order of the document.</summary>
    public IReadOnlyDictionary<string, Schema> Properties { get; private set; } = _none;

    /// <summary>The schema of undeclared keys. Null when there is none, or when the document only says true or false.</summary>
    public Schema? AdditionalProperties { get; private init; }

    /// <summary>The document allows any undeclared key: <c>additionalProperties: true</c>.</summary>
    public bool AllowsAnyProperty { get; private init; }
    public Schema? Items { get; private init; }
    public IReadOnlyList<string> Required { get; private init; } = [];
    public JsonArray? Enum { get; private init; }
    public JsonNode? Default { get; private set; }
    public bool HasDefault { get; private init; }

    public double? Minimum { get; private init; }
    public double? Maximum { get; private init; }
    public bool ExclusiveMinimum { get; private init; }
    public bool ExclusiveMaximum { get; private init; }
    public double? MultipleOf { get; private init; }
    public long? MinLength { get; private init; }
    public long? MaxLength { get; private init; }
    public long? MinItems { get; private init; }
    public long? MaxItems { get; private init; }
    public long? MinProperties { get; private init; }
    public long? MaxProperties { get; private init; }

    /// <summary>As written, for messages.</summary>
    public string? Pattern { get; private init; }

    /// <summary>Null when <see cref="Pattern"/> is absent or no regular expression.</summary>
    public Regex? PatternExpression { get; private init; }

    public IReadOnlyList<Schema> AllOf { get; private init; } = [];
    public IReadOnlyList<Schema> AnyOf { get; private init; } = [];
    public IReadOnlyList<Schema> OneOf { get; private init; } = [];
    public Schema? Not { get; private init; }

    /// <summary>x-kubernetes-preserve-unknown-fields.</summary>
    public bool PreservesUnknown { get; private init; }

    /// <summary>This node or one above it preserves unknown fields: apply then accepts undeclared fields here.</summary>
    public bool AcceptsUndeclared { get; private init; }
    public bool IntOrString { get; private init; }

    /// <summary>x-kubernetes-embedded-resource.</summary>
    public bool EmbeddedResource { get; private init; }
    public bool IsRoot { get; private init; }

    /// <summary><c>atomic</c>, <c>set</c> or <c>map</c>; null means atomic.</summary>
    public string? ListType { get; private init; }
    public IReadOnlyList<string> ListMapKeys { get; private init; } = [];

    /// <summary>x-kubernetes-map-type: atomic.</summary>
    public bool AtomicMap { get; private init; }

    /// <summary>x-kubernetes-patch-strategy of built-in kinds, such as <c>merge</c> or <c>merge,retainKeys</c>; empty when absent.</summary>
    public string PatchStrategy { get; private init; } = "";
    public string? PatchMergeKey { get; private init; }

    /// <summary>For the ObjectMeta of a root or embedded resource: what the document itself says about metadata, such as a pattern of the name.</summary>
    public Schema? Declared { get; private init; }

    /// <summary>This node has x-kubernetes-validations.</summary>
    public bool HasOwnCelRules { get; private init; }

    /// <summary>This node or one below it has x-kubernetes-validations, which the Sandbox does not evaluate.</summary>
    public bool HasCelRules { get; private init; }

    /// <summary>The root or an embedded resource: apiVersion, kind and metadata belong to it whatever the document declares.</summary>
    public bool IsResource => IsRoot || EmbeddedResource;
    public bool IsList => Type is "array";

    /// <summary>The schema of the value under <paramref name="key"/>; null when the document knows nothing of it.</summary>
    public Schema? Property(string key) => Properties.TryGetValue(key, out var declared) ? declared : AdditionalProperties;
}
