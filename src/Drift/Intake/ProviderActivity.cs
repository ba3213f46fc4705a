namespace Comptroller.Drift.Intake;

/// <summary>What came from a cloud since the start.</summary>
/// <param name="Received">Records of its audit log.</param>
/// <param name="Matched">Those that change something Terraform could manage.</param>
/// <param name="Errors">Those that could not be told which resource they are about.</param>
/// <param name="LastAt">When the last one came; null before the first.</param>
public sealed record ProviderActivity(long Received, long Matched, long Errors, DateTimeOffset? LastAt)
{
    public static ProviderActivity None { get; } = new(0, 0, 0, null);
}
