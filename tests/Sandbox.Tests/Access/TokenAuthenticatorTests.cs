using System.Text.Json.Nodes;
using Comptroller.Sandbox.Access;
using Comptroller.Sandbox.Kinds;
using Comptroller.Sandbox.Storage;

namespace Comptroller.Sandbox.Tests.Access;

public sealed class TokenAuthenticatorTests : IDisposable
{
    private readonly ManualClock _clock = new();
    private readonly ObjectStore _store = new();
    private readonly TokenAuthenticator _tokens;
    private readonly StoredObject _account;

    public TokenAuthenticatorTests()
    {
        _tokens = new TokenAuthenticator(_store, _clock, "the-admin");
        _store.TryCreate(BuiltInKinds.ServiceAccounts, new JsonObject { ["metadata"] = new JsonObject { ["name"] = "op", ["namespace"] = "n", ["uid"] = "u" } }, out _account);
    }

    public void Dispose() => _tokens.Dispose();

    [Fact]
    public void No_token_is_anonymous_and_a_wrong_one_is_nobody()
    {
        _tokens.Authenticate(null).ShouldBe(UserInfo.Anonymous);
        _tokens.Authenticate("Basic eDp5").ShouldBe(UserInfo.Anonymous);
        _tokens.Authenticate("Bearer nonsense").ShouldBeNull();
        _tokens.Authenticate("Bearer a.b.c").ShouldBeNull();
        _tokens.Authenticate("Bearer the-admin")!.Groups.ShouldContain("system:masters");
    }

    [Fact]
    public void An_issued_token_is_its_account_until_it_expires()
    {
        var header = $"Bearer {_tokens.Issue(_account, TimeSpan.FromMinutes(10))}";
        var user = _tokens.Authenticate(header).ShouldNotBeNull();
        user.Name.ShouldBe("system:serviceaccount:n:op");
        user.Groups.ShouldBe(["system:serviceaccounts", "system:serviceaccounts:n", "system:authenticated"]);
        _clock.Advance(TimeSpan.FromMinutes(11));
        _tokens.Authenticate(header).ShouldBeNull();
    }

    [Fact]
    public void A_token_with_a_changed_claim_is_refused()
    {
        var parts = _tokens.Issue(_account, TimeSpan.FromHours(1)).Split('.');
        var claims = parts[1].ToCharArray();
        claims[5] = claims[5] == 'A' ? 'B' : 'A';
        _tokens.Authenticate($"Bearer {parts[0]}.{new string(claims)}.{parts[2]}").ShouldBeNull();
    }

    [Fact]
    public void A_deleted_accounts_token_dies_when_the_cache_has_forgotten_it()
    {
        var header = $"Bearer {_tokens.Issue(_account, TimeSpan.FromHours(1))}";
        _tokens.Authenticate(header).ShouldNotBeNull();
        _store.TryRemove(BuiltInKinds.ServiceAccounts, _account, out _).ShouldBeTrue();
        _tokens.Authenticate(header).ShouldNotBeNull();
        _clock.Advance(TimeSpan.FromSeconds(11));
        _tokens.Authenticate(header).ShouldBeNull();
    }
}
