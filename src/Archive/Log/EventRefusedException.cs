namespace Comptroller.Archive.Log;

/// <summary>An event that the log does not take: the message names the field and its limit. Nothing of it was written.</summary>
public sealed class EventRefusedException(string message) : FormatException(message);
