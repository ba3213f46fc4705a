using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using Comptroller.Falcon.Policies;

namespace Comptroller.Falcon.Grading;

/// <summary>What is asked of the policies of one type, in the format of the tool this one replaces.</summary>
public sealed class GradingFile
{
    private readonly JsonElement _root;
    private readonly ImmutableArray<JsonElement> _blocks;

    private GradingFile(PolicyType type, string source, string version, string digest, JsonElement root)
    {
        (Type, Source, Version, Digest, _root) = (type, source, version, digest, root);
        _blocks = GradingSchema.BlockList(type) is { } list ? [.. root.Items(list)] : [];
    }

    public PolicyType Type { get; }

    /// <summary>Where it came from: a path, or <c>built-in</c>.</summary>
    public string Source { get; }

    /// <summary><c>metadata.version</c> of the file; empty when it has none.</summary>
    public string Version { get; }

    /// <summary>SHA-256 of its bytes in hexadecimal: two runs graded alike when it is equal.</summary>
    public string Digest { get; }

    /// <summary>Reads and checks a file.</summary>
    /// <param name="type">What it grades.</param>
    /// <param name="utf8">Its bytes.</param>
    /// <param name="source">Named in errors.</param>
    /// <exception cref="GradingFileException">It is not JSON, or not of the format; names every mistake.</exception>
    public static GradingFile Read(PolicyType type, ReadOnlyMemory<byte> utf8, string source)
    {
        JsonElement root;
        try
        {
            root = JsonElement.Parse(utf8.Span, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        }
        catch (JsonException e)
        {
            throw new GradingFileException([$"{source}:{(e.LineNumber ?? 0) + 1}: this is not JSON: {e.Message}"]);
        }

        var errors = GradingSchema.Check(type, root);
        return errors.Count == 0
            ? new GradingFile(type, source, root.Field("metadata")?.Text("version") ?? "", Convert.ToHexStringLower(SHA256.HashData(utf8.Span)), root)
            : throw new GradingFileException([.. errors.Select(error => $"{source}: {error}")]);
    }

    /// <summary>Reads the file of a test case: it records answers to files that nobody ever checked.</summary>
    internal static GradingFile ReadUnchecked(PolicyType type, JsonElement root) => new(type, "case", "", "", root);

    /// <summary>The block of a platform, or the one for all platforms where a type has such. Its own wins wherever it stands.</summary>
    internal JsonElement? BlockFor(string? platform, bool orAll) =>
        Find(platform) ?? (orAll ? Find("all") : null);

    /// <summary>The block of a platform where platforms are keys.</summary>
    internal JsonElement? KeyedBlockFor(string? platform) => _root.EnumerateObject()
        .Where(entry => entry.Value.ValueKind == JsonValueKind.Object && string.Equals(entry.Name, platform, StringComparison.OrdinalIgnoreCase))
        .Select(entry => (JsonElement?)entry.Value)
        .FirstOrDefault();

    private JsonElement? Find(string? platform) => _blocks
        .Where(block => platform is not null && string.Equals(block.Text("platform_name"), platform, StringComparison.OrdinalIgnoreCase))
        .Select(block => (JsonElement?)block)
        .FirstOrDefault();
}

/// <summary>A grading file cannot be used. Nothing is graded by half a file.</summary>
public sealed class GradingFileException(ImmutableArray<string> problems) : FormatException(string.Join('\n', problems))
{
    public ImmutableArray<string> Problems { get; } = problems;
}
