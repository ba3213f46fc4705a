using Comptroller.Archive.Files;

namespace Comptroller.Archive.Objects;

/// <summary>A whole object in borrowed memory.</summary>
internal sealed class ObjectContent : MemoryStream
{
    private readonly BorrowedBytes _bytes;

    private ObjectContent(BorrowedBytes bytes)
        : base(bytes.Room, 0, bytes.Length, writable: false) => _bytes = bytes;

    /// <summary>Reads an answer to its end.</summary>
    /// <exception cref="IOException">It ended too early.</exception>
    public static async Task<ObjectContent> ReadAsync(Stream answer, int length, CancellationToken cancellationToken)
    {
        var bytes = new BorrowedBytes(length);
        try
        {
            bytes.Length = await answer.ReadAtLeastAsync(bytes.Room.AsMemory(0, length), length, throwOnEndOfStream: false, cancellationToken);
            return bytes.Length == length ? new ObjectContent(bytes) : throw new IOException($"the answer ended after {bytes.Length} of {length} bytes");
        }
        catch
        {
            bytes.Dispose();
            throw;
        }
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _bytes.Dispose();
    }
}
