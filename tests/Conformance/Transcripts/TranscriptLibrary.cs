namespace Comptroller.Conformance.Transcripts;

/// <summary>Finds the transcripts: those kept beside the suite, and the directories that the caller names.</summary>
internal static class TranscriptLibrary
{
    /// <summary>Directories with further transcripts, separated like <c>PATH</c>.</summary>
    public const string DirectoriesVariable = "COMPTROLLER_TRANSCRIPTS";

    public static string OwnDirectory => Path.Combine(AppContext.BaseDirectory, "testdata", "kube-apiserver");

    public static IReadOnlyList<Transcript> Own() => Read(OwnDirectory);

    /// <summary>The transcripts of the directories in <see cref="DirectoriesVariable"/>; empty when it is not set.</summary>
    public static IReadOnlyList<Transcript> Further() =>
        [.. (Environment.GetEnvironmentVariable(DirectoriesVariable) ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .SelectMany(Read)];

    /// <exception cref="DirectoryNotFoundException">There is no such directory.</exception>
    public static IReadOnlyList<Transcript> Read(string directory) =>
        [.. System.IO.Directory.EnumerateFiles(directory, "*.json").Order(StringComparer.Ordinal).Select(Transcript.Load)];
}
