using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Comptroller.Archive.Evidence;

/// <summary>
/// Signs JSON documents with ES256 (ECDSA, P-256, SHA-256): over the canonical text of the document without its <c>signature</c> member, which
/// gets <c>alg</c>, <c>keyId</c> and <c>value</c> (r ‖ s, base64).
/// </summary>
public sealed class SigningKey : IDisposable
{
    private readonly ECDsa _key;

    private SigningKey(ECDsa key) => (_key, Public) = (key, VerificationKey.Of(key));

    public VerificationKey Public { get; }

    public static SigningKey Create() => new(ECDsa.Create(ECCurve.NamedCurves.nistP256));

    /// <param name="pem">A private key, PKCS #8 or SEC 1.</param>
    /// <exception cref="FormatException">It is none, or not on P-256. The text is not repeated: it is a secret.</exception>
    public static SigningKey Parse(string pem) => new(VerificationKey.Import(pem, isPrivate: true, "a private key on P-256, such as `openssl ecparam -name prime256v1 -genkey` makes"));

    public string ToPem() => _key.ExportPkcs8PrivateKeyPem() + "\n";

    /// <summary>Adds or replaces the signature.</summary>
    public void Sign(JsonObject document)
    {
        var value = _key.SignData(CanonicalJson.Bytes(document, without: "signature"), HashAlgorithmName.SHA256);
        document["signature"] = new JsonObject { ["alg"] = "ES256", ["keyId"] = Public.Id, ["value"] = Convert.ToBase64String(value) };
    }

    public void Dispose()
    {
        _key.Dispose();
        Public.Dispose();
    }
}
