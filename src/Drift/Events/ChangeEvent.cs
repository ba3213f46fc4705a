using System.Collections.Immutable;
using System.Text.Json;

namespace Comptroller.Drift.Events;

/// <summary>One change of one resource, as an audit log tells it.</summary>
public sealed record ChangeEvent
{
    public required Provider Provider { get; init; }

    /// <summary>The call: <c>ModifyVpcAttribute</c>, <c>compute.instances.setLabels</c>, <c>Microsoft.Network/…/write</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The Terraform type.</summary>
    public required string Type { get; init; }

    /// <summary>The names of the resource, the one the event itself uses first; never empty.</summary>
    public required ImmutableArray<string> Ids { get; init; }

    public ChangeAction Action { get; init; }

    public ImmutableArray<Change> Changes { get; init; } = [];

    /// <summary>What was asked, for attributes that no table knows; undefined when the log has none.</summary>
    public JsonElement Request { get; init; }

    public Actor Actor { get; init; } = Actor.Unknown;

    /// <summary>Account, project or subscription.</summary>
    public string Account { get; init; } = "";

    public string Region { get; init; } = "";

    /// <summary>Availability zone of Google Cloud.</summary>
    public string Zone { get; init; } = "";

    public string ResourceGroup { get; init; } = "";

    public string SourceAddress { get; init; } = "";

    public string UserAgent { get; init; } = "";

    public string RequestId { get; init; } = "";

    /// <summary>What tells it from others, so that it counts once.</summary>
    public EventMark Mark { get; init; }

    /// <summary>When it happened; null when the log does not say.</summary>
    public DateTimeOffset? Time { get; init; }

    public string Id => Ids[0];
}

/// <summary>What a call does to the resource it names.</summary>
public enum ChangeAction
{
    Update,
    Create,
    Delete,
}

/// <summary>A value that a call sets.</summary>
/// <param name="Name">As the event tables name it.</param>
/// <param name="Attribute">The Terraform attribute; null when Terraform keeps no such value.</param>
/// <param name="Value">The value as the call has it; null or undefined when it was taken away.</param>
/// <param name="Shape">How the call's value becomes Terraform's.</param>
public readonly record struct Change(string Name, string? Attribute, JsonElement Value, ValueShape Shape = ValueShape.Text);

/// <summary>How a value of a call becomes one of Terraform.</summary>
public enum ValueShape
{
    Text,

    /// <summary>A document that Terraform keeps as a text, such as a policy.</summary>
    Json,

    /// <summary>Names in snake case; only what the call names is compared.</summary>
    Blocks,

    /// <summary>A list without order.</summary>
    Set,

    /// <summary>What follows the last slash of an address.</summary>
    Tail,

    /// <summary>A list of <c>{key, value}</c> that Terraform keeps as a map.</summary>
    Pairs,

    /// <summary>The log types of an EKS cluster that are enabled.</summary>
    Logs,
}
