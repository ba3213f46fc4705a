using System.Buffers;
using System.Text;
using Comptroller.Sandbox.Access;
using Comptroller.Sandbox.Discovery;
using Comptroller.Sandbox.Requests;
using Comptroller.Sandbox.Resources;
using Comptroller.Sandbox.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Comptroller.Sandbox.Http;

/// <summary>Takes each request through the stations of an API server: who, may they, what, in which form, do it, answer.</summary>
internal sealed class RequestHandler(
    IAuthenticator authenticator, IAuthorizer authorizer, IDiscovery discovery, Router router, ObjectStore store, ObjectRequests objects,
    CollectionRequests collections, PatchRequests patches, ReplyWriter replies, WatchWriter watches, RequestCounter counter, SandboxFaults faults,
    TimeProvider time, Action<string>? log, CancellationToken stopping)
{
    private const int LargestBody = 3 * 1024 * 1024;
    private const string PlainNotFound = "404 page not found\n";

    public async Task HandleAsync(HttpContext context)
    {
        var accept = context.Request.Headers.Accept.ToString();
        // A server that stops ends what is under way: watches, and waits that a test's clock would never finish.
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        context.RequestAborted = ending.Token;
        // Counted before the answer leaves, so that a client that has it finds itself counted.
        context.Response.OnStarting(() =>
        {
            Account(context);
            return Task.CompletedTask;
        });
        try
        {
            await ServeAsync(context, accept).ConfigureAwait(false);
        }
        catch (StatusError error) when (!context.Response.HasStarted)
        {
            await ReplyWriter.WriteErrorAsync(context, error, ResponseForm.ForErrors(accept)).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Left alone, an unfinished answer would go out as an empty 200. A watch that has begun just ends.
            if (!context.Response.HasStarted)
            {
                context.Abort();
            }
        }
        catch (Exception error) when (!context.Response.HasStarted)
        {
            await Console.Error.WriteLineAsync($"sandbox: {context.Request.Method} {context.Request.Path}: {error}").ConfigureAwait(false);
            await ReplyWriter.WriteErrorAsync(context, StatusResponses.Failure(500, "InternalError", $"Internal error occurred: {error.Message}", []),
                ResponseForm.Json).ConfigureAwait(false);
        }
    }

    private async Task ServeAsync(HttpContext context, string accept)
    {
        var fault = faults.Take(context.Request.Method, context.Request.Path + context.Request.QueryString);
        if (fault is not null && await FailsAsync(context, fault).ConfigureAwait(false))
        {
            return;
        }
        var user = authenticator.Authenticate(context.Request.Headers.Authorization) ?? throw StatusResponses.Unauthorized();
        var impersonated = Impersonation.Of(context.Request.Headers);
        var path = context.Request.Path.Value ?? "/";
        var query = new QueryOptions(context.Request.Query);
        if (path.Contains("//", StringComparison.Ordinal) || ApiPath.Parse(path) is not { } target)
        {
            Demand(Become(impersonated, new AccessRequest(user, context.Request.Method.ToLowerInvariant(), "", "", "", "", "", "", path)));
            await DescribeAsync(context, path, accept).ConfigureAwait(false);
            return;
        }
        var verb = target.VerbOf(context.Request.Method, query);
        var access = Become(impersonated, new AccessRequest(user, verb, target.Group, target.Version, target.Resource, target.Subresource, target.Namespace,
            target.Name.Length == 0 && verb is "list" or "watch" or "deletecollection" ? FieldSelector.RequiredName(query.Text("fieldSelector")) ?? "" : target.Name, path));
        context.Items[typeof(AccessRequest)] = access;
        Demand(access);
        if (router.Find(target, context.Request.Method, verb) is not { } resource)
        {
            await ReplyWriter.WriteTextAsync(context, 404, PlainNotFound).ConfigureAwait(false);
            return;
        }
        var form = ResponseForm.Negotiate(accept, query.Flag("pretty"));
        var request = new ApiRequest
        {
            Resource = resource,
            Namespace = resource.Namespaced ? target.Namespace : "",
            Name = target.Name,
            Subresource = target.Subresource,
            Query = query,
            User = access.User,
            ContentType = (context.Request.ContentType ?? "").Split(';')[0].Trim().ToLowerInvariant(),
            UserAgent = context.Request.Headers.UserAgent.ToString(),
            Body = await ReadBodyAsync(context).ConfigureAwait(false),
            Demand = wanted => Demand(access with { Verb = wanted }),
        };
        if (verb == "watch")
        {
            await watches.WriteAsync(context, request, ListOptions.Parse(query, resource, isWatch: true), form, context.RequestAborted).ConfigureAwait(false);
            return;
        }
        ReplyWriter.CheckShape(form, isList: verb is "list");
        Reply reply;
        try
        {
            reply = await RunAsync(request, verb, context.RequestAborted).ConfigureAwait(false);
        }
        catch (StatusError)
        {
            // What decoding found odd is told even if the request is refused for another reason.
            ReplyWriter.WriteWarnings(context, request);
            throw;
        }
        if (fault is { AfterCommit: true } && await FailAsync(context, fault).ConfigureAwait(false))
        {
            return;
        }
        await replies.WriteAsync(context, request, reply, form).ConfigureAwait(false);
    }

    private async Task<Reply> RunAsync(ApiRequest request, string verb, CancellationToken cancellationToken)
    {
        if (request.Resource.Answer is not null || request.Resource.Subresources.ContainsKey(request.Subresource))
        {
            return Answer(request, verb);
        }
        return verb switch
        {
            "get" => objects.Get(request),
            "list" => await collections.ListAsync(request, cancellationToken).ConfigureAwait(false),
            "create" => objects.Create(request),
            "update" => objects.Replace(request),
            "patch" => patches.Patch(request),
            "delete" => objects.Delete(request),
            "deletecollection" => await collections.DeleteAsync(request, cancellationToken).ConfigureAwait(false),
            _ => throw StatusResponses.MethodNotAllowed(),
        };
    }

    /// <summary>Kinds and subresources that are computed and not stored.</summary>
    private Reply.Document Answer(ApiRequest request, string verb)
    {
        var resource = request.Resource;
        var dryRun = WriteOptions.ParseDryRun(request.Query.All("dryRun"), []);
        var manager = WriteOptions.Parse(request.Query, "CreateOptions", request.UserAgent).Manager;
        if (resource.Answer is { } answer)
        {
            RequestBody.CheckContentType(request.ContentType);
            var posted = RequestBody.Decode(request, []);
            return new Reply.Document(201, answer(new SubresourceRequest(resource, verb, request.User, request.Namespace, request.Name, posted, null, dryRun, manager)));
        }
        var target = store.Get(resource.Storage, request.Namespace, request.Name) ?? throw StatusResponses.NotFound(resource, request.Name);
        RequestBody.CheckContentType(verb == "patch" ? "" : request.ContentType);
        var body = RequestBody.DecodeOptions(request with { ContentType = verb == "patch" ? "" : request.ContentType }) as System.Text.Json.Nodes.JsonObject;
        return new Reply.Document(verb == "create" ? 201 : 200, resource.Subresources[request.Subresource].Answer(
            new SubresourceRequest(resource, verb, request.User, request.Namespace, request.Name, body, target, dryRun, manager)));
    }

    private AccessRequest Become(UserInfo? impersonated, AccessRequest access) => impersonated is null ? access
        : Impersonation.IsAllowed(authorizer, access.User, impersonated) ? access with { User = impersonated }
        : throw StatusResponses.Forbidden(Impersonation.Refused(access));

    private void Demand(AccessRequest access)
    {
        if (!authorizer.Authorize(access).Allowed)
        {
            throw StatusResponses.Forbidden(access);
        }
    }

    /// <summary>Paths that are no resource: health, metrics, discovery.</summary>
    private async Task DescribeAsync(HttpContext context, string path, string accept)
    {
        if (path is "/healthz" or "/livez" or "/readyz")
        {
            await ReplyWriter.WriteTextAsync(context, 200, "ok").ConfigureAwait(false);
            return;
        }
        if (path is "/metrics")
        {
            await ReplyWriter.WriteBytesAsync(context, 200, "text/plain; version=0.0.4; charset=utf-8", Encoding.UTF8.GetBytes(counter.ToPrometheusText())).ConfigureAwait(false);
            return;
        }
        var answer = path.Contains("//", StringComparison.Ordinal) ? null : discovery.Answer(new DiscoveryRequest(context.Request.Method,
            path.Length > 1 ? path.TrimEnd('/') : path, context.Request.QueryString.Value ?? "", accept, context.Request.Headers.IfNoneMatch.ToString()));
        if (answer is null)
        {
            await ReplyWriter.WriteTextAsync(context, 404, PlainNotFound).ConfigureAwait(false);
            return;
        }
        foreach (var (name, value) in answer.Headers)
        {
            context.Response.Headers[name] = value;
        }
        await ReplyWriter.WriteBytesAsync(context, answer.Status, answer.ContentType, answer.Body).ConfigureAwait(false);
    }

    private static async Task<ReadOnlyMemory<byte>> ReadBodyAsync(HttpContext context)
    {
        if (context.Request.ContentLength is > LargestBody)
        {
            throw StatusResponses.TooLarge(LargestBody);
        }
        var reader = context.Request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(context.RequestAborted).ConfigureAwait(false);
            if (read.Buffer.Length > LargestBody)
            {
                throw StatusResponses.TooLarge(LargestBody);
            }
            if (read.IsCompleted)
            {
                var body = read.Buffer.ToArray();
                reader.AdvanceTo(read.Buffer.End);
                return body;
            }
            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    /// <summary>Carries out what a fault does before the request. True when the request is answered with that.</summary>
    private async Task<bool> FailsAsync(HttpContext context, SandboxFaults.Fault fault)
    {
        if (fault.Delay > TimeSpan.Zero)
        {
            await Task.Delay(fault.Delay, time, context.RequestAborted).ConfigureAwait(false);
        }
        return !fault.AfterCommit && await FailAsync(context, fault).ConfigureAwait(false);
    }

    private static async Task<bool> FailAsync(HttpContext context, SandboxFaults.Fault fault)
    {
        if (fault.Status is not { } status)
        {
            return false;
        }
        if (status == 0)
        {
            context.Abort();
            return true;
        }
        var reason = status switch { 409 => "Conflict", 429 => "TooManyRequests", 500 => "InternalError", 503 => "ServiceUnavailable", 504 => "Timeout", _ => "Unknown" };
        var error = new StatusError(status, StatusResponses.Failure(status, reason, $"injected fault: {status}", []).Body) { RetryAfterSeconds = fault.RetryAfterSeconds };
        await ReplyWriter.WriteErrorAsync(context, error, ResponseForm.Json).ConfigureAwait(false);
        return true;
    }

    private void Account(HttpContext context)
    {
        var access = context.Items[typeof(AccessRequest)] as AccessRequest;
        var verb = access?.Verb switch
        {
            "create" => "POST",
            "update" => "PUT",
            "patch" when context.Request.Headers[HeaderNames.ContentType].ToString().StartsWith("application/apply-patch", StringComparison.Ordinal) => "APPLY",
            null or "" => context.Request.Method,
            var other => other.ToUpperInvariant(),
        };
        counter.Add(verb, access?.Group ?? "", access?.Resource ?? "", access?.Subresource ?? "", context.Response.StatusCode);
        log?.Invoke($"{context.Request.Method} {context.Request.Path}{context.Request.QueryString} {context.Response.StatusCode}");
    }
}
