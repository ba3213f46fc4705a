using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Comptroller.Archive.Objects;
using Comptroller.Archive.Tests.Testing;

namespace Comptroller.Archive.Tests.Objects;

/// <summary>Against a fake that was built from notes: what it proves is that we keep to the notes.</summary>
public sealed class GoogleStoreTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly byte[] Hello = Encoding.UTF8.GetBytes("hello");

    private readonly FakeGoogleStorage _google = FakeGoogleStorage.Start();
    private readonly TemporaryDirectory _directory = new();
    private readonly RSA _key = RSA.Create(2048);
    private GoogleStore _store = null!;

    public Task InitializeAsync()
    {
        File.WriteAllText(_directory["account.json"], new JsonObject
        {
            ["type"] = "service_account",
            ["client_email"] = "backup@project.example",
            ["private_key_id"] = "k1",
            ["private_key"] = _key.ExportPkcs8PrivateKeyPem(),
            ["token_uri"] = $"{_google.Endpoint}token",
        }.ToJsonString());
        _store = new GoogleStore(Options(), new ImpatientTime()) { ChunkLength = 256 << 10 };
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _store.DisposeAsync();
        await _google.DisposeAsync();
        _key.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Objects_are_written_once_listed_by_pages_read_and_deleted()
    {
        (await _store.ProbeAsync(None)).ShouldBe(new StoreProbe(Versioned: true, Lockable: true));
        (await _store.PutAsync("a/b c/é+&'.txt", Hello, PutOptions.Default, None)).ShouldBeTrue();
        (await _store.PutAsync("a/b c/é+&'.txt", "other"u8.ToArray(), PutOptions.Default, None)).ShouldBeFalse();
        (await StoreReading.ReadAsync(_store, "a/b c/é+&'.txt")).ShouldBe(Hello);
        var found = await _store.HeadAsync("a/b c/é+&'.txt", None);
        (found!.Bytes, found.Sha256).ShouldBe((5, Convert.ToHexStringLower(SHA256.HashData(Hello))));
        (await _store.HeadAsync("none", None)).ShouldBeNull();
        (await _store.OpenAsync("none", None)).ShouldBeNull();
        for (var i = 0; i < 7; i++)
        {
            await _store.PutAsync($"k/{i}", Hello, PutOptions.Default, None);
        }

        (await StoreReading.KeysAsync(_store, "k/")).ShouldBe(["k/0", "k/1", "k/2", "k/3", "k/4", "k/5", "k/6"]);
        await _store.DeleteAsync("k/3", None);
        await _store.DeleteAsync("k/3", None);
        (await StoreReading.KeysAsync(_store, "k/")).Count.ShouldBe(6);
        _google.Tokens.ShouldBe(1);
    }

    [Fact]
    public async Task The_first_generation_of_an_object_is_read_when_somebody_wrote_over_it_or_deleted_it()
    {
        foreach (var name in new[] { "hidden", "overwritten" })
        {
            await _store.PutAsync(name, Hello, PutOptions.Default, None);
            for (var i = 0; i < 4; i++)
            {
                _google.WriteOver($"estate/{name}", "forged"u8.ToArray());
            }
        }

        _google.WriteOver("estate/hidden", null);
        (await _store.OpenAsync("hidden", None)).ShouldBeNull();
        (await StoreReading.ReadAsync(_store, "overwritten")).ShouldBe("forged"u8.ToArray());
        foreach (var name in new[] { "hidden", "overwritten" })
        {
            await using var first = await _store.OpenFirstAsync(name, None);
            using var reader = new StreamReader(first!);
            (await reader.ReadToEndAsync(None)).ShouldBe("hello");
        }

        await _store.DeleteAsync("overwritten", None);
        (await _store.OpenFirstAsync("overwritten", None)).ShouldBeNull("what is deleted frees what it took, old generations too");
    }

    [Fact]
    public async Task Who_asks_for_a_token_signs_for_it()
    {
        await _store.ProbeAsync(None);
        var jwt = _google.Requests[0].Form["assertion"].Split('.');
        var claims = JsonNode.Parse(Base64Url.DecodeFromChars(jwt[1]))!;
        ((string)claims["iss"]!, (string)claims["scope"]!, (string)claims["aud"]!).ShouldBe(("backup@project.example", "https://www.googleapis.com/auth/devstorage.read_write", $"{_google.Endpoint}token"));
        ((long)claims["exp"]! - (long)claims["iat"]!).ShouldBe(3600);
        _key.VerifyData(Encoding.ASCII.GetBytes($"{jwt[0]}.{jwt[1]}"), Base64Url.DecodeFromChars(jwt[2]), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).ShouldBeTrue();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_long_object_goes_on_in_its_session_where_the_connection_broke(int broken)
    {
        var content = RandomNumberGenerator.GetBytes((256 << 10) * 3 + 5);
        var (puts, asked) = (0, 0);
        _google.Instead = request =>
        {
            if (request.Method != "PUT")
            {
                return null;
            }

            asked += request.Header("Content-Range")!.Contains('*', StringComparison.Ordinal) ? 1 : 0;
            return puts++ == broken ? Answer.Of(200) with { Reset = true } : null;
        };
        (await _store.PutAsync("long", content, PutOptions.Default, None)).ShouldBeTrue();
        (await StoreReading.ReadAsync(_store, "long")).ShouldBe(content);
        asked.ShouldBe(1, "after a break the session is asked how much it has");
        (await _store.PutAsync("long", content, PutOptions.Default, None)).ShouldBeFalse();
    }

    [Theory]
    [InlineData("killed", 1, 2)] // It had the first of four chunks, and gets the other three after it was asked.
    [InlineData("gone", 2, 4)]
    [InlineData("another content", 2, 4)]
    [InlineData("another host", 2, 4)]
    public async Task After_a_kill_a_long_object_goes_on_in_its_session_or_begins_anew(string what, int sessions, int least)
    {
        var content = RandomNumberGenerator.GetBytes((256 << 10) * 3 + 5);
        using var killed = new CancellationTokenSource();
        var chunks = 0;
        _google.Instead = request =>
        {
            if (request.Method == "PUT" && ++chunks == 2)
            {
                killed.Cancel();
            }

            return null;
        };
        var options = Options() with { Sessions = _directory["journal.sessions"] };
        await using (var store = new GoogleStore(options, new ImpatientTime()) { ChunkLength = 256 << 10 })
        {
            await Should.ThrowAsync<OperationCanceledException>(() => store.PutAsync("long", content, PutOptions.Default, killed.Token));
        }

        new FileInfo(_directory["journal.sessions"]).UnixFileMode.ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite, "the address of a session is a right to write");
        var (before, gone) = (_google.Requests.Count, what == "gone");
        if (what == "another content")
        {
            content = RandomNumberGenerator.GetBytes(content.Length);
        }

        if (what == "another host")
        {
            File.WriteAllText(_directory["journal.sessions"], File.ReadAllText(_directory["journal.sessions"]).Replace(_google.Endpoint.Authority, "169.254.169.254", StringComparison.Ordinal));
        }

        _google.Instead = request =>
        {
            var answer = gone && request.Method == "PUT" ? Answer.Of(410) : null;
            gone &= request.Method != "PUT";
            return answer;
        };
        await using var again = new GoogleStore(options, new ImpatientTime()) { ChunkLength = 256 << 10 };
        (await again.PutAsync("long", content, PutOptions.Default, None)).ShouldBeTrue();
        (await StoreReading.ReadAsync(again, "long")).ShouldBe(content);
        File.Exists(_directory["journal.sessions"]).ShouldBeFalse();
        _google.Requests.Count(request => request.Method == "POST" && request["uploadType"] == "resumable").ShouldBe(sessions);
        _google.Requests.Skip(before).Count(request => request.Method == "PUT" && !request.Header("Content-Range")!.Contains('*', StringComparison.Ordinal)).ShouldBeInRange(least, 4);
    }

    [Fact]
    public async Task A_session_on_another_host_is_not_used()
    {
        _google.Instead = request => request["uploadType"] == "resumable" && request.Method == "POST" ? Answer.Of(200).With(("Location", "http://169.254.169.254/upload")) : null;
        (await Should.ThrowAsync<ObjectStoreException>(() => _store.PutAsync("long", new byte[300 << 10], PutOptions.Default, None))).Message.ShouldContain("on another host");
    }

    [Fact]
    public async Task What_is_locked_or_held_stays_and_is_locked_for_longer_only()
    {
        var until = DateTimeOffset.UtcNow.AddDays(2);
        await _store.PutAsync("evidence", Hello, new PutOptions { RetainUntil = until, Compliance = true }, None);
        (await _store.HeadAsync("evidence", None))!.RetainUntil!.Value.ShouldBe(until, TimeSpan.FromSeconds(1));
        (await Should.ThrowAsync<ObjectStoreException>(() => _store.DeleteAsync("evidence", None))).IsDenied.ShouldBeTrue();
        await _store.LockAsync("evidence", new PutOptions { RetainUntil = until.AddDays(5), LegalHold = true }, None);
        var locked = await _store.HeadAsync("evidence", None);
        locked!.RetainUntil!.Value.ShouldBe(until.AddDays(5), TimeSpan.FromSeconds(1));
        locked.LegalHold.ShouldBeTrue();
        var before = _google.Requests.Count;
        await _store.LockAsync("evidence", new PutOptions { RetainUntil = until, LegalHold = true }, None);
        _google.Requests.Skip(before).ShouldAllBe(request => request.Method == "GET");
    }

    [Theory]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(429)]
    [InlineData(200)]
    [InlineData(-1)]
    [InlineData(-2)]
    public async Task A_store_that_is_busy_cut_off_or_wrong_for_a_moment_is_tried_again(int fault)
    {
        await _store.ProbeAsync(None);
        var left = 2;
        _google.Instead = _ => left-- <= 0 ? null : fault switch
        {
            -1 => Answer.Of(200) with { Reset = true },
            -2 => Answer.Of(200, new string('x', 1000)) with { CutAt = 10 },
            200 => Answer.Of(200, """{"error":{"code":500}}"""),
            _ => Answer.Of(fault, """{"error":{"errors":[{"reason":"backendError"}]}}"""),
        };
        // An object that looks like an error is none.
        var content = Encoding.UTF8.GetBytes("""{"error":{"code":500}}""");
        (await _store.PutAsync("x", content, PutOptions.Default, None)).ShouldBeTrue();
        left = 2;
        (await StoreReading.ReadAsync(_store, "x")).ShouldBe(content);
        left.ShouldBeLessThanOrEqualTo(0);
    }

    [Fact]
    public async Task A_token_that_has_expired_is_had_anew_once_and_then_told()
    {
        await _store.ProbeAsync(None);
        var refuse = 1;
        _google.Instead = request => request.Path != "/token" && refuse-- > 0 ? Answer.Of(401, """{"error":{"errors":[{"reason":"authError"}]}}""") : null;
        await _store.ProbeAsync(None);
        _google.Tokens.ShouldBe(2);
        refuse = int.MaxValue;
        (await Should.ThrowAsync<ObjectStoreException>(() => _store.ProbeAsync(None))).Message.ShouldContain("the credentials have expired or are not valid here (authError)");
        _google.Tokens.ShouldBe(3);
    }

    [Fact]
    public async Task A_pod_gets_its_token_from_the_metadata_server()
    {
        await using var metadata = ScriptedServer.Start(request =>
        {
            (request.Path, request.Header("Metadata-Flavor")).ShouldBe(("/computeMetadata/v1/instance/service-accounts/default/token", "Google"));
            return Answer.Of(200, """{"access_token":"g0","expires_in":100}""");
        });
        var environment = new Dictionary<string, string> { ["GCE_METADATA_HOST"] = metadata.Endpoint.Authority };
        await using var store = new GoogleStore(Options() with { Environment = environment.GetValueOrDefault }, TimeProvider.System);
        (await store.ProbeAsync(None)).Lockable.ShouldBeTrue();
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"type":"authorized_user","refresh_token":"SECRET"}""")]
    [InlineData("""{"type":"service_account","client_email":"a","private_key":"SECRET"}""")]
    [InlineData("""{"type":"service_account","client_email":"a","private_key":"SECRET","token_uri":"ftp://x"}""")]
    [InlineData("SECRET")]
    public void A_key_file_that_is_none_is_told_and_not_repeated(string text)
    {
        File.WriteAllText(_directory["account.json"], text);
        Should.Throw<FormatException>(() => new GoogleStore(Options(), TimeProvider.System)).ToString().ShouldNotContain("SECRET");
    }

    private GoogleOptions Options() => new()
    {
        Bucket = "bucket",
        Prefix = "estate/",
        Endpoint = _google.Endpoint,
        AllowLocal = true,
        Environment = new Dictionary<string, string> { ["GOOGLE_APPLICATION_CREDENTIALS"] = _directory["account.json"] }.GetValueOrDefault,
    };
}
