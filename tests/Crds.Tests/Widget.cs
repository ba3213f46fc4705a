using System.ComponentModel.DataAnnotations;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Comptroller.Crds.Schema;
using Comptroller.Kubernetes.Model;

namespace Comptroller.Crds.Tests;

/// <summary>
/// A kind that uses every attribute once.
/// <para>Its second paragraph names <see cref="Paint"/> and <c>code</c>.</para>
/// </summary>
[Resource("example.dev", "v1", "Widget", Plural = "widgets", Singular = "widget", ShortNames = ["wg"], Categories = ["toys"], Scope = ResourceScope.Cluster)]
[StatusSubresource]
[PrinterColumn("Size", "integer", ".spec.size", Description = "How big.", Priority = 1)]
[SelectableField(".spec.owner")]
[CelRule("self.metadata.name != 'root'", "the name root is taken", Reason = "FieldValueForbidden")]
public sealed record Widget : IKubernetesObject
{
    public string ApiVersion { get; init; } = "example.dev/v1";
    public string Kind { get; init; } = "Widget";
    public ObjectMeta Metadata { get; init; } = new();

    /// <summary>Wanted.</summary>
    [Required]
    public WidgetSpec Spec { get; init; } = new();

    /// <summary>Found.</summary>
    public WidgetStatus Status { get; init; } = new();
}

/// <summary>What is wanted.</summary>
[CelRule("!has(self.paint) || self.size > 0", "only a real widget is painted", FieldPath = ".paint")]
public sealed record WidgetSpec
{
    [JsonConstructor]
    public WidgetSpec(bool shiny = true, int size = 3)
    {
        Shiny = shiny;
        Size = size;
    }

    /// <summary>Whether it shines.</summary>
    public bool Shiny { get; init; }

    /// <summary>How big.</summary>
    [Range(1, 9)]
    public int Size { get; init; }

    /// <summary>Count of many.</summary>
    public long? Many { get; init; }

    /// <summary>Who owns it, for ever.</summary>
    [Required, Immutable, StringLength(20, MinimumLength = 2), RegularExpression("^[a-z]+$")]
    public string Owner { get; init; } = "";

    /// <summary>Which finish.</summary>
    [AllowedValues("Matt", "Gloss")]
    public string Finish { get; init; } = "Matt";

    /// <summary>How often.</summary>
    [Duration(AtLeast = "1s", AtMost = "1h")]
    public string Every { get; init; } = "5m";

    /// <summary>Where it listens.</summary>
    [IntOrString, StringLength(15)]
    public string? Port { get; init; }

    /// <summary>Anything.</summary>
    [PreserveUnknown]
    public JsonObject? Extra { get; init; }

    /// <summary>Its colours.</summary>
    [SetList, Items(4, Min = 1, Allowed = ["Red", "Blue"])]
    public IReadOnlyList<string> Colours { get; init; } = ["Red"];

    /// <summary>Its names.</summary>
    [AtomicList, Items(3, MaxLength = 9, MinLength = 1, Pattern = "^[a-z]*$")]
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>Its marks.</summary>
    [Entries(5, maxLength: 7, Pattern = "^x")]
    public IReadOnlyDictionary<string, string>? Marks { get; init; }

    /// <summary>Its paint.</summary>
    public Paint? Paint { get; init; }

    /// <summary>Its base, with defaults of its own.</summary>
    public Paint Primer { get; init; } = new();

    /// <summary>Its parts.</summary>
    [ListMapKey("name", "side"), Items(2)]
    public IReadOnlyList<Part> Parts { get; init; } = [];
}

/// <summary>Some paint.</summary>
public sealed record Paint
{
    /// <summary>Layers | coats.</summary>
    [StringLength(3)]
    public string Coats { get; init; } = "2";

    /// <summary>Spelled as the API spells it.</summary>
    [JsonPropertyName("paintURL")]
    [StringLength(9)]
    public string? PaintUrl { get; init; }
}

/// <summary>One part.</summary>
public sealed record Part
{
    /// <summary>Name.</summary>
    [Required, StringLength(5)]
    public string Name { get; init; } = "";

    /// <summary>Side.</summary>
    [Required, StringLength(5)]
    public string Side { get; init; } = "";
}

/// <summary>What was found.</summary>
public sealed record WidgetStatus
{
    /// <summary>Seen.</summary>
    public long ObservedGeneration { get; init; } = -1;

    /// <summary>When it was seen.</summary>
    public DateTimeOffset? SeenAt { get; init; }

    /// <summary>Observations.</summary>
    [ListMapKey("type"), Items(8)]
    public IReadOnlyList<Condition>? Conditions { get; init; }
}
