using System.Globalization;
using Comptroller.Archive.Evidence;
using Comptroller.Archive.Tests.Testing;
using Comptroller.Operator.Tests.Estates;

namespace Comptroller.Operator.Tests.Verbs.Archive;

/// <summary>Where credentials for S3 come from in a pod, and what becomes of expired ones and of a wrong clock: against scripted services.</summary>
public sealed class S3IdentityTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly HashSet<string> _expired = [];
    private readonly List<string> _used = [];
    private int _issued;

    public S3IdentityTests()
    {
        using var key = SigningKey.Create();
        File.WriteAllText(_directory["key.pub"], key.Public.ToPem());
        File.WriteAllText(_directory["token"], "of-kubernetes");
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_web_identity_is_exchanged_and_one_that_has_expired_is_exchanged_once_more()
    {
        _expired.Add("T1");
        await using var services = ScriptedServer.Start(Serve);
        var (exit, log) = await ListAsync(services, new()
        {
            ["AWS_ROLE_ARN"] = "arn:aws:iam::1:role/backup",
            ["AWS_WEB_IDENTITY_TOKEN_FILE"] = _directory["token"],
            ["AWS_ENDPOINT_URL_STS"] = services.Endpoint.ToString(),
        });
        exit.ShouldBe(0, log);
        _used.Distinct().ShouldBe(["T1", "T2"]);
    }

    [Fact]
    public async Task A_pod_identity_is_asked_for_with_the_token_of_its_file()
    {
        await using var services = ScriptedServer.Start(Serve);
        var (exit, log) = await ListAsync(services, new()
        {
            ["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = $"{services.Endpoint}v1/credentials",
            ["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = _directory["token"],
        });
        exit.ShouldBe(0, log);
        _used.Distinct().ShouldBe(["T1"]);
    }

    [Fact]
    public async Task Given_credentials_that_have_expired_are_told_in_words()
    {
        _expired.Add("given");
        await using var services = ScriptedServer.Start(Serve);
        var (exit, log) = await ListAsync(services, new() { ["AWS_ACCESS_KEY_ID"] = "AK", ["AWS_SECRET_ACCESS_KEY"] = "hidden-secret", ["AWS_SESSION_TOKEN"] = "given" });
        exit.ShouldBe(2);
        log.ShouldContain("the credentials have expired; give new ones");
        log.ShouldNotContain("hidden-secret");
    }

    [Fact]
    public async Task A_clock_that_the_store_calls_wrong_is_set_by_its_own()
    {
        var ahead = DateTimeOffset.UtcNow.AddHours(3);
        await using var services = ScriptedServer.Start(request =>
            (DateTimeOffset.ParseExact(request.Header("x-amz-date")!, "yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal) - ahead).Duration() < TimeSpan.FromMinutes(5)
                ? Listing
                : Answer.Of(403, "<Error><Code>RequestTimeTooSkewed</Code><Message>The difference is too large</Message></Error>").With(("Date", ahead.ToString("R"))));
        var (exit, log) = await ListAsync(services, new() { ["AWS_ACCESS_KEY_ID"] = "AK", ["AWS_SECRET_ACCESS_KEY"] = "SK" });
        exit.ShouldBe(0, log);
    }

    [Fact]
    public async Task A_list_that_is_an_error_although_it_says_200_is_not_an_empty_bucket()
    {
        var lists = 0;
        await using var services = ScriptedServer.Start(_ => lists++ == 0 ? Answer.Of(200, "<Error><Code>InternalError</Code></Error>") : Listing);
        var (exit, log) = await ListAsync(services, new() { ["AWS_ACCESS_KEY_ID"] = "AK", ["AWS_SECRET_ACCESS_KEY"] = "SK" });
        (exit, lists).ShouldBe((0, 2), log);
    }

    private static Answer Listing => Answer.Of(200, "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>evidence</Name><KeyCount>0</KeyCount><IsTruncated>false</IsTruncated></ListBucketResult>");

    private Answer Serve(Received request)
    {
        var expiry = DateTimeOffset.UtcNow.AddHours(1).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        if (request.Method == "POST")
        {
            (request.Form["Action"], request.Form["WebIdentityToken"], request.Form["RoleArn"]).ShouldBe(("AssumeRoleWithWebIdentity", "of-kubernetes", "arn:aws:iam::1:role/backup"));
            var issued = ++_issued;
            return Answer.Of(200, $"<AssumeRoleWithWebIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>AK</AccessKeyId><SecretAccessKey>SK</SecretAccessKey><SessionToken>T{issued}</SessionToken><Expiration>{expiry}</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>");
        }

        if (request.Path == "/v1/credentials")
        {
            request.Header("Authorization").ShouldBe("of-kubernetes");
            return Answer.Of(200, $$"""{"AccessKeyId":"AK","SecretAccessKey":"SK","Token":"T{{++_issued}}","Expiration":"{{expiry}}"}""");
        }

        var token = request.Header("x-amz-security-token") ?? "";
        _used.Add(token);
        return _expired.Contains(token) ? Answer.Of(400, "<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>") : Listing;
    }

    private async Task<(int Exit, string Log)> ListAsync(ScriptedServer store, Dictionary<string, string> environment)
    {
        foreach (var name in new[] { "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE" })
        {
            environment.TryAdd(name, "");
        }

        // Neither a file of this machine's user nor its metadata service may let us in.
        environment["HOME"] = _directory.Path;
        environment["AWS_EC2_METADATA_DISABLED"] = "true";
        await using var run = ProgramRun.Start(
            ["archive", "list", "--store", "s3://evidence/prod", "--endpoint", store.Endpoint.ToString().TrimEnd('/'), "--allow-http", "--allow-local-endpoint", "--public-key", _directory["key.pub"]], environment);
        return (await run.ExitAsync(), run.Log.ToString());
    }
}
