using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Client.Credentials;
using Comptroller.Kubernetes.Client.Decoding;
using Comptroller.Kubernetes.Client.Transport;
using Comptroller.Kubernetes.Model;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Comptroller.Kubernetes.Client;

/// <summary>The API over HTTP, JSON only (rule T11). One instance per identity and purpose; thread-safe; dispose it at the end.</summary>
public sealed class KubeClient : IKubeClient, IDisposable
{
    /// <summary>How much longer than the server's own limit a watch may live (rule T3).</summary>
    private static readonly TimeSpan WatchGrace = TimeSpan.FromSeconds(30);

    private readonly KubeClientOptions options;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly ApiTransport transport;
    private readonly RequestSender sender;

    private KubeClient(KubeClientConfiguration configuration, KubeClientOptions options, ILogger logger, TimeProvider time)
    {
        this.options = options;
        this.time = time;
        this.logger = logger;
        transport = new ApiTransport(
            configuration, options, CredentialFactory.Create(configuration, time, logger), new TrustAnchors(configuration, time, logger), logger);
        sender = new RequestSender(configuration, options, transport, time, logger);
    }

    internal RequestSender Sender => sender;

    /// <summary>A client. Nothing is sent yet, no file is read: what is wrong there shows with the first request.</summary>
    public static KubeClient Create(
        KubeClientConfiguration configuration, KubeClientOptions? options = null, ILogger? logger = null, TimeProvider? time = null) =>
        new(configuration, options ?? new KubeClientOptions(), logger ?? NullLogger.Instance, time ?? TimeProvider.System);

    public Task<T> GetAsync<T>(ResourceType<T> type, string? @namespace, string name, CancellationToken cancellationToken)
        where T : class =>
        SendAsync(type, new ApiRequest(HttpMethod.Get, type.Path(@namespace, name)) { Accept = AcceptObject(type) }, cancellationToken);

    public async Task<ObjectPage<T>> ListAsync<T>(
        ResourceType<T> type, string? @namespace, ListOptions options, CancellationToken cancellationToken)
        where T : class
    {
        var request = new ApiRequest(HttpMethod.Get, type.Path(@namespace))
        {
            Accept = type.MetadataOnly ? "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json" : "application/json",
            Compress = this.options.CompressLists,
            FailFast = options.FailFast,
            Query = new QueryString()
                .Add("labelSelector", options.LabelSelector)
                .Add("fieldSelector", options.FieldSelector)
                .Add("resourceVersion", options.ResourceVersion)
                .Add("resourceVersionMatch", options.ResourceVersionMatch)
                .Add("limit", options.Limit > 0 ? options.Limit.ToString() : null)
                .Add("continue", options.Continue)
                .ToString(),
        };
        return await CallAsync(request, (body, token) => new ListDecoder<T>(type).ReadAsync(body, token), cancellationToken);
    }

    public async IAsyncEnumerable<WatchEvent<T>> WatchAsync<T>(
        ResourceType<T> type, string? @namespace, WatchOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
        where T : class
    {
        var request = new ApiRequest(HttpMethod.Get, type.Path(@namespace))
        {
            Accept = AcceptObject(type),
            Streaming = true,
            FailFast = options.FailFast,
            Query = new QueryString()
                .Add("watch", "true")
                .Add("allowWatchBookmarks", "true")
                .Add("resourceVersion", options.ResourceVersion)
                .Add("timeoutSeconds", ((long)Math.Ceiling(options.Timeout.TotalSeconds)).ToString())
                .Add("labelSelector", options.LabelSelector)
                .Add("fieldSelector", options.FieldSelector)
                .ToString(),
        };
        using var deadline = new Deadline(options.Timeout + WatchGrace, time, cancellationToken);
        using var answer = await OpenAsync(request, deadline);
        var frames = new FrameReader(answer.Body);
        while (await NextFrameAsync(request, frames, deadline) is { } line)
        {
            if (line.Length > 0)
            {
                yield return Decode(request, type, line);
            }
        }
    }

    public Task<T> CreateAsync<T>(
        ResourceType<T> type, string? @namespace, JsonObject body, string fieldManager, CancellationToken cancellationToken)
        where T : class =>
        WriteAsync(type, HttpMethod.Post, type.Path(@namespace), "application/json", body, Manager(fieldManager), cancellationToken);

    public Task<T> ReplaceAsync<T>(
        ResourceType<T> type, string? @namespace, string name, JsonObject body, string fieldManager, CancellationToken cancellationToken)
        where T : class =>
        WriteAsync(type, HttpMethod.Put, type.Path(@namespace, name), "application/json", body, Manager(fieldManager), cancellationToken);

    public Task<T> ApplyAsync<T>(
        ResourceType<T> type, string? @namespace, string name, JsonObject body, ApplyOptions options, CancellationToken cancellationToken)
        where T : class =>
        WriteAsync(
            type, HttpMethod.Patch, type.Path(@namespace, name, options.Subresource), "application/apply-patch+yaml", body,
            Manager(options.FieldManager).Add("force", options.Force ? "true" : "false").Add("dryRun", options.DryRun ? "All" : null),
            cancellationToken);

    public Task<T> JsonPatchAsync<T>(
        ResourceType<T> type, string? @namespace, string name, JsonArray operations, string fieldManager, CancellationToken cancellationToken)
        where T : class =>
        WriteAsync(
            type, HttpMethod.Patch, type.Path(@namespace, name), "application/json-patch+json", operations, Manager(fieldManager), cancellationToken);

    public Task<T> MergePatchAsync<T>(
        ResourceType<T> type, string? @namespace, string name, JsonObject patch, string fieldManager, CancellationToken cancellationToken)
        where T : class =>
        WriteAsync(
            type, HttpMethod.Patch, type.Path(@namespace, name), "application/merge-patch+json", patch, Manager(fieldManager), cancellationToken);

    public async Task DeleteAsync(
        ResourceType type, string? @namespace, string name, DeleteOptions options, CancellationToken cancellationToken)
    {
        var body = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "DeleteOptions", ["propagationPolicy"] = options.PropagationPolicy };
        if (options.Uid is not null || options.ResourceVersion is not null)
        {
            var preconditions = new JsonObject();
            body["preconditions"] = preconditions;
            if (options.Uid is { } uid)
            {
                preconditions["uid"] = uid;
            }

            if (options.ResourceVersion is { } version)
            {
                preconditions["resourceVersion"] = version;
            }
        }

        try
        {
            var request = new ApiRequest(HttpMethod.Delete, type.Path(@namespace, name)) { Body = WireJson.Write(body) };
            // The answer is read to its end so that the connection can be used again, and then not needed.
            await CallAsync(request, ReadAllAsync, cancellationToken);
        }
        catch (KubeApiException e) when (e.IsNotFound)
        {
        }
    }

    public void Dispose()
    {
        transport.Dispose();
        sender.Dispose();
    }

    private static string AcceptObject<T>(ResourceType<T> type)
        where T : class =>
        type.MetadataOnly ? "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json" : "application/json";

    private QueryString Manager(string fieldManager) =>
        new QueryString().Add("fieldManager", fieldManager).Add("fieldValidation", options.FieldValidation);

    private Task<T> WriteAsync<T>(
        ResourceType<T> type, HttpMethod method, string path, string contentType, JsonNode body, QueryString query, CancellationToken cancellationToken)
        where T : class =>
        SendAsync(
            type,
            new ApiRequest(method, path) { Query = query.ToString(), Body = WireJson.Write(body), ContentType = contentType, Accept = AcceptObject(type) },
            cancellationToken);

    private async Task<T> SendAsync<T>(ResourceType<T> type, ApiRequest request, CancellationToken cancellationToken)
        where T : class
    {
        var decoded = await CallAsync(request, async (body, token) => ObjectDecoder.Decode(await ReadAllAsync(body, token), type), cancellationToken);
        return decoded.Object ?? throw new KubeApiException(
            request.Verb, request.Path, 200, FailureReason.UndecodableObject, $"the object does not fit {typeof(T).Name}: {decoded.Error}");
    }

    private static async Task<ReadOnlySequence<byte>> ReadAllAsync(PipeReader body, CancellationToken cancellationToken)
    {
        var bytes = await BodyReader.ReadAsync(body, FrameReader.LargestFrame, cancellationToken);
        return bytes.Length <= FrameReader.LargestFrame ? bytes : throw new JsonException("it is larger than 16 MiB");
    }

    private static KubeApiException Malformed(ApiRequest request, Exception inner) => new(
        request.Verb, request.Path, 200, FailureReason.MalformedAnswer, $"the answer is not what the API would say: {inner.Message}", inner: inner);

    /// <summary>Sends and reads the whole answer within the time a call may take.</summary>
    private async Task<TResult> CallAsync<TResult>(
        ApiRequest request, Func<PipeReader, CancellationToken, Task<TResult>> read, CancellationToken cancellationToken)
    {
        using var deadline = new Deadline(options.Timeout, time, cancellationToken);
        using var answer = await OpenAsync(request, deadline);
        try
        {
            return await read(answer.Body, deadline.Token);
        }
        catch (OperationCanceledException e) when (deadline.Expired)
        {
            throw TimedOut(request, e);
        }
        catch (Exception e) when (e is JsonException or InvalidDataException)
        {
            throw Malformed(request, e);
        }
        catch (Exception e) when (RequestSender.IsNoAnswer(e))
        {
            throw sender.Translate(request, e);
        }
    }

    private async Task<ApiAnswer> OpenAsync(ApiRequest request, Deadline deadline)
    {
        try
        {
            return await sender.SendAsync(request, deadline);
        }
        catch (OperationCanceledException e) when (deadline.Expired)
        {
            throw TimedOut(request, e);
        }
    }

    private KubeApiException TimedOut(ApiRequest request, Exception inner) => new(
        request.Verb, request.Path, 0, FailureReason.Timeout,
        request.Streaming ? "no answer within the watch's own limit" : $"no answer within {options.Timeout.TotalSeconds:0.###} s", inner: inner);

    /// <summary>
    /// Null when the stream is over, whichever side ended it and however: the caller watches on from the last version it saw.
    /// </summary>
    private async ValueTask<ReadOnlySequence<byte>?> NextFrameAsync(ApiRequest request, FrameReader frames, Deadline deadline)
    {
        try
        {
            return await frames.NextAsync(deadline.Token);
        }
        catch (OperationCanceledException) when (deadline.Expired)
        {
            ClientLog.WatchCut(logger, request.Path);
            return null;
        }
        catch (InvalidDataException e)
        {
            throw new KubeApiException(request.Verb, request.Path, 0, KubeApiException.FrameTooLarge, e.Message, inner: e);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            deadline.Caller.ThrowIfCancellationRequested();
            ClientLog.WatchBroke(logger, request.Path, e.Message);
            return null;
        }
    }

    private static WatchEvent<T> Decode<T>(ApiRequest request, ResourceType<T> type, in ReadOnlySequence<byte> line)
        where T : class
    {
        try
        {
            var frame = WatchFrame.Parse(line);
            return frame.Type switch
            {
                "BOOKMARK" => new(WatchEventType.Bookmark, null, ObjectDecoder.ReadMetadata(frame.Object)),
                "ADDED" => Event(WatchEventType.Added),
                "MODIFIED" => Event(WatchEventType.Modified),
                "DELETED" => Event(WatchEventType.Deleted),
                "ERROR" => throw StatusDecoder.Decode(request.Verb, request.Path, frame.Object),
                _ => throw new JsonException($"unknown watch event {frame.Type}"),
            };

            WatchEvent<T> Event(WatchEventType kind)
            {
                var decoded = ObjectDecoder.Decode(frame.Object, type);
                return new(kind, decoded.Object, decoded.Metadata, decoded.Error);
            }
        }
        catch (JsonException e)
        {
            throw Malformed(request, e);
        }
    }
}
