using System.Collections.Immutable;
using Comptroller.Falcon.Policies;

namespace Comptroller.Falcon.Grading;

/// <summary>A grading file for each type: those of a directory, the built-in ones where it has none.</summary>
public sealed class GradingFiles
{
    private readonly ImmutableDictionary<PolicyType, GradingFile> _files;

    private GradingFiles(IEnumerable<GradingFile> files) => _files = files.ToImmutableDictionary(file => file.Type);

    /// <summary>What is asked when nobody says otherwise.</summary>
    public static GradingFiles BuiltIn { get; } = new(PolicyType.All.Select(ReadBuiltIn));

    public GradingFile this[PolicyType type] => _files[type];

    /// <summary>Reads a directory.</summary>
    /// <param name="directory">Holds files such as <c>firewall_policies_grading.json</c>; the others in it are not looked at.</param>
    /// <param name="cancellationToken">Stops between files.</param>
    /// <exception cref="GradingFileException">Some file cannot be used.</exception>
    /// <exception cref="IOException">Some file cannot be read.</exception>
    public static async Task<GradingFiles> ReadAsync(string directory, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(directory))
        {
            throw new DirectoryNotFoundException($"{directory}: no such directory; it should hold files such as {PolicyType.Firewall.GradingFileName}");
        }

        var files = new List<GradingFile>();
        var problems = new List<string>();
        foreach (var type in PolicyType.All)
        {
            var path = Path.Combine(directory, type.GradingFileName);
            try
            {
                files.Add(File.Exists(path) ? GradingFile.Read(type, await File.ReadAllBytesAsync(path, cancellationToken), path) : BuiltIn[type]);
            }
            catch (GradingFileException e)
            {
                problems.AddRange(e.Problems);
            }
        }

        return problems.Count == 0 ? new GradingFiles(files) : throw new GradingFileException([.. problems]);
    }

    private static GradingFile ReadBuiltIn(PolicyType type)
    {
        using var stream = typeof(GradingFiles).Assembly.GetManifestResourceStream(type.GradingFileName)
            ?? throw new InvalidOperationException($"{type.GradingFileName} is not in the assembly");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return GradingFile.Read(type, bytes, "built-in");
    }
}
