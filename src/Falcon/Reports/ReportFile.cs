using System.Globalization;
using System.IO.Compression;
using System.Text;
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

    private const string Unfinished = ".partial";

    private readonly string _type;
    private readonly string _temporary;
    private readonly FileStream _file;
    private readonly Stream _stream;

    private ReportFile(string type, string path, bool compress)
    {
        (_type, Path, _temporary) = (type, path, path + Unfinished);
        _file = new FileStream(_temporary, FileMode.Create, FileAccess.Write, FileShare.Read, 64 * 1024, FileOptions.Asynchronous);
        _stream = compress ? new GZipStream(_file, CompressionLevel.Fastest, leaveOpen: true) : _file;
        Json = new Utf8JsonWriter(_stream, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
    }

    public string Path { get; }

    public Utf8JsonWriter Json { get; }

    /// <summary>Opens a report: <c>type_2026-03-01_12-00-00_UTC.json</c>.</summary>
    /// <param name="directory">Made when missing.</param>
    /// <param name="type">Type of report.</param>
    /// <param name="at">When the run started; files carry UTC, which never goes back.</param>
    /// <param name="compress">gzip.</param>
    /// <param name="extension">Of its format.</param>
    public static ReportFile Open(string directory, string type, DateTimeOffset at, bool compress, string extension = ".json")
    {
        Directory.CreateDirectory(directory);
        var stem = System.IO.Path.Combine(directory, $"{type}_{at.UtcDateTime.ToString("yyyy-MM-dd_HH-mm-ss", CultureInfo.InvariantCulture)}_UTC");
        extension += compress ? ".gz" : "";
        var path = stem + extension;
        for (var number = 2; File.Exists(path); number++)
        {
            path = $"{stem}_{number}{extension}";
        }

        return new ReportFile(type, path, compress);
    }

    /// <summary>Deletes what processes that were killed had begun. A file that somebody still writes stays.</summary>
    public static void DeleteLeftovers(string directory)
    {
        foreach (var path in Directory.Exists(directory) ? Directory.EnumerateFiles(directory, "*" + Unfinished) : [])
        {
            try
            {
                if (Retention.IsReport(System.IO.Path.GetFileNameWithoutExtension(path)))
                {
                    // Opened for one alone: the kernel refuses while another process has it.
                    using var unused = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
                }
            }
            catch (IOException)
            {
                // It is being written.
            }
        }
    }

    /// <summary>To be called after each row.</summary>
    public ValueTask FlushWhenFullAsync(CancellationToken cancellationToken) =>
        Json.BytesPending > FlushAt ? new ValueTask(WriteOutAsync(() => Json.FlushAsync(cancellationToken))) : ValueTask.CompletedTask;

    /// <summary>Writes text that is not JSON.</summary>
    public Task WriteAsync(string text, CancellationToken cancellationToken) => WriteOutAsync(() => _stream.WriteAsync(Encoding.UTF8.GetBytes(text), cancellationToken).AsTask());

    /// <summary>Writes the rest, down to the disk: a name that outlives a power cut must not stand for an empty file.</summary>
    public Task FinishAsync(CancellationToken cancellationToken) => WriteOutAsync(async () =>
    {
        await Json.FlushAsync(cancellationToken);
        await Json.DisposeAsync();
        if (_stream != _file)
        {
            await _stream.DisposeAsync();
        }

        await _file.FlushAsync(cancellationToken);
        _file.Flush(flushToDisk: true);
    });

    /// <summary>Gives what is finished its name.</summary>
    public WrittenReport Publish()
    {
        var bytes = _file.Length;
        _file.Dispose();
        File.Move(_temporary, Path, overwrite: true);
        return new WrittenReport(_type, Path, bytes);
    }

    public async ValueTask DisposeAsync()
    {
        if (!File.Exists(_temporary))
        {
            return;
        }

        // The disk that could not take the report cannot take its end either.
        await IgnoreFullDiskAsync(_stream);
        await IgnoreFullDiskAsync(_file);
        File.Delete(_temporary);
    }

    // A file at the limit of its size is told as a wrong argument, which nobody takes for a disk.
    private async Task WriteOutAsync(Func<Task> write)
    {
        try
        {
            await write();
        }
        catch (ArgumentOutOfRangeException e)
        {
            throw new IOException($"{_temporary}: the file may not grow any further", e);
        }
    }

    private static async Task IgnoreFullDiskAsync(Stream stream)
    {
        try
        {
            await stream.DisposeAsync();
        }
        catch (Exception e) when (e is IOException or ArgumentOutOfRangeException)
        {
            // What it still held is not wanted.
        }
    }
}

/// <summary>A report that has its name.</summary>
public sealed record WrittenReport(string Type, string Path, long Bytes);
