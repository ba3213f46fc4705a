using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Comptroller.Archive.Tests.Testing;
using Comptroller.Drift.Api.Access;
using Comptroller.Drift.Configuration;

namespace Comptroller.Drift.Tests.Api;

public sealed class JsonWebTokensTests
{
    private const string Good = """{"iss":"https://login.example.com","aud":"driftwatch","sub":"alice","exp":1784801400,"scope":"read write"}""";

    private static readonly byte[] Secret = Encoding.UTF8.GetBytes("0123456789abcdef0123456789abcdef");
    private static readonly RSA Rsa = RSA.Create(2048);
    private static readonly ECDsa Ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private static readonly JwtConfig Config = new() { Issuer = "https://login.example.com", Audience = "driftwatch" };

    private readonly FixedClock _clock = new(Given.Now);

    // Given.Now is 1784800800.
    private JsonWebTokens Tokens => new(Config, () => JwtKeys.Of(
        [JwtKeys.OfSecret(Secret, "s"), JwtKeys.OfPem(Rsa.ExportSubjectPublicKeyInfoPem(), "r"), JwtKeys.OfPem(Ecdsa.ExportSubjectPublicKeyInfoPem(), "e")]), _clock);

    [Theory]
    [InlineData("HS256")]
    [InlineData("RS256")]
    [InlineData("ES256")]
    public void A_token_of_a_configured_key_is_its_subject_with_its_scopes(string algorithm)
    {
        var admission = Tokens.Check(Signed(algorithm, Good));
        admission.Refusal.ShouldBe("");
        admission.Caller.ShouldBe(new Caller("jwt:alice", Scopes.Read | Scopes.Write));
    }

    [Fact]
    public void A_token_without_a_signature_is_refused_however_it_says_none()
    {
        foreach (var none in (string[])["none", "None", "NONE", "nOnE", ""])
        {
            var unsigned = $"{Part($$"""{"alg":"{{none}}"}""")}.{Part(Good)}.";
            Tokens.Check(unsigned).Refusal.ShouldBe("the token is not signed by a key that is believed here", none);
        }
    }

    [Fact]
    public void A_public_key_is_no_secret_of_HS256()
    {
        foreach (var confused in (byte[][])[Encoding.UTF8.GetBytes(Rsa.ExportSubjectPublicKeyInfoPem()), Rsa.ExportSubjectPublicKeyInfo(), Encoding.UTF8.GetBytes(Ecdsa.ExportSubjectPublicKeyInfoPem())])
        {
            var signed = $"{Part("""{"alg":"HS256"}""")}.{Part(Good)}";
            Tokens.Check($"{signed}.{Base64Url.EncodeToString(HMACSHA256.HashData(confused, Encoding.ASCII.GetBytes(signed)))}").Caller.ShouldBeNull();
        }
    }

    [Theory]
    [InlineData("""{"iss":"https://login.example.com","aud":"driftwatch","sub":"alice"}""", "the token never expires; an exp is wanted")]
    [InlineData("""{"iss":"https://login.example.com","aud":"driftwatch","sub":"alice","exp":1784800740}""", "the token has expired")]
    [InlineData("""{"iss":"https://login.example.com","aud":"driftwatch","sub":"alice","exp":"1884800740"}""", "the token has expired")]
    [InlineData("""{"iss":"https://login.example.com","aud":"driftwatch","sub":"alice","exp":1784801400,"nbf":1784800900}""", "the token is not valid yet")]
    [InlineData("""{"iss":"https://login.example.com","aud":"driftwatch","sub":"alice","exp":1784801400,"nbf":"0"}""", "the token is not valid yet")]
    [InlineData("""{"iss":"https://evil.example.com","aud":"driftwatch","sub":"alice","exp":1784801400}""", "the token is of another issuer")]
    [InlineData("""{"aud":"driftwatch","sub":"alice","exp":1784801400}""", "the token is of another issuer")]
    [InlineData("""{"iss":"https://login.example.com","aud":["a","b"],"sub":"alice","exp":1784801400}""", "the token is for another audience")]
    [InlineData("""{"iss":"https://login.example.com","sub":"alice","exp":1784801400}""", "the token is for another audience")]
    [InlineData("""{"iss":"https://login.example.com","aud":"driftwatch","exp":1784801400}""", "the token names nobody; a sub is wanted")]
    [InlineData("""{"iss":"https://login.example.com","aud":"driftwatch","sub":"alice","sub":"admin","exp":1784801400}""", "the token is malformed")]
    [InlineData("[]", "the token is malformed")]
    [InlineData("{", "the token is malformed")]
    public void Claims_that_are_wrong_are_named(string claims, string refusal) => Tokens.Check(Signed("RS256", claims)).Refusal.ShouldBe(refusal);

    [Fact]
    public void Clocks_may_be_apart_by_the_leeway_and_no_more()
    {
        Tokens.Check(Signed("HS256", Good.Replace("1784801400", "1784800741", StringComparison.Ordinal))).Caller.ShouldNotBeNull();
        Tokens.Check(Signed("HS256", Good.Replace("1784801400", "1784800740", StringComparison.Ordinal))).Caller.ShouldBeNull();
    }

    [Theory]
    [InlineData("a.b")]
    [InlineData("..")]
    [InlineData("a.b.c.d.e")]
    [InlineData("!!!.???.***")]
    public void What_is_no_token_is_malformed(string text) => Tokens.Check(text).Refusal.ShouldBe("the token is malformed");

    [Fact]
    public void Oversized_tokens_and_unknown_critical_extensions_are_refused()
    {
        Tokens.Check(new string('a', JsonWebTokens.MostCharacters + 1)).Refusal.ShouldContain("longer than 8192");
        var signed = $"{Part("""{"alg":"HS256","crit":["b64"],"b64":false}""")}.{Part(Good)}";
        Tokens.Check($"{signed}.{Base64Url.EncodeToString(HMACSHA256.HashData(Secret, Encoding.ASCII.GetBytes(signed)))}").Refusal.ShouldContain("critical extensions");
    }

    [Fact]
    public void A_signature_of_other_claims_or_another_key_is_refused()
    {
        var token = Signed("HS256", Good).Split('.');
        Tokens.Check($"{token[0]}.{Part(Good.Replace("alice", "admin", StringComparison.Ordinal))}.{token[2]}").Caller.ShouldBeNull();
        using var other = RSA.Create(2048);
        var signed = $"{Part("""{"alg":"RS256"}""")}.{Part(Good)}";
        Tokens.Check($"{signed}.{Base64Url.EncodeToString(other.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))}").Caller.ShouldBeNull();
    }

    [Fact]
    public void What_is_issued_here_is_believed_here_until_it_ends()
    {
        var token = Tokens.Issue("key:1", Scopes.Read, TimeSpan.FromDays(9));
        Tokens.Check(token).Caller.ShouldBe(new Caller("jwt:key:1", Scopes.Read));
        _clock.Advance(JsonWebTokens.LongestLife + Config.Leeway);
        Tokens.Check(token).Refusal.ShouldBe("the token has expired");
    }

    [Fact]
    public void Keys_of_a_set_are_chosen_by_their_id_and_only_used_for_their_algorithm()
    {
        using var directory = new TemporaryDirectory();
        var file = directory["jwks.json"];
        var (rsa, ec) = (Rsa.ExportParameters(false), Ecdsa.ExportParameters(false));
        File.WriteAllText(file, $$"""
            {"keys":[{"kty":"RSA","kid":"r","use":"sig","alg":"RS256","n":"{{Base64Url.EncodeToString(rsa.Modulus)}}","e":"{{Base64Url.EncodeToString(rsa.Exponent)}}"},
              {"kty":"EC","kid":"e","crv":"P-256","x":"{{Base64Url.EncodeToString(ec.Q.X)}}","y":"{{Base64Url.EncodeToString(ec.Q.Y)}}"},
              {"kty":"RSA","kid":"encryption","use":"enc","n":"AQAB","e":"AQAB"},{"kty":"OKP","kid":"later","crv":"Ed25519","x":"AA"}]}
            """);
        var keys = JwtKeys.Open(Config with { KeysFile = file }, _clock);
        keys.Value.Keys.Select(key => (key.Id, key.Algorithm)).ShouldBe([("r", "RS256"), ("e", "ES256")]);
        var tokens = new JsonWebTokens(Config, () => keys.Value, _clock);
        tokens.Check(Signed("RS256", Good, "r")).Caller.ShouldNotBeNull();
        tokens.Check(Signed("RS256", Good, "e")).Caller.ShouldBeNull();
        tokens.CanIssue.ShouldBeFalse();
    }

    [Fact]
    public void Keys_that_are_too_weak_or_private_are_refused_with_the_file()
    {
        Should.Throw<FormatException>(() => JwtKeys.OfSecret(new byte[31], "jwt-secret")).Message.ShouldBe("jwt-secret: a secret of 31 bytes can be guessed; HS256 wants at least 32");
        using var small = RSA.Create(1024);
        Should.Throw<FormatException>(() => JwtKeys.OfPem(small.ExportSubjectPublicKeyInfoPem(), "small.pem")).Message.ShouldContain("small.pem: an RSA key of 1024 bits");
        using var p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        Should.Throw<FormatException>(() => JwtKeys.OfPem(p384.ExportSubjectPublicKeyInfoPem(), "e.pem")).Message.ShouldContain("e.pem: an EC key of 384 bits");
        Should.Throw<FormatException>(() => JwtKeys.OfPem(Rsa.ExportPkcs8PrivateKeyPem(), "p.pem")).Message.ShouldContain("private key");
        Should.Throw<FormatException>(() => JwtKeys.OfPem("nothing", "n.pem")).Message.ShouldContain("n.pem: no public key");
    }

    [Fact]
    public void A_rotated_secret_is_taken_up_and_a_broken_one_leaves_the_last_good()
    {
        using var directory = new TemporaryDirectory();
        var file = directory["secret"];
        File.WriteAllBytes(file, Secret);
        var warnings = new List<string>();
        var keys = JwtKeys.Open(Config with { SecretFiles = [file] }, _clock);
        keys.Warned = warnings.Add;
        var tokens = new JsonWebTokens(Config, () => keys.Value, _clock);
        var old = Signed("HS256", Good);
        tokens.Check(old).Caller.ShouldNotBeNull();
        File.WriteAllText(file, "short");
        _clock.Advance(TimeSpan.FromSeconds(6));
        tokens.Check(old).Caller.ShouldNotBeNull();
        warnings.ShouldHaveSingleItem().ShouldContain("the last good one stays in use");
        File.WriteAllText(file, "another secret that is long enough to be one");
        _clock.Advance(TimeSpan.FromSeconds(6));
        tokens.Check(old).Caller.ShouldBeNull();
    }

    private static string Signed(string algorithm, string claims, string? id = null)
    {
        var signed = $"{Part(id is null ? $$"""{"alg":"{{algorithm}}","typ":"JWT"}""" : $$"""{"alg":"{{algorithm}}","kid":"{{id}}"}""")}.{Part(claims)}";
        var bytes = Encoding.ASCII.GetBytes(signed);
        var signature = algorithm switch
        {
            "HS256" => HMACSHA256.HashData(Secret, bytes),
            "RS256" => Rsa.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
            _ => Ecdsa.SignData(bytes, HashAlgorithmName.SHA256),
        };
        return $"{signed}.{Base64Url.EncodeToString(signature)}";
    }

    private static string Part(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));
}
