namespace Comptroller.Drift.Graph;

/// <summary>A managed resource.</summary>
/// <param name="Number">Its place among all nodes, which cursors are made of.</param>
/// <param name="Id">Stable as long as the states are.</param>
/// <param name="Address">With module path.</param>
/// <param name="Type">The Terraform type.</param>
/// <param name="Name">The name in Terraform.</param>
/// <param name="ResourceId">The id of the cloud.</param>
/// <param name="State">The state that has it.</param>
public sealed record GraphNode(int Number, string Id, string Address, string Type, string Name, string ResourceId, string State);

/// <summary>How one resource needs, holds or guards another.</summary>
/// <param name="Number">Its place among all edges.</param>
/// <param name="Start">Id of a node.</param>
/// <param name="End">Id of a node.</param>
/// <param name="Relation">How.</param>
public sealed record GraphEdge(int Number, string Start, string End, Relation Relation)
{
    public string Id => $"{Start}-{Relation.Name()}-{End}";
}

/// <summary>What an edge means, read from its start to its end.</summary>
public enum Relation : byte
{
    DependsOn,
    PartOf,
    Secures,
    RoutesTo,
    ConnectsTo,
    Contains,
    Associates,
    RunsIn,
    RegistersTo,
    AppliesTo,
}

/// <summary>How relations are written.</summary>
public static class Relations
{
    public static string Name(this Relation relation) => relation switch
    {
        Relation.DependsOn => "DEPENDS_ON",
        Relation.PartOf => "PART_OF",
        Relation.Secures => "SECURES",
        Relation.RoutesTo => "ROUTES_TO",
        Relation.ConnectsTo => "CONNECTS_TO",
        Relation.Contains => "CONTAINS",
        Relation.Associates => "ASSOCIATES",
        Relation.RunsIn => "RUNS_IN",
        Relation.RegistersTo => "REGISTERS_TO",
        _ => "APPLIES_TO",
    };
}

/// <summary>An edge by the numbers of its nodes, in eight bytes whose order is that of starts, then ends.</summary>
internal readonly record struct GraphLink(ulong Packed)
{
    private const int EndAt = 4;
    private const int StartAt = EndAt + 32;

    public GraphLink(int start, int end, Relation relation)
        : this(((ulong)start << StartAt) | ((ulong)end << EndAt) | (ulong)relation)
    {
    }

    public int Start => (int)(Packed >> StartAt);

    public int End => (int)(Packed >> EndAt);

    public Relation Relation => (Relation)(Packed & ((1 << EndAt) - 1));
}
