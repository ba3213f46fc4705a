using System.Runtime.InteropServices;

namespace Comptroller.Archive.Compression;

/// <summary>zstd through the machine's libzstd, where there is one: no package that restores here has it, and the images of distributions do.</summary>
public static unsafe class Zstandard
{
    private static readonly nint Library = Load();

    /// <summary>Whether libzstd was found.</summary>
    public static bool IsAvailable => Library != 0;

    /// <returns>False when there is no room for it.</returns>
    /// <exception cref="PlatformNotSupportedException">There is no libzstd.</exception>
    public static bool TryCompress(ReadOnlySpan<byte> text, int level, Span<byte> output, out int written)
    {
        var compress = (delegate* unmanaged[Cdecl]<byte*, nuint, byte*, nuint, int, nuint>)Export("ZSTD_compress");
        fixed (byte* from = text, to = output)
        {
            var result = compress(to, (nuint)output.Length, from, (nuint)text.Length, level);
            var isFull = IsError(result);
            written = isFull ? 0 : (int)result;
            return !isFull;
        }
    }

    /// <summary>Reads a text of a known length.</summary>
    /// <exception cref="InvalidDataException">It is damaged, or holds more or less than <paramref name="text"/> has room for.</exception>
    /// <exception cref="PlatformNotSupportedException">There is no libzstd.</exception>
    public static void Read(ReadOnlySpan<byte> bytes, Span<byte> text)
    {
        var decompress = (delegate* unmanaged[Cdecl]<byte*, nuint, byte*, nuint, nuint>)Export("ZSTD_decompress");
        fixed (byte* from = bytes, to = text)
        {
            var length = Checked(decompress(to, (nuint)text.Length, from, (nuint)bytes.Length));
            if (length != (nuint)text.Length)
            {
                throw new InvalidDataException($"zstd data ends after {length} of {text.Length} bytes");
            }
        }
    }

    private static nuint Checked(nuint result)
    {
        var name = (delegate* unmanaged[Cdecl]<nuint, byte*>)Export("ZSTD_getErrorName");
        // "Destination buffer is too small" is what a text that is longer than recorded comes to.
        return !IsError(result) ? result : throw new InvalidDataException($"zstd: {Marshal.PtrToStringUTF8((nint)name(result))}");
    }

    private static bool IsError(nuint result) => ((delegate* unmanaged[Cdecl]<nuint, uint>)Export("ZSTD_isError"))(result) != 0;

    private static nint Export(string name) => IsAvailable ? NativeLibrary.GetExport(Library, name) : throw new PlatformNotSupportedException("zstd needs libzstd.so.1 (Debian: apt install libzstd1)");

    private static nint Load()
    {
        foreach (var name in new[] { "libzstd.so.1", "libzstd.1.dylib", "libzstd.dll" })
        {
            if (NativeLibrary.TryLoad(name, out var library))
            {
                return library;
            }
        }

        return 0;
    }
}
