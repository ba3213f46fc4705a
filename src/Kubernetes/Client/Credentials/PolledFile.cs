using Microsoft.Extensions.Logging;

namespace Comptroller.Kubernetes.Client.Credentials;

/// <summary>
/// A small file that somebody else rewrites, such as a projected token. Read at most once per period; when a later read fails
/// the last good content stays (rules T4, T5).
/// </summary>
internal sealed class PolledFile(string path, TimeSpan period, TimeProvider time, ILogger logger) : IDisposable
{
    /// <summary>Bytes. No token, key or CA bundle comes near it; a device or a runaway file does.</summary>
    private const long LargestFile = 16 * 1024 * 1024;

    private readonly SemaphoreSlim reading = new(1, 1);
    private volatile Snapshot? current;

    public string Path { get; } = path;

    /// <exception cref="CredentialException">The file cannot be read and never could.</exception>
    public async ValueTask<string> ReadAsync(CancellationToken cancellationToken)
    {
        if (Fresh() is { } content)
        {
            return content;
        }

        await reading.WaitAsync(cancellationToken);
        try
        {
            if (Fresh() is { } already)
            {
                return already;
            }

            var text = await LoadAsync(cancellationToken);
            current = new Snapshot(text, time.GetTimestamp());
            return text;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (current is not { } last)
            {
                throw new CredentialException($"the file {Path} cannot be read: {e.Message}", e);
            }

            ClientLog.KeptOldFile(logger, Path, e.Message);
            current = last with { ReadAt = time.GetTimestamp() };
            return last.Content;
        }
        finally
        {
            reading.Release();
        }
    }

    /// <summary>The next read looks at the file.</summary>
    public void Expire() => current = current is { } last ? last with { ReadAt = null } : null;

    public void Dispose() => reading.Dispose();

    private string? Fresh() =>
        current is { ReadAt: { } readAt } last && time.GetElapsedTime(readAt) < period ? last.Content : null;

    private async Task<string> LoadAsync(CancellationToken cancellationToken)
    {
        await using var file = new FileStream(Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 4096, useAsync: true);
        if (file.Length > LargestFile)
        {
            throw new IOException($"{file.Length} bytes are more than a credential has");
        }

        using var reader = new StreamReader(file);
        var text = await reader.ReadToEndAsync(cancellationToken);
        // A token that is being rewritten in place is empty for a moment; taking that for the token would cost a 401.
        return text.Trim().Length > 0 ? text : throw new IOException("the file is empty");
    }

    private sealed record Snapshot(string Content, long? ReadAt)
    {
        public override string ToString() => "***";
    }
}
