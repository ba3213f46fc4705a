using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Tests.Client.Servers;
using Microsoft.AspNetCore.Http;

namespace Comptroller.Kubernetes.Tests.Client;

public sealed class ListTests
{
    [Fact]
    public async Task Q4_a_list_is_decoded_as_it_arrives()
    {
        await using var server = await ScriptedServer.StartAsync();
        server.Answer = async (context, _) =>
        {
            foreach (var letter in """{"kind":"LeaseList","metadata":{"resourceVersion":"7","continue":""},"items":[{"metadata":{"name":"a"}},{"metadata":{"name":"b"}}]}""")
            {
                await context.Response.WriteAsync(letter.ToString());
                await context.Response.Body.FlushAsync();
            }
        };
        using var client = server.Client();

        var page = await client.ListAsync(KubernetesTypes.Leases, null, new ListOptions(), default);

        page.ResourceVersion.ShouldBe("7");
        page.Continue.ShouldBeNull();
        page.Items.Select(lease => $"{lease.Kind} {lease.Metadata.Name}").ShouldBe(["Lease a", "Lease b"]);
    }

    [Fact]
    public async Task Q4_a_list_whose_token_expires_midway_starts_over()
    {
        await using var server = await ScriptedServer.StartAsync();
        var expired = false;
        server.Answer = (context, seen) =>
        {
            if (!seen.Query.Contains("continue=", StringComparison.Ordinal))
            {
                return ScriptedServer.JsonAsync(context, 200, """{"metadata":{"resourceVersion":"5","continue":"t 1"},"items":[{"metadata":{"name":"a"}}]}""");
            }

            if (!expired)
            {
                expired = true;
                return ScriptedServer.StatusAsync(context, 410, "Expired");
            }

            return ScriptedServer.JsonAsync(context, 200, """{"metadata":{"resourceVersion":"9"},"items":[{"metadata":{"name":"b"}}]}""");
        };
        using var client = server.Client();

        var options = new ListOptions { Limit = 1, ResourceVersion = "3", ResourceVersionMatch = "NotOlderThan" };
        var all = await client.ListAllAsync(KubernetesTypes.Leases, null, options, default);

        all.Items.Select(lease => lease.Metadata.Name).ShouldBe(["a", "b"]);
        all.ResourceVersion.ShouldBe("9");
        server.Requests.Select(request => request.Query).ShouldBe(
        [
            "?resourceVersion=3&resourceVersionMatch=NotOlderThan&limit=1", "?limit=1&continue=t%201", "?limit=1", "?limit=1&continue=t%201",
        ]);
    }

    [Fact]
    public async Task Q4_a_server_whose_tokens_always_expire_is_not_listed_for_ever()
    {
        await using var server = await ScriptedServer.StartAsync();
        server.Answer = (context, seen) => seen.Query.Contains("continue=", StringComparison.Ordinal)
            ? ScriptedServer.StatusAsync(context, 410, "Expired")
            : ScriptedServer.JsonAsync(context, 200, """{"metadata":{"resourceVersion":"5","continue":"t"},"items":[{"metadata":{"name":"a"}}]}""");
        using var client = server.Client();

        (await Should.ThrowAsync<KubeApiException>(() => client.ListAllAsync(KubernetesTypes.Leases, null, new ListOptions { Limit = 1 }, default)))
            .IsGone.ShouldBeTrue();
        server.Requests.Count.ShouldBe(8, "four times the first page, and the second that is refused");
    }

    [Fact]
    public async Task A_list_cut_short_is_an_error_and_not_a_short_list()
    {
        await using var server = await ScriptedServer.StartAsync();
        server.Answer = (context, _) => context.Response.WriteAsync("""{"metadata":{"resourceVersion":"7"},"items":[{"metadata":{"name":"a"}},{"meta""");
        using var client = server.Client();

        (await Should.ThrowAsync<KubeApiException>(() => client.ListAsync(KubernetesTypes.Leases, null, new ListOptions(), default)))
            .Reason.ShouldBe(FailureReason.MalformedAnswer);
    }

    [Fact]
    public async Task R8_one_bad_object_does_not_spoil_a_list()
    {
        await using var server = await ScriptedServer.StartAsync();
        server.Answer = (context, _) => ScriptedServer.JsonAsync(
            context, 200,
            """{"items":[{"metadata":{"name":"a","uid":"u"},"spec":{"leaseDurationSeconds":"long"}},{"metadata":{"name":"b"}},{"metadata":{"name":"c","labels":7}}],"metadata":{}}""");
        using var client = server.Client();

        var page = await client.ListAsync(KubernetesTypes.Leases, null, new ListOptions(), default);

        page.Items.Single().Metadata.Name.ShouldBe("b");
        page.Undecoded.Select(bad => bad.Metadata.Name).ShouldBe(["a", "c"]);
        page.Undecoded[0].Metadata.Uid.ShouldBe("u");
        page.Undecoded[0].Error.ShouldContain("spec.leaseDurationSeconds");
    }
}
