namespace Comptroller.Drift.Store;

/// <summary>A body that was taken in and is not judged yet.</summary>
/// <param name="Number">Its place in the order of arrival.</param>
/// <param name="Body">As it was sent.</param>
/// <param name="At">When it was taken in.</param>
public sealed record WaitingBody(long Number, ReadOnlyMemory<byte> Body, DateTimeOffset At);
