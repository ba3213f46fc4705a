using System.Net;
using Comptroller.Drift.Api.Access;
using Comptroller.Drift.Configuration;
using Comptroller.Drift.Store;

namespace Comptroller.Drift.Tests.Api;

public sealed class AccessTests : IAsyncLifetime
{
    private readonly FixedClock _clock = new(Given.Now);
    private readonly string _folder = Directory.CreateTempSubdirectory("drift-").FullName;
    private DriftStore _store = null!;

    public async Task InitializeAsync() => _store = await DriftStore.OpenAsync(Path.Combine(_folder, "d.sqlite"), CancellationToken.None);

    public async Task DisposeAsync()
    {
        await _store.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void A_caller_has_a_burst_then_the_rate_and_is_told_whole_seconds()
    {
        var limiter = new RateLimiter(perMinute: 60, burst: 3, mostCallers: 10, _clock);
        for (var left = 2; left >= 0; left--)
        {
            var taken = limiter.Take("a");
            (taken.IsAllowed, taken.Limit, taken.Remaining).ShouldBe((true, 3, left));
        }

        limiter.Take("a").ShouldBe(new RateDecision(false, 3, 0, 3, 1));
        limiter.Take("b").IsAllowed.ShouldBeTrue("others are not limited by it");
        _clock.Advance(TimeSpan.FromSeconds(1));
        limiter.Take("a").IsAllowed.ShouldBeTrue();
        limiter.Take("a").IsAllowed.ShouldBeFalse();
    }

    [Fact]
    public void Slow_rates_say_how_many_seconds_to_wait()
    {
        var limiter = new RateLimiter(perMinute: 1, burst: 1, mostCallers: 10, _clock);
        limiter.Take("a");
        limiter.Take("a").RetryAfterSeconds.ShouldBe(60);
        _clock.Advance(TimeSpan.FromSeconds(59.5));
        limiter.Take("a").RetryAfterSeconds.ShouldBe(1);
    }

    [Fact]
    public void Inventing_callers_costs_no_memory_and_frees_nobody_who_asks_often()
    {
        var limiter = new RateLimiter(perMinute: 60, burst: 1, mostCallers: 100, _clock);
        limiter.Take("busy");
        for (var number = 0; number < 10_000; number++)
        {
            limiter.Take($"invented-{number}");
            limiter.Take("busy").IsAllowed.ShouldBeFalse();
        }

        limiter.Callers.ShouldBe(100);
    }

    [Theory]
    [InlineData("203.0.113.9", "", "203.0.113.9")]
    [InlineData("203.0.113.9", "198.51.100.1", "203.0.113.9")] // not a proxy: anybody may write the header
    [InlineData("10.0.0.5", "198.51.100.1", "198.51.100.1")]
    [InlineData("10.0.0.5", "1.2.3.4, 198.51.100.1", "198.51.100.1")] // what stands left was written by the client
    [InlineData("10.0.0.5", "1.2.3.4, 198.51.100.1, 10.0.0.6", "198.51.100.1")]
    [InlineData("10.0.0.5", "nonsense", "10.0.0.5")]
    [InlineData("10.0.0.5", "1.2.3.4, unknown", "10.0.0.5")]
    [InlineData("::ffff:10.0.0.5", "198.51.100.1:4711", "198.51.100.1")]
    [InlineData("10.0.0.5", "[2001:db8::1]:443", "2001:db8::1")]
    public void Only_what_trusted_proxies_say_is_believed(string peer, string header, string address) =>
        ClientAddress.Of(IPAddress.Parse(peer), header, [IPNetwork.Parse("10.0.0.0/8")]).ToString().ShouldBe(address);

    [Fact]
    public void One_customer_of_IPv6_is_one_caller() => ClientAddress.RateKey(IPAddress.Parse("2001:db8:1:2:3:4:5:6")).ShouldBe(ClientAddress.RateKey(IPAddress.Parse("2001:db8:1:2::1")));

    [Fact]
    public async Task A_key_is_shown_once_kept_hashed_and_ends_when_it_is_revoked()
    {
        var keys = new ApiKeys(_store, _clock);
        var (kept, key) = (await keys.CreateAsync("ci", Scopes.Read, "test", null, CancellationToken.None))!.Value;
        key.ShouldStartWith("dwk_");
        (await keys.FindAsync(key, CancellationToken.None))!.Name.ShouldBe("ci");
        var secret = ApiKey.Parse(key)!.Value.Secret;
        (await _store.GetAsync("key", kept.Id, CancellationToken.None))!.Value.ShouldNotContain(secret);
        (await keys.FindAsync(key[..^1] + (key[^1] == '0' ? '1' : '0'), CancellationToken.None)).ShouldBeNull();
        (await keys.CreateAsync("ci", Scopes.Read, "test", null, CancellationToken.None)).ShouldBeNull("the name is taken");
        (await keys.RevokeAsync("ci", CancellationToken.None)).ShouldNotBeNull();
        (await keys.FindAsync(key, CancellationToken.None)).ShouldBeNull();
        (await keys.RevokeAsync("ci", CancellationToken.None)).ShouldBeNull();
    }

    [Fact]
    public async Task A_key_that_another_replica_revoked_ends_within_seconds()
    {
        var (here, there) = (new ApiKeys(_store, _clock), new ApiKeys(_store, _clock));
        var key = (await here.CreateAsync("ci", Scopes.Read, "test", null, CancellationToken.None))!.Value.Key;
        (await here.FindAsync(key, CancellationToken.None)).ShouldNotBeNull();
        await there.RevokeAsync("ci", CancellationToken.None);
        _clock.Advance(TimeSpan.FromSeconds(6));
        (await here.FindAsync(key, CancellationToken.None)).ShouldBeNull();
    }

    [Fact]
    public async Task A_rotated_key_goes_on_for_the_overlap_and_no_longer()
    {
        var keys = new ApiKeys(_store, _clock);
        var old = (await keys.CreateAsync("ci", Scopes.Write, "test", null, CancellationToken.None))!.Value.Key;
        var rotated = (await keys.RotateAsync("ci", "test", TimeSpan.FromMinutes(10), CancellationToken.None))!.Value;
        (rotated.Kept.Name, rotated.Kept.Scopes).ShouldBe(("ci", Scopes.Write));
        (await keys.FindAsync(old, CancellationToken.None)).ShouldNotBeNull();
        (await keys.FindAsync(rotated.Key, CancellationToken.None)).ShouldNotBeNull();
        _clock.Advance(TimeSpan.FromMinutes(11));
        (await keys.FindAsync(old, CancellationToken.None)).ShouldBeNull();
        (await keys.FindAsync(rotated.Key, CancellationToken.None)).ShouldNotBeNull();
    }

    [Fact]
    public async Task Wrong_credentials_are_refused_also_where_none_would_do()
    {
        var keeper = new Doorkeeper(new DriftConfig(), new ApiKeys(_store, _clock), _clock, _ => { });
        (await keeper.AdmitAsync(Shown(), CancellationToken.None)).Caller.ShouldBe(new Caller("ip:203.0.113.9", Scopes.Intake, IsKnown: false));
        (await keeper.AdmitAsync(Shown("Bearer nonsense"), CancellationToken.None)).Refusal.ShouldBe("this token is not known here");
        (await keeper.AdmitAsync(Shown("Basic YTpi"), CancellationToken.None)).Refusal.ShouldContain("only Bearer");
        (await keeper.AdmitAsync(Shown(key: "dwk_0"), CancellationToken.None)).Refusal.ShouldContain("API key");
    }

    [Fact]
    public async Task Once_any_credential_is_configured_nobody_may_anything_without()
    {
        var file = Path.Combine(_folder, "token");
        await File.WriteAllTextAsync(file, "t0ken\n");
        var keeper = new Doorkeeper(new DriftConfig { TokenFile = file }, new ApiKeys(_store, _clock), _clock, _ => { });
        (await keeper.AdmitAsync(Shown(), CancellationToken.None)).Caller!.Scopes.ShouldBe(Scopes.None);
        (await keeper.AdmitAsync(Shown("bearer t0ken"), CancellationToken.None)).Caller.ShouldBe(new Caller("token:intake", Scopes.Intake));
        var admin = new Doorkeeper(new DriftConfig { Api = new ApiConfig { AdminTokenFile = file, Anonymous = Scopes.Read } }, new ApiKeys(_store, _clock), _clock, _ => { });
        (await admin.AdmitAsync(Shown("Bearer t0ken"), CancellationToken.None)).Caller!.Scopes.ShouldBe(Scopes.Admin);
        (await admin.AdmitAsync(Shown(), CancellationToken.None)).Caller!.Scopes.ShouldBe(Scopes.Read);
    }

    [Fact]
    public void Scopes_grant_what_they_say()
    {
        (Scopes.Admin.Grants(Scopes.Intake), Scopes.Write.Grants(Scopes.Read), Scopes.Read.Grants(Scopes.Write), Scopes.Intake.Grants(Scopes.Read), Scopes.Write.Grants(Scopes.Admin)).ShouldBe((true, true, false, false, false));
        ScopeNames.ParseList("read openid  write").ShouldBe(Scopes.Read | Scopes.Write);
    }

    private static Credentials Shown(string authorization = "", string key = "") => new(authorization, key, null, IPAddress.Parse("203.0.113.9"));
}
