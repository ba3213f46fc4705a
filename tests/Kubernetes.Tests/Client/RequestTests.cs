using Microsoft.AspNetCore.Http;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Tests.Client.Servers;

namespace Comptroller.Kubernetes.Tests.Client;

public sealed class RequestTests
{
    [Fact]
    public async Task A_get_decodes_the_object()
    {
        await using var server = await ScriptedServer.StartAsync();
        server.Answer = (context, _) => ScriptedServer.JsonAsync(
            context, 200, """{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"a","namespace":"b"},"spec":{"holderIdentity":"me"}}""");
        using var client = KubeClient.Create(new KubeClientConfiguration { Server = server.Address });

        var lease = await client.GetAsync(KubernetesTypes.Leases, "b", "a", default);

        lease.Spec!.HolderIdentity.ShouldBe("me");
        server.Requests.Single().Path.ShouldBe("/apis/coordination.k8s.io/v1/namespaces/b/leases/a");
    }

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
        using var client = KubeClient.Create(new KubeClientConfiguration { Server = server.Address });

        var page = await client.ListAsync(KubernetesTypes.Leases, null, new ListOptions(), default);

        page.ResourceVersion.ShouldBe("7");
        page.Continue.ShouldBeNull();
        page.Items.Select(lease => lease.Metadata.Name).ShouldBe(["a", "b"]);
    }

    [Fact]
    public async Task R7_a_fragment_at_the_end_of_a_watch_is_discarded()
    {
        await using var server = await ScriptedServer.StartAsync();
        server.Answer = async (context, _) =>
        {
            await context.Response.WriteAsync("""{"type":"ADDED","object":{"metadata":{"name":"a","resourceVersion":"3"}}}""" + "\n");
            await context.Response.WriteAsync("""{"type":"ADDED","object":{"metadata":{"name":"b","resou""");
        };
        using var client = KubeClient.Create(new KubeClientConfiguration { Server = server.Address });

        var seen = new List<WatchEvent<Lease>>();
        await foreach (var watchEvent in client.WatchAsync(
            KubernetesTypes.Leases, null, new WatchOptions { ResourceVersion = "2", Timeout = TimeSpan.FromSeconds(300) }, default))
        {
            seen.Add(watchEvent);
        }

        seen.Single().Metadata.Name.ShouldBe("a");
        server.Requests.Single().Query.ShouldBe("?watch=true&allowWatchBookmarks=true&resourceVersion=2&timeoutSeconds=300");
    }
}
