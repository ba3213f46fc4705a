using System.Text.Json.Nodes;

namespace Comptroller.Archive.Log;

/// <summary>Something that somebody did. Fields and limits are those of the audit logs this one replaces; <c>resource</c> and <c>outcome</c> are added.</summary>
public sealed record AuditEvent
{
    /// <summary>What was done, such as <c>policy_updated</c>: 1 to 50 characters.</summary>
    public required string EventType { get; init; }

    /// <summary>Who did it, at most 200 characters.</summary>
    public string Actor { get; init; } = "system";

    /// <summary>What it was done to, at most 500 characters.</summary>
    public string? Resource { get; init; }

    /// <summary>How it ended, such as <c>success</c> or <c>denied</c>: at most 50 characters.</summary>
    public string? Outcome { get; init; }

    /// <summary>Letters, digits, <c>-</c> and <c>_</c>, at most 100.</summary>
    public string? LeadId { get; init; }

    /// <summary>At most 100 characters.</summary>
    public string? Workflow { get; init; }

    /// <summary>Whatever else; at most 51 200 bytes as JSON.</summary>
    public JsonObject? Details { get; init; }

    /// <summary>When; the moment it is appended when absent.</summary>
    public DateTimeOffset? Timestamp { get; init; }
}
