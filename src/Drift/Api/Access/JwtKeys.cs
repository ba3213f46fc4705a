using System.Buffers.Text;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Comptroller.Drift.Configuration;

namespace Comptroller.Drift.Api.Access;

/// <summary>
/// The keys that tokens may be signed with. Each key has one algorithm, which is its own and never the token's choice: a public key is
/// no secret, so a token that says HS256 is never held against one.
/// </summary>
public sealed class JwtKeys
{
    private const int LeastSecret = 32;
    private const int LeastRsaBits = 2048;

    private JwtKeys(ImmutableArray<JwtKey> keys) => Keys = keys;

    public ImmutableArray<JwtKey> Keys { get; }

    /// <summary>The secret that this program signs with; null when it has none.</summary>
    public JwtKey? Signing => Keys.FirstOrDefault(key => key.Secret is not null);

    /// <summary>Opens the files of a configuration; they are read again when they change.</summary>
    /// <exception cref="FormatException">One of them cannot be used.</exception>
    public static ReloadedFiles<JwtKeys> Open(JwtConfig config, TimeProvider time)
    {
        string[] keysFile = config.KeysFile is { } path ? [path] : [];
        return new ReloadedFiles<JwtKeys>([.. config.SecretFiles, .. config.PublicKeyFiles, .. keysFile], contents => Read(contents, config), time);
    }

    internal static JwtKeys Of(params ImmutableArray<JwtKey> keys) => new(keys);

    private static JwtKeys Read(IReadOnlyList<byte[]> contents, JwtConfig config)
    {
        var keys = ImmutableArray.CreateBuilder<JwtKey>();
        var next = 0;
        foreach (var path in config.SecretFiles)
        {
            keys.Add(OfSecret(Trimmed(contents[next++]), path));
        }

        foreach (var path in config.PublicKeyFiles)
        {
            keys.Add(OfPem(Encoding.UTF8.GetString(contents[next++]), path));
        }

        if (config.KeysFile is { } set)
        {
            ReadSet(contents[next], set, keys);
        }

        return new JwtKeys(keys.ToImmutable());
    }

    internal static JwtKey OfSecret(byte[] secret, string path) => secret.Length >= LeastSecret
        ? new JwtKey(null, "HS256") { Secret = secret } : throw new FormatException($"{path}: a secret of {secret.Length} bytes can be guessed; HS256 wants at least {LeastSecret}");

    internal static JwtKey OfPem(string pem, string path)
    {
        try
        {
            if (pem.Contains("PRIVATE KEY", StringComparison.Ordinal))
            {
                throw new FormatException($"{path}: this is a private key; the public one is enough to check tokens");
            }

            var rsa = RSA.Create();
            try
            {
                rsa.ImportFromPem(pem);
                return OfRsa(rsa, null, path);
            }
            catch (Exception e) when (e is CryptographicException or ArgumentException)
            {
                rsa.Dispose();
                var ecdsa = ECDsa.Create();
                ecdsa.ImportFromPem(pem);
                return OfEcdsa(ecdsa, null, path);
            }
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new FormatException($"{path}: no public key as PEM (RSA or P-256)", e);
        }
    }

    private static void ReadSet(byte[] content, string path, ImmutableArray<JwtKey>.Builder keys)
    {
        var before = keys.Count;
        try
        {
            using var document = JsonDocument.Parse(content);
            foreach (var key in document.RootElement.GetProperty("keys").EnumerateArray())
            {
                // Sets hold keys for other uses and of algorithms that are not believed here; those are none of ours.
                if (Member(key, "use") is null or "sig" && OfSet(key, path) is { } usable)
                {
                    keys.Add(usable);
                }
            }
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or CryptographicException or ArgumentException)
        {
            throw new FormatException($"{path}: no JWKS document: {e.Message}", e);
        }

        if (keys.Count == before)
        {
            throw new FormatException($"{path}: none of its keys can check RS256, ES256 or HS256");
        }
    }

    private static JwtKey? OfSet(JsonElement key, string path)
    {
        var (kid, alg) = (Member(key, "kid"), Member(key, "alg"));
        switch (Member(key, "kty"))
        {
            case "RSA" when alg is null or "RS256":
                return OfRsa(RSA.Create(new RSAParameters { Modulus = Bytes(key, "n"), Exponent = Bytes(key, "e") }), kid, path);
            case "EC" when Member(key, "crv") == "P-256" && alg is null or "ES256":
                return OfEcdsa(ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = Bytes(key, "x"), Y = Bytes(key, "y") } }), kid, path);
            case "oct" when alg is null or "HS256":
                return OfSecret(Bytes(key, "k"), path) with { Id = kid };
            default:
                return null;
        }
    }

    private static JwtKey OfRsa(RSA rsa, string? id, string path) => rsa.KeySize >= LeastRsaBits
        ? new JwtKey(id, "RS256") { Rsa = rsa } : throw new FormatException($"{path}: an RSA key of {rsa.KeySize} bits is too short; {LeastRsaBits} at least");

    private static JwtKey OfEcdsa(ECDsa ecdsa, string? id, string path) => ecdsa.KeySize == 256
        ? new JwtKey(id, "ES256") { Ecdsa = ecdsa } : throw new FormatException($"{path}: an EC key of {ecdsa.KeySize} bits; ES256 is P-256");

    private static string? Member(JsonElement key, string name) => key.TryGetProperty(name, out var value) ? value.GetString() : null;

    private static byte[] Bytes(JsonElement key, string name) => Base64Url.DecodeFromChars(key.GetProperty(name).GetString());

    private static byte[] Trimmed(byte[] content)
    {
        var text = content.AsSpan().TrimEnd("\r\n"u8);
        return text.ToArray();
    }
}

/// <summary>One key; exactly one of its members is set.</summary>
/// <param name="Id">The <c>kid</c> of tokens it signs; null for any.</param>
/// <param name="Algorithm">The only one it is used with.</param>
public sealed record JwtKey(string? Id, string Algorithm)
{
    private readonly Lock _gate = new();

    internal byte[]? Secret { get; init; }

    internal RSA? Rsa { get; init; }

    internal ECDsa? Ecdsa { get; init; }

    internal bool Verify(ReadOnlySpan<byte> signed, ReadOnlySpan<byte> signature)
    {
        if (Secret is not null)
        {
            return CryptographicOperations.FixedTimeEquals(HMACSHA256.HashData(Secret, signed), signature);
        }

        // RSA and ECDsa objects are not promised to be safe for several threads at once.
        lock (_gate)
        {
            return Rsa?.VerifyData(signed, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
                ?? Ecdsa!.VerifyData(signed, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }
    }
}
