using System.Text.Json;
using Comptroller.Archive.Log;

namespace Comptroller.Archive.Health;

/// <summary>What can be seen of a log from outside its process.</summary>
public sealed record ObservedLog
{
    public required string Path { get; init; }

    /// <summary>What the process wrote of itself; null when none did.</summary>
    public LogState? State { get; init; }

    /// <summary>Length of the live file; null when there is none.</summary>
    public long? Bytes { get; init; }

    public DateTimeOffset? LastWrite { get; init; }

    /// <summary>Why the file cannot be read.</summary>
    public string? Error { get; init; }

    /// <summary>Looks. Never throws for what is wrong with the log: that is what it is to tell.</summary>
    public static ObservedLog Look(string liveFile)
    {
        var paths = new LogPaths(liveFile);
        var observed = new ObservedLog { Path = liveFile, State = StateOf(paths) };
        try
        {
            if (!File.Exists(paths.Live))
            {
                return observed;
            }

            using var file = new FileStream(paths.Live, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            _ = file.ReadByte();
            return observed with { Bytes = file.Length, LastWrite = new DateTimeOffset(File.GetLastWriteTimeUtc(paths.Live)) };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return observed with { Error = e.Message };
        }
    }

    private static LogState? StateOf(LogPaths paths)
    {
        try
        {
            return File.Exists(paths.State) ? JsonSerializer.Deserialize(File.ReadAllBytes(paths.State), LogStateJson.Default.LogState) : null;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            // A state that cannot be read says nothing, and that is judged as a process that says nothing.
            return null;
        }
    }
}
