using System.IO.Compression;

namespace Comptroller.Drift.State;

/// <summary>Where a state is kept.</summary>
public abstract class StateSource
{
    /// <summary>How it is called; holds no secret.</summary>
    public required string Name { get; init; }

    /// <summary>Opens the state, unless it is still the one that is known.</summary>
    /// <param name="known">The version that was read last; null when none.</param>
    /// <param name="cancellationToken">Stops the attempt.</param>
    /// <exception cref="StateException">It cannot be had; says why.</exception>
    public abstract Task<OpenedState> OpenAsync(string? known, CancellationToken cancellationToken);

    /// <summary>Terraform's Kubernetes backend compresses what it keeps, and people compress what they copy.</summary>
    protected static async Task<Stream> PlainAsync(Stream stream, CancellationToken cancellationToken)
    {
        var buffered = new BufferedStream(stream, 64 << 10);
        var head = new byte[2];
        var read = await buffered.ReadAtLeastAsync(head, 2, throwOnEndOfStream: false, cancellationToken);
        var rest = new PrefixedStream(head.AsMemory(0, read), buffered);
        return read == 2 && head[0] == 0x1F && head[1] == 0x8B ? new GZipStream(rest, CompressionMode.Decompress) : rest;
    }
}

/// <summary>A state that was opened.</summary>
/// <param name="Content">Null when it has not changed.</param>
/// <param name="Version">What tells it from others: an ETag, or time and length.</param>
public sealed record OpenedState(Stream? Content, string Version) : IAsyncDisposable
{
    public ValueTask DisposeAsync() => Content?.DisposeAsync() ?? ValueTask.CompletedTask;
}
