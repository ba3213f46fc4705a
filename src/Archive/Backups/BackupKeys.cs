using System.Globalization;
using System.Text.RegularExpressions;

namespace Comptroller.Archive.Backups;

/// <summary>Keys in a store. What is content-addressed stands under <c>content/</c> and is shared by all streams.</summary>
public static partial class BackupKeys
{
    public const string Content = "content/";
    public const string AllManifests = "backups/";
    public const string AllUnfinished = "unfinished/";

    /// <param name="sha256">SHA-256 of the text, hex.</param>
    /// <param name="form">How it is stored: <c>gz</c> or <c>raw</c>, either with <c>.enc</c>.</param>
    public static string Piece(string sha256, string form) => $"{Content}{sha256[..2]}/{sha256}.{form}";

    public static string Manifests(string stream) => $"{AllManifests}{stream}/";

    public static string Manifest(string stream, long number) => string.Create(CultureInfo.InvariantCulture, $"{Manifests(stream)}{number:D10}.manifest.json");

    public static string Prunes(string stream) => $"prunes/{stream}/";

    public static string Prune(string stream, DateTimeOffset now) => $"{Prunes(stream)}{Stamp(now)}.json";

    public static string Digests(string stream) => $"digests/{stream}/";

    public static string Digest(string stream, long number) => string.Create(CultureInfo.InvariantCulture, $"{Digests(stream)}{number:D10}.digest.json");

    public static string UnfinishedOf(string stream) => $"{AllUnfinished}{stream}/";

    public static string Unfinished(string stream, DateTimeOffset now) => $"{UnfinishedOf(stream)}{Stamp(now)}.json";

    public static string Verifications(string stream) => $"verifications/{stream}/";

    public static string Verification(string stream, DateTimeOffset now) => $"{Verifications(stream)}{Stamp(now)}.json";

    /// <summary>The stream and number that a key names; null when it names no manifest.</summary>
    public static (string Stream, long Number)? ParseManifest(string key) =>
        ManifestKey().Match(key) is { Success: true } match ? (match.Groups["stream"].Value, long.Parse(match.Groups["number"].ValueSpan, CultureInfo.InvariantCulture)) : null;

    /// <exception cref="FormatException">It is no name of a stream.</exception>
    public static string CheckStream(string stream) =>
        IsStream(stream) ? stream : throw new FormatException($"stream \"{stream}\": small letters, digits, - and ., at most 63, beginning and ending with a letter or digit");

    public static bool IsStream(string text) => StreamName().IsMatch(text);

    private static string Stamp(DateTimeOffset now) => now.UtcDateTime.ToString("yyyyMMdd'T'HHmmss.fff'Z'", CultureInfo.InvariantCulture);

    [GeneratedRegex("^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex StreamName();

    [GeneratedRegex(@"^backups/(?<stream>[^/]+)/(?<number>\d{10})\.manifest\.json$", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex ManifestKey();
}
