using System.Globalization;
using System.IO.Compression;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Comptroller.Falcon.Reports;

/// <summary>
/// A report while it is written: under a name of its own until it is whole. A full disk or a killed process leaves the report
/// before it as it was, and no half one.
/// </summary>
public sealed class ReportFile : IAsyncDisposable
{
    // Longer than any row; written out before the buffer grows with the fleet.
    private const int FlushAt = 64 * 1024;

    private readonly string _temporary;
    private readonly Stream _stream;

    private ReportFile(string path, bool compress)
    {
        Path = path;
        _temporary = $"{path}.partial";
        var file = new FileStream(_temporary, FileMode.Create, FileAccess.Write, FileShare.Read, 64 * 1024, FileOptions.Asynchronous);
        _stream = compress ? new GZipStream(file, CompressionLevel.Fastest) : file;
        Json = new Utf8JsonWriter(_stream, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
    }

    public string Path { get; }

    public Utf8JsonWriter Json { get; }

    /// <summary>Opens a report: <c>type_2026-03-01_12-00-00_UTC.json</c>.</summary>
    /// <param name="directory">Made when missing.</param>
    /// <param name="type">Type of report.</param>
    /// <param name="at">When the run started; files carry UTC, which never goes back.</param>
    /// <param name="compress">gzip.</param>
    public static ReportFile Open(string directory, string type, DateTimeOffset at, bool compress)
    {
        Directory.CreateDirectory(directory);
        var stem = System.IO.Path.Combine(directory, $"{type}_{at.UtcDateTime.ToString("yyyy-MM-dd_HH-mm-ss", CultureInfo.InvariantCulture)}_UTC");
        var extension = compress ? ".json.gz" : ".json";
        var path = stem + extension;
        for (var number = 2; File.Exists(path); number++)
        {
            path = $"{stem}_{number}{extension}";
        }

        return new ReportFile(path, compress);
    }

    /// <summary>To be called after each row.</summary>
    public ValueTask FlushWhenFullAsync(CancellationToken cancellationToken) =>
        Json.BytesPending > FlushAt ? new ValueTask(Json.FlushAsync(cancellationToken)) : ValueTask.CompletedTask;

    /// <summary>Gives it its name.</summary>
    public async Task<string> CompleteAsync(CancellationToken cancellationToken)
    {
        await Json.FlushAsync(cancellationToken);
        await Json.DisposeAsync();
        await _stream.DisposeAsync();
        File.Move(_temporary, Path, overwrite: true);
        return Path;
    }

    public async ValueTask DisposeAsync()
    {
        if (!File.Exists(_temporary))
        {
            return;
        }

        try
        {
            await _stream.DisposeAsync();
        }
        catch (IOException)
        {
            // The disk that could not take the report cannot take its end either.
        }

        File.Delete(_temporary);
    }
}
