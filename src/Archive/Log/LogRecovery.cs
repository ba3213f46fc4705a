using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace Comptroller.Archive.Log;

/// <summary>What was found when a log was opened that had not been closed, or had been changed.</summary>
public sealed record LogRecovery
{
    public static LogRecovery Clean { get; } = new();

    /// <summary>Bytes of a last line that was never acknowledged; they were cut off and kept in <see cref="TornFile"/>.</summary>
    public long TornBytes { get; init; }

    public string? TornFile { get; init; }

    /// <summary>Segments that were sealed now because the process ended before it could.</summary>
    public int SealedLate { get; init; }

    /// <summary>What is not as it was written: altered, missing or unreadable lines. Empty when all is well.</summary>
    public ImmutableArray<string> Damage { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>Events of a log without a chain, which were taken as they were.</summary>
    public long Adopted { get; init; }

    public bool IsClean => TornBytes == 0 && Damage.IsEmpty;

    internal AuditEvent ToEvent() => new()
    {
        EventType = "log_recovered",
        Resource = TornFile is null ? null : Path.GetFileName(TornFile),
        Outcome = Damage.IsEmpty ? "repaired" : "damaged",
        Details = new JsonObject
        {
            ["tornBytes"] = TornBytes,
            ["sealedLate"] = SealedLate,
            ["damage"] = new JsonArray([.. Damage.Take(20).Select(text => (JsonNode)text)]),
        },
    };
}
