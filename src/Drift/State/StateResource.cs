using System.Text.Json;

namespace Comptroller.Drift.State;

/// <summary>One instance of a managed resource of a state.</summary>
public sealed class StateResource
{
    public required string Type { get; init; }

    public required string Name { get; init; }

    /// <summary>Path of its module: <c>module.network["eu"]</c>; empty in the root.</summary>
    public string Module { get; init; } = "";

    /// <summary>The key of <c>count</c> or <c>for_each</c> as Terraform writes it: <c>0</c> or <c>"a"</c>; empty without.</summary>
    public string IndexKey { get; init; } = "";

    /// <summary>Its id, else ARN, else name.</summary>
    public required string Id { get; init; }

    /// <summary>The state it is from.</summary>
    public string Source { get; init; } = "";

    /// <summary>Attributes as JSON without the empty ones; sensitive ones are hashed.</summary>
    internal ReadOnlyMemory<byte> Attributes { get; init; }

    /// <summary>Such as <c>module.network.aws_subnet.private["a"]</c>.</summary>
    public string Address => $"{(Module.Length == 0 ? "" : Module + ".")}{Type}.{Name}{(IndexKey.Length == 0 ? "" : $"[{IndexKey}]")}";

    /// <summary>Reads the attributes; the document is the caller's to dispose.</summary>
    public JsonDocument ReadAttributes() => JsonDocument.Parse(Attributes);
}
