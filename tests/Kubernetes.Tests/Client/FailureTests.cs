using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Tests.Client.Servers;
using Comptroller.Kubernetes.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Comptroller.Kubernetes.Tests.Client;

public sealed class FailureTests
{
    [Fact]
    public async Task Q1_a_status_becomes_an_exception_with_all_it_says()
    {
        await using var server = await ScriptedServer.StartAsync();
        server.Answer = (context, _) => ScriptedServer.StatusAsync(
            context, 422, "Invalid", "spec is bad", """{"kind":"leases","causes":[{"reason":"FieldValueRequired","message":"Required value","field":"spec.rules"}]}""");
        using var client = server.Client();

        var error = await Should.ThrowAsync<KubeApiException>(() => client.GetLeaseAsync());

        error.IsInvalid.ShouldBeTrue();
        (error.Code, error.Reason, error.StatusMessage, error.Verb).ShouldBe((422, "Invalid", "spec is bad", "GET"));
        error.Subject.ShouldBe("leases");
        error.Causes.ShouldBe([new StatusCause("FieldValueRequired", "Required value", "spec.rules")]);
        error.Path.ShouldBe("/apis/coordination.k8s.io/v1/namespaces/b/leases/a");
    }

    [Theory]
    [InlineData(404, "<html>not here</html>", "text/html", FailureReason.MalformedAnswer)]
    [InlineData(502, "bad gateway", "text/plain", "Unknown")]
    [InlineData(403, "{\"error\":\"denied\"}", "application/json", "Forbidden")]
    [InlineData(500, "", "application/json", "InternalError")]
    public async Task Q1_an_error_that_is_no_status_is_decoded_too(int code, string body, string contentType, string reason)
    {
        await using var server = await ScriptedServer.StartAsync();
        server.Answer = async (context, _) =>
        {
            context.Response.StatusCode = code;
            context.Response.ContentType = contentType;
            await context.Response.WriteAsync(body);
        };
        using var client = server.Client();

        var error = await Should.ThrowAsync<KubeApiException>(() => client.GetLeaseAsync());

        (error.Code, error.Reason).ShouldBe((code, reason));
        error.StatusMessage.ShouldContain("not a Kubernetes Status");
        error.IsNotFound.ShouldBeFalse("whoever says so does not speak for the cluster");
    }

    [Theory]
    [InlineData("404 page not found\n", "text/plain; charset=utf-8", true)]
    [InlineData("""{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"the server could not find the requested resource","reason":"NotFound","details":{},"code":404}""", "application/json", true)]
    [InlineData("""{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"namespaces \"b\" not found","reason":"NotFound","details":{"name":"b","kind":"namespaces"},"code":404}""", "application/json", false)]
    [InlineData("""{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"leases.coordination.k8s.io \"a\" not found","reason":"NotFound","details":{"name":"a","group":"coordination.k8s.io","kind":"leases"},"code":404}""", "application/json", false)]
    public async Task Q1_a_404_tells_a_kind_that_is_not_served_from_an_object_that_is_not_there(string body, string contentType, bool isKind)
    {
        await using var server = await ScriptedServer.StartAsync();
        server.Answer = async (context, _) =>
        {
            context.Response.StatusCode = 404;
            context.Response.ContentType = contentType;
            await context.Response.WriteAsync(body);
        };
        using var client = server.Client();

        var error = await Should.ThrowAsync<KubeApiException>(() => client.GetLeaseAsync());

        (error.IsNotFound, error.IsKindNotServed).ShouldBe((true, isKind));
    }

    [Fact]
    public async Task Q1_a_good_answer_that_is_no_object_is_an_error()
    {
        await using var server = await ScriptedServer.StartAsync();
        server.Answer = (context, _) => context.Response.WriteAsync("<html>log in first</html>");
        using var client = server.Client();

        (await Should.ThrowAsync<KubeApiException>(() => client.GetLeaseAsync())).Reason.ShouldBe(FailureReason.MalformedAnswer);
        (await Should.ThrowAsync<KubeApiException>(() => client.ListAsync(KubernetesTypes.Leases, null, new ListOptions(), default)))
            .Reason.ShouldBe(FailureReason.MalformedAnswer);
    }

    [Fact]
    public async Task Q1_an_unreachable_server_is_named()
    {
        var server = await ScriptedServer.StartAsync();
        await server.DisposeAsync();
        using var client = server.Client(options: new KubeClientOptions { Timeout = TimeSpan.FromMilliseconds(150) });

        var error = await Should.ThrowAsync<KubeApiException>(() => client.GetLeaseAsync());

        error.IsTransport.ShouldBeTrue();
        error.Reason.ShouldBe(FailureReason.ConnectionRefused);
        error.Message.ShouldContain(server.Address.Authority);
    }

    [Fact]
    public async Task Q1_a_host_that_nobody_knows_is_named()
    {
        using var client = KubeClient.Create(new KubeClientConfiguration { Server = new Uri("https://kube.invalid:6443") });

        var error = await Should.ThrowAsync<KubeApiException>(() => client.GetLeaseAsync());

        error.Reason.ShouldBe(FailureReason.NameNotResolved);
        error.Message.ShouldContain("the host of https://kube.invalid:6443 is not known");
    }

    [Fact]
    public async Task T1_a_call_without_answer_ends_at_its_deadline()
    {
        await using var server = await ScriptedServer.StartAsync();
        server.Answer = (context, _) => Task.Delay(Timeout.Infinite, context.RequestAborted);
        var clock = new ManualTimeProvider();
        using var client = server.Client(clock);

        var call = client.GetLeaseAsync();
        await Settle.UntilAsync(() => server.Requests.Count == 1);
        clock.Advance(TimeSpan.FromSeconds(61));

        (await Should.ThrowAsync<KubeApiException>(() => call.EndsAsync())).Reason.ShouldBe(FailureReason.Timeout);
    }

    [Fact]
    public async Task Cancelling_a_call_is_no_failure_of_the_server()
    {
        await using var server = await ScriptedServer.StartAsync();
        server.Answer = (context, _) => Task.Delay(Timeout.Infinite, context.RequestAborted);
        using var client = server.Client();
        using var stop = new CancellationTokenSource();

        var call = client.GetLeaseAsync(stop.Token);
        await Settle.UntilAsync(() => server.Requests.Count == 1);
        await stop.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => call.EndsAsync());
    }
}
