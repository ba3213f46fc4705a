using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.IO.Compression;
using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Tests.Client.Servers;
using Comptroller.Kubernetes.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Comptroller.Kubernetes.Tests.Client;

public sealed class RequestTests
{
    [Fact]
    public async Task A_get_decodes_the_object()
    {
        await using var server = await ScriptedServer.StartAsync();
        server.Answer = (context, _) => ScriptedServer.JsonAsync(
            context, 200, """{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"a","namespace":"b"},"spec":{"holderIdentity":"me"}}""");
        using var client = server.Client();

        (await client.GetLeaseAsync()).Spec!.HolderIdentity.ShouldBe("me");

        server.Requests.Single().Path.ShouldBe("/apis/coordination.k8s.io/v1/namespaces/b/leases/a");
    }

    [Fact]
    public async Task Q3_no_more_requests_are_in_flight_than_allowed()
    {
        await using var server = await ScriptedServer.StartAsync();
        var (now, most) = (0, 0);
        server.Answer = async (context, _) =>
        {
            var inFlight = Interlocked.Increment(ref now);
            InterlockedMax(ref most, inFlight);
            await Settle.BrieflyAsync();
            Interlocked.Decrement(ref now);
            await ScriptedServer.JsonAsync(context, 200, TestClients.LeaseJson);
        };
        using var client = server.Client(options: new KubeClientOptions { MaxConcurrency = 3 });

        await Task.WhenAll(Enumerable.Range(0, 60).Select(_ => client.GetLeaseAsync()));

        most.ShouldBeInRange(1, 3);
        client.Sender.FreeSlots.ShouldBe(3);

        static void InterlockedMax(ref int target, int value)
        {
            for (var seen = target; seen < value; seen = target)
            {
                Interlocked.CompareExchange(ref target, value, seen);
            }
        }
    }

    [Fact]
    public async Task Q5_a_warning_is_logged_once_per_text()
    {
        await using var server = await ScriptedServer.StartAsync();
        server.Answer = (context, seen) =>
        {
            context.Response.Headers.Append("Warning", "299 - \"v1beta1 is deprecated, say \\\"v1\\\"\"");
            if (seen.Method == "POST")
            {
                context.Response.Headers.Append("Warning", "299 - \"unknown field \\\"spec.x\\\"\"");
            }

            return ScriptedServer.JsonAsync(context, 200, TestClients.LeaseJson);
        };
        var log = new LogKeeper();
        using var client = server.Client(logger: log);

        await client.GetLeaseAsync();
        await client.CreateAsync(KubernetesTypes.Leases, "b", [], "test", default);
        await client.GetLeaseAsync();

        log.Lines.ShouldBe(
        [
            "Warning: The API server warns: v1beta1 is deprecated, say \"v1\"", "Warning: The API server warns: unknown field \"spec.x\"",
        ]);
    }

    [Fact]
    public async Task Q5_Q6_writes_say_who_writes_how_strictly_and_whether_for_real()
    {
        await using var server = await ScriptedServer.StartAsync();
        server.Answer = (context, _) => ScriptedServer.JsonAsync(context, 200, TestClients.LeaseJson);
        using var client = server.Client(options: new KubeClientOptions { FieldValidation = "Strict" });
        var body = new JsonObject { ["a"] = "é" };

        await client.CreateAsync(KubernetesTypes.Leases, "b", body, "me", default);
        await client.ReplaceAsync(KubernetesTypes.Leases, "b", "a", body, "me", default);
        await client.ApplyAsync(KubernetesTypes.Leases, "b", "a", body, new ApplyOptions("me", Subresource: "status", DryRun: true), default);
        await client.MergePatchAsync(KubernetesTypes.Leases, "b", "a", body, "me", default);
        await client.JsonPatchAsync(KubernetesTypes.Leases, "b", "a", [new JsonObject { ["op"] = "remove" }], "me", default);

        const string path = "/apis/coordination.k8s.io/v1/namespaces/b/leases";
        server.Requests.Select(seen => $"{seen.Method} {seen.Path}{seen.Query} {seen.Headers["Content-Type"]} {seen.Headers["Accept"]}").ShouldBe(
        [
            $"POST {path}?fieldManager=me&fieldValidation=Strict application/json application/json",
            $"PUT {path}/a?fieldManager=me&fieldValidation=Strict application/json application/json",
            $"PATCH {path}/a/status?fieldManager=me&fieldValidation=Strict&force=true&dryRun=All application/apply-patch+yaml application/json",
            $"PATCH {path}/a?fieldManager=me&fieldValidation=Strict application/merge-patch+json application/json",
            $"PATCH {path}/a?fieldManager=me&fieldValidation=Strict application/json-patch+json application/json",
        ]);
        JsonNode.Parse(server.Requests[0].Body)!["a"]!.GetValue<string>().ShouldBe("é");
    }

    [Fact]
    public async Task Deleting_what_is_gone_is_no_error_and_preconditions_are_sent()
    {
        await using var server = await ScriptedServer.StartAsync();
        server.Answer = (context, _) => ScriptedServer.StatusAsync(context, 404, "NotFound");
        using var client = server.Client();

        await client.DeleteAsync(KubernetesTypes.Leases, "b", "a", new DeleteOptions { Uid = "u", ResourceVersion = "3" }, default);

        server.Requests.Single().Body.ShouldBe(
            """{"apiVersion":"v1","kind":"DeleteOptions","propagationPolicy":"Background","preconditions":{"uid":"u","resourceVersion":"3"}}""");
    }

    [Fact]
    public async Task C4_metadata_alone_is_asked_for_by_name_and_large_leftovers_are_dropped()
    {
        await using var server = await ScriptedServer.StartAsync();
        server.Answer = (context, seen) => ScriptedServer.JsonAsync(context, 200, seen.Path.EndsWith("/secrets", StringComparison.Ordinal)
            ? """{"kind":"PartialObjectMetadataList","metadata":{"resourceVersion":"1"},"items":[{"metadata":{"name":"a","managedFields":[{"manager":"x"}],"annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{}","k":"v"}}}]}"""
            : """{"kind":"PartialObjectMetadata","metadata":{"name":"a"}}""");
        using var client = server.Client();
        var type = KubernetesTypes.MetadataOf(new ResourceType("", "v1", "secrets", "Secret", Namespaced: true));

        var page = await client.ListAsync(type, "b", new ListOptions(), default);
        await client.GetAsync(type, "b", "a", default);

        page.Items.Single().Metadata.Annotations!.ShouldBe([KeyValuePair.Create("k", "v")]);
        server.Requests.Select(seen => seen.Headers["Accept"]).ShouldBe(
        [
            "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json",
            "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json",
        ]);
    }

    [Fact]
    public async Task T11_gzip_is_asked_for_on_lists_only_and_understood()
    {
        await using var server = await ScriptedServer.StartAsync();
        server.Answer = async (context, seen) =>
        {
            if (!seen.Headers.TryGetValue("Accept-Encoding", out var encoding))
            {
                await ScriptedServer.JsonAsync(context, 200, TestClients.LeaseJson);
                return;
            }

            context.Response.Headers.ContentEncoding = encoding;
            await using var zip = new GZipStream(context.Response.Body, CompressionLevel.Fastest);
            await zip.WriteAsync("""{"metadata":{"resourceVersion":"1"},"items":[{"metadata":{"name":"zipped"}}]}"""u8.ToArray());
        };
        using var client = server.Client();

        (await client.GetLeaseAsync()).Metadata.Name.ShouldBe("a");
        (await client.ListAsync(KubernetesTypes.Leases, null, new ListOptions(), default)).Items.Single().Metadata.Name.ShouldBe("zipped");
    }

    [Fact]
    public async Task Thousands_of_requests_leave_no_timer_no_slot_and_no_connection_behind()
    {
        await using var server = await ScriptedServer.StartAsync();
        server.Answer = (context, seen) => (seen.Path, seen.Query) switch
        {
            (_, { Length: > 0 } query) when query.Contains("watch", StringComparison.Ordinal) =>
                context.Response.WriteAsync("""{"type":"ADDED","object":{"metadata":{"name":"a"}}}""" + "\n{"),
            ({ } path, _) when path.EndsWith("/missing", StringComparison.Ordinal) => ScriptedServer.StatusAsync(context, 404, "NotFound"),
            _ => ScriptedServer.JsonAsync(context, 200, TestClients.LeaseJson),
        };
        var clock = new ManualTimeProvider();
        using var client = server.Client(clock);
        using var caller = new CancellationTokenSource();

        for (var round = 0; round < 1000; round++)
        {
            await client.GetLeaseAsync(caller.Token);
            (await client.WatchLeasesAsync(caller.Token)).Count.ShouldBe(1);
            await Should.ThrowAsync<KubeApiException>(() => client.GetAsync(KubernetesTypes.Leases, "b", "missing", caller.Token));
        }

        clock.ArmedTimers.ShouldBe(0);
        client.Sender.FreeSlots.ShouldBe(50);
        server.Requests.Select(seen => seen.Connection).Distinct().Count().ShouldBeLessThan(10);
    }

    [Fact]
    public async Task Requests_are_counted_under_the_names_that_dashboards_know()
    {
        await using var server = await ScriptedServer.StartAsync();
        server.Answer = (context, seen) => seen.Method == "GET"
            ? ScriptedServer.JsonAsync(context, 200, TestClients.LeaseJson)
            : ScriptedServer.StatusAsync(context, 409, "Conflict");
        var counted = new ConcurrentQueue<string>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == "Comptroller.Kubernetes.Client")
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        void Count(string name, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var labels = tags.ToArray().Where(tag => tag.Key != "host").Select(tag => $"{tag.Key}={tag.Value}");
            if (tags.ToArray().Any(tag => Equals(tag.Value, server.Address.Authority)))
            {
                counted.Enqueue($"{name}{{{string.Join(",", labels)}}}");
            }
        }

        listener.SetMeasurementEventCallback<long>((instrument, _, tags, _) => Count(instrument.Name, tags));
        listener.SetMeasurementEventCallback<double>((instrument, _, tags, _) => Count(instrument.Name, tags));
        listener.Start();
        using var client = server.Client();

        await client.GetLeaseAsync();
        await Should.ThrowAsync<KubeApiException>(() => client.CreateAsync(KubernetesTypes.Leases, "b", [], "test", default));

        counted.ShouldContain("rest_client_requests_total{code=200,method=GET}");
        counted.ShouldContain("rest_client_requests_total{code=409,method=POST}");
        counted.ShouldContain("rest_client_request_duration_seconds{verb=GET}");
        counted.ShouldContain("rest_client_request_size_bytes{verb=POST}");
        counted.ShouldContain("rest_client_response_size_bytes{verb=GET}");
        counted.ShouldContain("rest_client_rate_limiter_duration_seconds{verb=GET}");
    }
}
