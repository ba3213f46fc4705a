using Comptroller.Falcon.Api;

namespace Comptroller.Falcon.Tests.Api;

public sealed class SecretArgumentsTests
{
    [Theory]
    [InlineData("--store", "postgresql://auditor:hunter2@db/falcon", "--store", "<redacted>")]
    [InlineData("--store=postgresql://auditor:hunter2@db/falcon?sslmode=require", "-t", "--store=<redacted>", "-t")]
    [InlineData("--store:postgres://auditor:hunter2@db", "-t", "--store:<redacted>", "-t")]
    [InlineData("--store", "postgresql://auditor:a/b@hunter2@db/falcon", "--store", "<redacted>")]
    [InlineData("--store", "postgresql://auditor@db/falcon?password=hunter2", "--store", "<redacted>")]
    [InlineData("--store", "Host=db;Username=auditor;Password=\"hunter2;x\"", "--store", "<redacted>")]
    [InlineData("--store", "Host=db;pwd = hunter2", "--store", "<redacted>")]
    [InlineData("--store=Host=db;PSW=hunter2", "-t", "--store=<redacted>", "-t")]
    [InlineData("--store", "Host=db;SSL Password=hunter2", "--store", "<redacted>")]
    [InlineData("--store", "Host=db;Passfile=/run/secrets/pgpass", "--store", "Host=db;Passfile=/run/secrets/pgpass")]
    [InlineData("--store", "postgresql://db/falcon", "--store", "postgresql://db/falcon")]
    [InlineData("--store", "/data/db.sqlite", "--store", "/data/db.sqlite")]
    [InlineData("--cloud=https://user:hunter2@proxy", "-t", "--cloud=<redacted>", "-t")]
    [InlineData("--tags", "a@b", "--tags", "a@b")]
    public void A_password_in_a_value_is_hidden_whatever_its_option(string first, string second, string shownFirst, string shownSecond) =>
        SecretArguments.Redact(["falcon", first, second]).ShouldBe(["falcon", shownFirst, shownSecond]);
}
