using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Comptroller.Archive.Backups;

/// <summary>
/// Encrypted bytes that tell themselves how: <c>CPTENC1\n</c>, length and JSON of a header, then frames of AES-256-GCM. The data key is random and
/// wrapped for who may read: with RSA-OAEP-256, or by a program. Each frame is bound to the header, its place and whether it is the last one, so that
/// frames cannot be left out, moved or cut off at the end.
/// </summary>
public static class Envelope
{
    private const int FrameLength = 1 << 20;
    private const int TagLength = 16;
    private const int LongestHeader = 16 << 10;

    private static ReadOnlySpan<byte> Magic => "CPTENC1\n"u8;

    public static bool IsSealed(ReadOnlySpan<byte> bytes) => bytes.StartsWith(Magic);

    /// <param name="text">What is encrypted.</param>
    /// <param name="recipient">Wraps the key.</param>
    public static byte[] Seal(ReadOnlySpan<byte> text, KeyWrap recipient)
    {
        Span<byte> nonce = stackalloc byte[12];
        RandomNumberGenerator.Fill(nonce);
        var (data, wrapped) = recipient.Fresh();
        var salt = recipient.IsShared ? RandomNumberGenerator.GetBytes(32) : null;
        var document = new JsonObject
        {
            ["alg"] = "AES-256-GCM",
            ["keyWrap"] = recipient.Algorithm,
            ["keyId"] = recipient.KeyId,
            ["wrappedKey"] = Convert.ToBase64String(wrapped),
            ["frame"] = FrameLength,
            ["nonce"] = Convert.ToBase64String(nonce[..8]),
        };
        if (salt is not null)
        {
            document["salt"] = Convert.ToBase64String(salt);
        }

        var key = KeyOf(data, salt);
        var header = Encoding.UTF8.GetBytes(document.ToJsonString());
        var frames = Math.Max(1, (text.Length + FrameLength - 1) / FrameLength);
        var output = new byte[Magic.Length + 4 + header.Length + text.Length + (frames * TagLength)];
        Magic.CopyTo(output);
        BinaryPrimitives.WriteInt32BigEndian(output.AsSpan(Magic.Length), header.Length);
        header.CopyTo(output, Magic.Length + 4);
        var bound = Bound(output.AsSpan(0, Magic.Length + 4 + header.Length));
        var rest = output.AsSpan(Magic.Length + 4 + header.Length);
        using var cipher = new AesGcm(key, TagLength);
        for (var frame = 0; frame < frames; frame++)
        {
            var part = text.Slice(frame * FrameLength, Math.Min(FrameLength, text.Length - (frame * FrameLength)));
            Bind(nonce, bound, frame, frame == frames - 1);
            cipher.Encrypt(nonce, part, rest[..part.Length], rest.Slice(part.Length, TagLength), bound);
            rest = rest[(part.Length + TagLength)..];
        }

        return output;
    }

    /// <param name="bytes">What <see cref="Seal"/> made.</param>
    /// <param name="recipient">Unwraps the key.</param>
    /// <exception cref="InvalidDataException">It was changed, cut, or made for another key.</exception>
    public static byte[] Open(ReadOnlySpan<byte> bytes, KeyWrap recipient)
    {
        var (key, nonce, frame, start) = ReadHeader(bytes, recipient);
        var bound = Bound(bytes[..start]);
        var rest = bytes[start..];
        var frames = Math.Max(1, (rest.Length + frame + TagLength - 1) / (frame + TagLength));
        var text = new byte[Math.Max(0, rest.Length - (frames * TagLength))];
        using var cipher = new AesGcm(key, TagLength);
        try
        {
            for (var (i, done) = (0, 0); i < frames; i++)
            {
                var length = Math.Min(frame, rest.Length - TagLength);
                Bind(nonce, bound, i, i == frames - 1);
                cipher.Decrypt(nonce, rest[..length], rest.Slice(length, TagLength), text.AsSpan(done, length), bound);
                rest = rest[(length + TagLength)..];
                done += length;
            }
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new InvalidDataException("the encrypted data was changed or cut", e);
        }

        return text;
    }

    public static string KeyId(RSA key) => Convert.ToHexStringLower(SHA256.HashData(key.ExportSubjectPublicKeyInfo()))[..16];

    /// <exception cref="FormatException">It is no RSA key of at least 2048 bits. The text is not repeated.</exception>
    public static RSA ParseKey(string pem, bool isPrivate)
    {
        var key = RSA.Create();
        try
        {
            key.ImportFromPem(pem);
            _ = key.ExportParameters(isPrivate);
            if (key.KeySize >= 2048)
            {
                return key;
            }
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            // Told below, without the text.
        }

        key.Dispose();
        throw new FormatException($"not a{(isPrivate ? " private" : "")} RSA key of at least 2048 bits as PEM");
    }

    private static (byte[] Key, byte[] Nonce, int Frame, int Start) ReadHeader(ReadOnlySpan<byte> bytes, KeyWrap recipient)
    {
        try
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(bytes[Magic.Length..]);
            if (!IsSealed(bytes) || length is <= 0 or > LongestHeader)
            {
                throw new InvalidDataException("not encrypted data of this program");
            }

            var header = JsonNode.Parse(bytes.Slice(Magic.Length + 4, length))!.AsObject();
            var id = (string)header["keyId"]!;
            if (id != recipient.KeyId || (string?)header["keyWrap"] != recipient.Algorithm)
            {
                throw new InvalidDataException($"it is encrypted for key {id} ({(string?)header["keyWrap"]}); this one is {recipient.KeyId} ({recipient.Algorithm})");
            }

            var nonce = new byte[12];
            Convert.FromBase64String((string)header["nonce"]!).AsSpan(0, 8).CopyTo(nonce);
            var frame = (int)header["frame"]!;
            return frame is <= 0 or > 64 << 20
                ? throw new InvalidDataException("its frames have no sensible length")
                : (KeyOf(recipient.Unwrap(Convert.FromBase64String((string)header["wrappedKey"]!)), (string?)header["salt"] is { } salt ? Convert.FromBase64String(salt) : null), nonce, frame, Magic.Length + 4 + length);
        }
        catch (Exception e) when (e is not InvalidDataException)
        {
            throw new InvalidDataException("the header of the encrypted data was changed or cut", e);
        }
    }

    // Many pieces under one data key get keys of their own: no nonce can meet itself among them.
    private static byte[] KeyOf(byte[] data, byte[]? salt) => salt is null ? data : HKDF.DeriveKey(HashAlgorithmName.SHA256, data, 32, salt, "comptroller piece"u8.ToArray());

    private static byte[] Bound(ReadOnlySpan<byte> header)
    {
        var bound = new byte[32 + 5];
        SHA256.HashData(header, bound);
        return bound;
    }

    private static void Bind(Span<byte> nonce, Span<byte> bound, int frame, bool isLast)
    {
        BinaryPrimitives.WriteInt32BigEndian(nonce[8..], frame);
        BinaryPrimitives.WriteInt32BigEndian(bound[32..], frame);
        bound[36] = isLast ? (byte)1 : (byte)0;
    }
}
