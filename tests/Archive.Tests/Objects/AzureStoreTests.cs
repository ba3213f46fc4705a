using System.Security.Cryptography;
using System.Text;
using Comptroller.Archive.Backups;
using Comptroller.Archive.Evidence;
using Comptroller.Archive.Objects;
using Comptroller.Archive.Tests.Testing;

namespace Comptroller.Archive.Tests.Objects;

/// <summary>Against Azure's emulator; what it does not do (immutability, tokens) against scripted answers.</summary>
public sealed class AzureStoreTests(Azurite azurite) : IClassFixture<Azurite>
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly byte[] Hello = Encoding.UTF8.GetBytes("hello");

    // An error that comes with a success must not be taken for an object, and an object that looks like one not for an error.
    private static readonly byte[] LooksLikeError = Encoding.UTF8.GetBytes("<?xml version=\"1.0\"?><Error><Code>InternalError</Code></Error>");

    [AzuriteFact]
    public async Task Blobs_are_written_once_listed_read_and_deleted()
    {
        await using var store = await azurite.StoreAsync();
        (await store.ProbeAsync(None)).ShouldBe(new StoreProbe(Versioned: false, Lockable: false));
        (await store.PutAsync("a/b c/é+&'.txt", Hello, PutOptions.Default, None)).ShouldBeTrue();
        (await store.PutAsync("a/b c/é+&'.txt", "other"u8.ToArray(), PutOptions.Default, None)).ShouldBeFalse();
        (await StoreReading.ReadAsync(store, "a/b c/é+&'.txt")).ShouldBe(Hello);
        var found = await store.HeadAsync("a/b c/é+&'.txt", None);
        (found!.Bytes, found.Sha256).ShouldBe((5, Convert.ToHexStringLower(SHA256.HashData(Hello))));
        (await store.HeadAsync("none", None)).ShouldBeNull();
        (await store.OpenAsync("none", None)).ShouldBeNull();
        await store.PutAsync("b", Array.Empty<byte>(), PutOptions.Default, None);
        (await StoreReading.KeysAsync(store, "")).ShouldBe(["a/b c/é+&'.txt", "b"]);
        await store.DeleteAsync("b", None);
        await store.DeleteAsync("b", None);
        (await StoreReading.KeysAsync(store, "b")).ShouldBeEmpty();
    }

    [AzuriteFact]
    public async Task Long_blobs_go_in_blocks_and_the_blocks_that_were_sent_before_a_kill_are_not_sent_again()
    {
        await using var setup = await azurite.StoreAsync();
        var content = RandomNumberGenerator.GetBytes((64 << 10) * 5 + 17);
        await using var faults = FaultProxy.Start(azurite.Endpoint);
        var options = azurite.Options(setup.Location.Split('/')[3]) with { Endpoint = new Uri($"{faults.Endpoint.ToString().TrimEnd('/')}/{Azurite.Account}") };
        await using (var killed = new AzureStore(options, new ImpatientTime()) { BlockLength = 64 << 10 })
        {
            using var stop = new CancellationTokenSource();
            faults.Before = head => { if (head.Contains("comp=blocklist", StringComparison.Ordinal) && head.StartsWith("PUT", StringComparison.Ordinal)) { faults.Next(Fault.ResetBefore, 1); stop.Cancel(); } };
            await Should.ThrowAsync<Exception>(() => killed.PutAsync("long", content, PutOptions.Default, stop.Token));
        }

        (await setup.HeadAsync("long", None)).ShouldBeNull();
        var blocks = 0;
        faults.Before = head => { if (head.Contains("comp=block&", StringComparison.Ordinal)) { Interlocked.Increment(ref blocks); } };
        await using var again = new AzureStore(options, new ImpatientTime()) { BlockLength = 64 << 10 };
        (await again.PutAsync("long", content, PutOptions.Default, None)).ShouldBeTrue();
        blocks.ShouldBe(0);
        (await StoreReading.ReadAsync(again, "long")).ShouldBe(content);
        (await again.PutAsync("long", content, PutOptions.Default, None)).ShouldBeFalse();
    }

    [AzuriteFact]
    public async Task Mistakes_are_told_in_words_and_without_the_secret()
    {
        var wrongKey = Convert.ToBase64String("not the key"u8);
        await using var wrong = new AzureStore(azurite.Options("evidence", new() { ["AZURE_STORAGE_KEY"] = wrongKey }), TimeProvider.System);
        var refused = await Should.ThrowAsync<ObjectStoreException>(() => wrong.ProbeAsync(None));
        (refused.IsDenied, refused.IsPassing).ShouldBe((true, false));
        refused.Message.ShouldContain("the credentials are not valid here");
        refused.ToString().ShouldNotContain(wrongKey);
        Should.Throw<FormatException>(() => new AzureStore(azurite.Options("c", new() { ["AZURE_STORAGE_KEY"] = "%secret%" }), TimeProvider.System)).Message.ShouldNotContain("%secret%");

        await using var nowhere = new AzureStore(azurite.Options("no-such-container"), TimeProvider.System);
        (await Should.ThrowAsync<ObjectStoreException>(() => nowhere.ProbeAsync(None))).Message.ShouldContain("no such container; make it first");
        await Should.ThrowAsync<ObjectStoreException>(() => nowhere.OpenAsync("x", None));

        await using var guarded = await azurite.StoreAsync(options => options with { AllowLocal = false });
        (await Should.ThrowAsync<ObjectStoreException>(() => guarded.ProbeAsync(None))).Message.ShouldContain("where no object store of a user may be");
    }

    [AzuriteFact]
    public async Task A_store_that_is_busy_cut_off_or_away_for_a_moment_is_tried_again()
    {
        await using var faults = FaultProxy.Start(azurite.Endpoint);
        await using var setup = await azurite.StoreAsync();
        var options = azurite.Options(setup.Location.Split('/')[3]) with { Endpoint = new Uri($"{faults.Endpoint.ToString().TrimEnd('/')}/{Azurite.Account}") };
        await using var store = new AzureStore(options, new ImpatientTime());
        foreach (var fault in Enum.GetValues<Fault>())
        {
            faults.Next(fault, 2);
            (await store.PutAsync($"put/{fault}", LooksLikeError, PutOptions.Default, None)).ShouldBeTrue($"{fault}");
            faults.Next(fault, 2);
            (await StoreReading.ReadAsync(store, $"put/{fault}")).ShouldBe(LooksLikeError, $"{fault}");
        }
    }

    [AzuriteFact]
    public async Task A_shared_access_signature_lets_in_and_is_never_told()
    {
        await using var owner = await azurite.StoreAsync();
        var container = owner.Location.Split('/')[3];
        var (expiry, permissions) = ("2099-01-01T00:00:00Z", "racwdl");
        var text = $"{permissions}\n\n{expiry}\n/blob/{Azurite.Account}/{container}\n\n\n\n2021-12-02\nc\n\n\n\n\n\n\n";
        var signature = Convert.ToBase64String(HMACSHA256.HashData(Convert.FromBase64String(Azurite.Key), Encoding.UTF8.GetBytes(text)));
        var token = $"sv=2021-12-02&sr=c&sp={permissions}&se={Uri.EscapeDataString(expiry)}&sig={Uri.EscapeDataString(signature)}";
        await using var store = new AzureStore(azurite.Options(container, new() { ["AZURE_STORAGE_SAS_TOKEN"] = $"?{token}" }), TimeProvider.System);
        (await store.PutAsync("by-sas", Hello, PutOptions.Default, None)).ShouldBeTrue();
        (await StoreReading.ReadAsync(store, "by-sas")).ShouldBe(Hello);

        await using var bad = new AzureStore(azurite.Options(container, new() { ["AZURE_STORAGE_SAS_TOKEN"] = "sv=2021-12-02&sr=c&sp=r&se=2099-01-01&sig=c2VjcmV0" }), TimeProvider.System);
        (await Should.ThrowAsync<ObjectStoreException>(() => bad.OpenAsync("by-sas", None))).ToString().ShouldNotContain("c2VjcmV0");
    }

    [AzuriteFact]
    public async Task A_backup_goes_there_is_proved_and_comes_back()
    {
        using var directory = new TemporaryDirectory();
        using var key = SigningKey.Create();
        await File.WriteAllTextAsync(directory["audit.log"], string.Concat(Enumerable.Range(0, 20_000).Select(i => $$"""{"timestamp":"2026-01-01T00:00:00Z","event_type":"e{{i}}"}""" + "\n")));
        await using var store = await azurite.StoreAsync();
        await new BackupRun(store, key, new BackupOptions { Stream = "node" }, TimeProvider.System).RunAsync([new BackupSource("logs", directory["audit.log"])], None);
        (await new BackupVerification(store, key.Public, null, TimeProvider.System).VerifyAsync("node", readAll: true, None)).Problems.ShouldBeEmpty();
        var restore = new BackupRestore(store, key.Public, null);
        await restore.RunAsync(BackupRestore.Plan((await restore.ChooseAsync("node", null, None)).Manifest, directory["out"], overwrite: false), None);
        (await File.ReadAllBytesAsync(directory["out/logs/audit.log"])).ShouldBe(await File.ReadAllBytesAsync(directory["audit.log"]));
    }

    [Fact]
    public async Task Locks_and_holds_are_asked_for_as_azure_wants_them_and_seen_again()
    {
        await using var server = ScriptedServer.Start(request => request.Method switch
        {
            "HEAD" when request["restype"] == "container" => Answer.Of(200).With(("x-ms-immutable-storage-with-versioning-enabled", "true")),
            "HEAD" => Answer.Of(200).With(("x-ms-immutability-policy-until-date", "Fri, 01 Jan 2100 00:00:00 GMT"), ("x-ms-legal-hold", "false")),
            "PUT" when request["comp"] is "legalhold" or "immutabilityPolicies" => Answer.Of(200),
            "PUT" => Answer.Of(201),
            _ => Answer.Of(409).With(("x-ms-error-code", "BlobImmutableDueToPolicy")),
        });
        await using var store = Scripted(server);
        (await store.ProbeAsync(None)).ShouldBe(new StoreProbe(Versioned: true, Lockable: true));
        var until = new DateTimeOffset(2101, 1, 1, 0, 0, 0, TimeSpan.Zero);
        (await store.PutAsync("x", Hello, new PutOptions { RetainUntil = until, Compliance = true, LegalHold = true }, None)).ShouldBeTrue();
        var put = server.Requests[^1];
        (put.Header("x-ms-immutability-policy-until-date"), put.Header("x-ms-immutability-policy-mode"), put.Header("x-ms-legal-hold")).ShouldBe(("Sat, 01 Jan 2101 00:00:00 GMT", "Locked", "true"));
        await store.LockAsync("x", new PutOptions { RetainUntil = until, LegalHold = true }, None);
        server.Requests[^2]["comp"].ShouldBe("immutabilityPolicies");
        server.Requests[^1]["comp"].ShouldBe("legalhold");
        var before = server.Requests.Count;
        await store.LockAsync("x", new PutOptions { RetainUntil = until.AddYears(-2) }, None);
        server.Requests.Count.ShouldBe(before + 1, "a lock is never made shorter");
        (await Should.ThrowAsync<ObjectStoreException>(() => store.DeleteAsync("x", None))).IsDenied.ShouldBeTrue();
    }

    [Fact]
    public async Task The_first_version_of_a_blob_is_the_oldest_of_all_pages()
    {
        static string Page(string next, params string[] blobs) => $"<?xml version=\"1.0\"?><EnumerationResults><Blobs>{string.Concat(blobs)}</Blobs><NextMarker>{next}</NextMarker></EnumerationResults>";
        static string Blob(string name, string version) => $"<Blob><Name>{name}</Name><VersionId>{version}</VersionId></Blob>";
        await using var server = ScriptedServer.Start(request =>
            request["comp"] == "list" && request["prefix"] == "none" ? Answer.Of(200, Page(""))
            : request["comp"] == "list" && request["marker"] is null ? Answer.Of(200, Page("more", Blob("x", "2026-11-22T10:00:00.0000000Z"), Blob("x", "2026-11-20T10:00:00.0000000Z")))
            : request["comp"] == "list" ? Answer.Of(200, Page("", Blob("x", "2026-11-21T10:00:00.0000000Z"), Blob("x.of-another-key", "2026-11-01T10:00:00.0000000Z")))
            : request["versionid"] == "2026-11-20T10:00:00.0000000Z" ? Answer.Of(200, "first").With(("ETag", "0x1"))
            : Answer.Of(200, "forged").With(("ETag", "0x2")));
        await using var store = Scripted(server);
        await using var first = await store.OpenFirstAsync("x", None);
        using var reader = new StreamReader(first!);
        (await reader.ReadToEndAsync(None)).ShouldBe("first");
        (await store.OpenFirstAsync("none", None)).ShouldBeNull();
    }

    [AzuriteFact]
    public async Task Where_versions_are_not_kept_there_is_no_first_one()
    {
        await using var store = await azurite.StoreAsync();
        await store.PutAsync("x", Hello, PutOptions.Default, None);
        (await store.OpenFirstAsync("x", None)).ShouldBeNull();
    }

    [Fact]
    public async Task A_clock_that_is_wrong_is_corrected_from_the_answer()
    {
        var ahead = DateTimeOffset.UtcNow.AddHours(3);
        await using var server = ScriptedServer.Start(request =>
            (DateTimeOffset.Parse(request.Header("x-ms-date")!) - ahead).Duration() < TimeSpan.FromMinutes(5)
                ? Answer.Of(200) : Answer.Of(403).With(("Date", ahead.ToString("R")), ("x-ms-error-code", "AuthenticationFailed")));
        await using var store = Scripted(server);
        (await store.ProbeAsync(None)).Lockable.ShouldBeFalse();
        server.Requests.Count.ShouldBe(2);
        await store.ProbeAsync(None);
        server.Requests.Count.ShouldBe(3, "it is remembered");
    }

    [Fact]
    public async Task A_token_that_has_expired_is_had_anew_once_and_then_told()
    {
        using var directory = new TemporaryDirectory();
        await File.WriteAllTextAsync(directory["token"], "of-kubernetes\n");
        var (tokens, good) = (0, "t2");
        await using var server = ScriptedServer.Start(request =>
        {
            if (request.Path.EndsWith("/oauth2/v2.0/token", StringComparison.Ordinal))
            {
                request.Path.ShouldBe("/tenant/oauth2/v2.0/token");
                (request.Form["client_assertion"], request.Form["client_id"], request.Form["scope"]).ShouldBe(("of-kubernetes", "client", "https://storage.azure.com/.default"));
                return Answer.Of(200, $$"""{"access_token":"t{{++tokens}}","expires_in":3600}""");
            }

            return request.Header("Authorization") == $"Bearer {good}" ? Answer.Of(200) : Answer.Of(401).With(("x-ms-error-code", "InvalidAuthenticationInfo"));
        });
        var environment = new Dictionary<string, string>
        {
            ["AZURE_CLIENT_ID"] = "client",
            ["AZURE_TENANT_ID"] = "tenant",
            ["AZURE_FEDERATED_TOKEN_FILE"] = directory["token"],
            ["AZURE_AUTHORITY_HOST"] = server.Endpoint.ToString(),
        };
        await using var store = new AzureStore(new AzureOptions { Account = "a", Container = "c", Endpoint = server.Endpoint, AllowLocal = true, Environment = environment.GetValueOrDefault }, TimeProvider.System);
        await store.ProbeAsync(None);
        tokens.ShouldBe(2);
        good = "none";
        var refused = await Should.ThrowAsync<ObjectStoreException>(() => store.ProbeAsync(None));
        refused.Message.ShouldContain("the credentials have expired or are not valid here");
        (refused.IsDenied, tokens).ShouldBe((true, 3));
    }

    [Fact]
    public async Task A_200_that_is_an_error_is_none()
    {
        var (puts, gets, lists) = (0, 0, 0);
        await using var server = ScriptedServer.Start(request => request.Method switch
        {
            "PUT" => puts++ == 0 ? Answer.Of(200, "<Error/>") : Answer.Of(201),
            "GET" when request["comp"] == "list" => Answer.Of(200, lists++ == 0 ? "<Error/>" : "<EnumerationResults><Blobs/><NextMarker/></EnumerationResults>"),
            "GET" => gets++ == 0 ? Answer.Of(200, "<?xml version=\"1.0\"?><Error/>") : Answer.Of(200, "hello").With(("ETag", "\"0x8\"")),
            _ => Answer.Of(200),
        });
        await using var store = Scripted(server);
        (await store.PutAsync("x", Hello, PutOptions.Default, None)).ShouldBeTrue();
        (await StoreReading.ReadAsync(store, "x")).ShouldBe(Hello);
        (await StoreReading.KeysAsync(store, "")).ShouldBeEmpty();
        (puts, gets, lists).ShouldBe((2, 2, 2));
    }

    [Fact]
    public async Task Where_a_store_sends_us_we_do_not_go()
    {
        await using var server = ScriptedServer.Start(_ => Answer.Of(307).With(("Location", "http://169.254.169.254/latest/meta-data")));
        await using var store = Scripted(server);
        (await Should.ThrowAsync<ObjectStoreException>(() => store.ProbeAsync(None))).Message.ShouldContain("where a store sends us we do not go");
        server.Requests.Count.ShouldBe(1);
    }

    private static AzureStore Scripted(ScriptedServer server) => new(
        new AzureOptions { Account = "a", Container = "c", Endpoint = server.Endpoint, AllowLocal = true, Environment = name => name == "AZURE_STORAGE_KEY" ? Azurite.Key : null }, new ImpatientTime());
}
