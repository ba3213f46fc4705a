using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Comptroller.Archive.Evidence;

/// <summary>A public key on P-256: all that is needed to verify.</summary>
public sealed class VerificationKey : IDisposable
{
    private readonly ECDsa _key;

    private VerificationKey(ECDsa key)
    {
        _key = key;
        Id = Convert.ToHexStringLower(SHA256.HashData(key.ExportSubjectPublicKeyInfo()))[..16];
    }

    /// <summary>First 16 hex digits of the SHA-256 of the key as SubjectPublicKeyInfo.</summary>
    public string Id { get; }

    /// <param name="pem">A public key; of a private one, the public half is taken.</param>
    /// <exception cref="FormatException">It is none, or not on P-256.</exception>
    public static VerificationKey Parse(string pem) => new(Import(pem, isPrivate: false, "a key on P-256 as PEM"));

    public string ToPem() => _key.ExportSubjectPublicKeyInfoPem() + "\n";

    /// <summary>Whether a document carries this key's signature. Null when it does, else why not.</summary>
    public string? Verify(JsonObject document)
    {
        if (document["signature"] is not JsonObject signature)
        {
            return "it is not signed";
        }

        if (Text(signature, "alg") is not "ES256" and var algorithm)
        {
            return $"it is signed with {algorithm ?? "no algorithm"}, not ES256";
        }

        if (Text(signature, "keyId") is var id && id != Id)
        {
            return $"it is signed by key {id}, not by {Id}";
        }

        try
        {
            return _key.VerifyData(CanonicalJson.Bytes(document, without: "signature"), Convert.FromBase64String(Text(signature, "value") ?? ""), HashAlgorithmName.SHA256)
                ? null
                : "its signature does not fit: it was changed after it was signed";
        }
        catch (FormatException e)
        {
            return $"its signature cannot be read: {e.Message}";
        }
    }

    public void Dispose() => _key.Dispose();

    internal static VerificationKey Of(ECDsa key)
    {
        var copy = ECDsa.Create();
        copy.ImportSubjectPublicKeyInfo(key.ExportSubjectPublicKeyInfo(), out _);
        return new VerificationKey(copy);
    }

    internal static ECDsa Import(string pem, bool isPrivate, string wanted)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(pem);
            if (key.ExportParameters(includePrivateParameters: isPrivate).Curve.Oid.Value == "1.2.840.10045.3.1.7")
            {
                return key;
            }
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            // What the platform says names neither the file nor what was expected; the caller names the file.
        }

        key.Dispose();
        throw new FormatException($"not {wanted}");
    }

    private static string? Text(JsonObject fields, string name) => fields[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
