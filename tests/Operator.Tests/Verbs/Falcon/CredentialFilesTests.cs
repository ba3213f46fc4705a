using System.CommandLine;
using Comptroller.Falcon.Api;
using Comptroller.FalconSimulator;
using Comptroller.Operator.Verbs.Falcon;

namespace Comptroller.Operator.Tests.Verbs.Falcon;

public sealed class CredentialFilesTests
{
    [Fact]
    public async Task A_file_is_read_at_every_login_so_that_rotated_credentials_are_used_without_a_restart()
    {
        await using var tenant = await FalconTenant.StartAsync(new SimulatorOptions { Hosts = 5, Policies = 12 });
        var (id, secret) = (tenant.PathOf("id"), tenant.PathOf("secret"));
        await File.WriteAllTextAsync(id, "simulated-client\n");
        await File.WriteAllTextAsync(secret, "rotated-away\n");
        // A prefix of its own, because variables belong to the whole process.
        Environment.SetEnvironmentVariable("CREDENTIAL_FILES_CLIENT_ID_FILE", id);
        Environment.SetEnvironmentVariable("CREDENTIAL_FILES_CLIENT_SECRET_FILE", secret);
        await File.WriteAllTextAsync(tenant.Config, $"falcon_credentials: {{base_url: \"{tenant.Simulator.Address}\", prefix: CREDENTIAL_FILES_}}\n");

        var options = new FalconOptions();
        var command = new Command("any");
        options.AddApi(command);
        var parsed = command.Parse(["--config", tenant.Config]);
        var config = await options.ConfigAsync(parsed, default);
        using var limiter = FalconOptions.Limiter(config);
        using var client = options.Client(parsed, config, limiter);
        var api = new FalconApi(client);
        var refused = await Should.ThrowAsync<FalconApiException>(() => api.HostGroupIdsAsync(["group"], default));
        refused.Message.ShouldContain("refused");
        refused.ToString().ShouldNotContain("rotated-away");
        tenant.Simulator.Calls.Keys.ShouldBe(["oauth2/token"]);

        await File.WriteAllTextAsync(secret, FalconTenant.Secret);
        await Should.ThrowAsync<FormatException>(() => api.HostGroupIdsAsync(["group"], default));
        tenant.Simulator.Calls.Keys.Count().ShouldBe(2, "it was let in, and asked for groups");
    }
}
