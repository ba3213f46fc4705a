using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Diagnostics;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;
using Microsoft.Extensions.Logging;

namespace Comptroller.Kubernetes.Informers;

/// <summary>
/// Keeps a sink equal to what the server holds of one kind in one scope: list, then watch from the list's version, again and
/// again (rules R1 to R12). It never ends except by cancellation; any other end is a fault that must stop the process.
/// </summary>
public sealed partial class Reflector<T>
    where T : class, IKubernetesObject
{
    /// <summary>A watch that closes sooner than this without a word counts as failed, or a proxy that closes at once makes a hot loop (rule R5).</summary>
    internal static readonly TimeSpan ShortestWatch = TimeSpan.FromSeconds(1);

    /// <summary>How much longer than the server's own timeout a silent watch is believed (rule T3).</summary>
    internal static readonly TimeSpan DeadlineMargin = TimeSpan.FromSeconds(30);

    private readonly IKubeClient client;
    private readonly ResourceType<T> type;
    private readonly string? scope;
    private readonly ListOptions listOptions;
    private readonly bool required;
    private readonly IReflectorSink<T> sink;
    private readonly TimeProvider time;
    private readonly KindArrivals? arrivals;
    private readonly RuntimeMetrics metrics;
    private readonly ILogger logger;
    private readonly Backoff backoff;
    private readonly KeyValuePair<string, object?> kind;
    private readonly string where;
    private string lastVersion = "";
    private int eventsOfWatch;
    private string? lastProblem;

    /// <param name="client">Where to list and watch.</param>
    /// <param name="type">What to list and watch.</param>
    /// <param name="scope">A namespace, or null for all of them.</param>
    /// <param name="selection">Label and field selectors, and the page size.</param>
    /// <param name="required">False for a kind that clusters may lack: that the server does not serve it is then no warning.</param>
    /// <param name="sink">Where the objects go.</param>
    /// <param name="context">Clock, logs, metrics.</param>
    public Reflector(
        IKubeClient client, ResourceType<T> type, string? scope, ListOptions selection, bool required, IReflectorSink<T> sink, RuntimeContext context)
    {
        this.client = client;
        this.type = type;
        this.scope = scope;
        // Refusals are told and waited for here; a client that repeats them by itself would hide the cause for a minute.
        listOptions = selection with { FailFast = true };
        this.required = required;
        this.sink = sink;
        time = context.Time;
        arrivals = context.Arrivals;
        metrics = context.Metrics;
        logger = context.Loggers.CreateLogger("reflector");
        backoff = new Backoff(time, Random.Shared);
        kind = new("kind", type.Kind);
        where = scope is null ? $"{type}" : $"{type} in namespace {scope}";
        metrics.StartReflector(type.Kind);
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var reason = RelistReason.Initial;
        while (true)
        {
            await ListAsync(reason, cancellationToken);
            reason = await FollowAsync(cancellationToken);
        }
    }

    /// <summary>Lists until it works. The version is left unset: the most recent state, never one older than was seen before (rule R1).</summary>
    private async Task ListAsync(string reason, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            TimeSpan? retryAfter = null;
            var isMissing = false;
            try
            {
                var page = await client.ListAllAsync(type, scope, listOptions, cancellationToken);
                foreach (var bad in page.Undecoded)
                {
                    NoteUndecoded(bad.Metadata, bad.Error);
                }

                sink.Replace(scope, page);
                lastVersion = page.ResourceVersion;
                metrics.Relists.Add(1, kind, new("reason", reason));
                LogListed(page.Items.Count, where, lastVersion, reason);
                lastProblem = null;
                return;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                throw;
            }
            catch (KubeApiException e)
            {
                retryAfter = e.RetryAfter;
                isMissing = e.IsNotFound;
                Fail("list", e.Code, Explain("list", e), null);
            }
            catch (Exception e)
            {
                // Whatever else a transport throws ends this attempt, never the reflector (rule R12).
                Fail("list", 0, e.Message, e);
            }

            var pause = backoff.Next(retryAfter);
            await (isMissing && arrivals is not null
                ? arrivals.WaitAsync(type.ToString(), pause, cancellationToken)
                : Task.Delay(pause, time, cancellationToken));
        }
    }

    /// <summary>Watches, and watches again after each end, until only a new list helps. Returns why.</summary>
    private async Task<string> FollowAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var started = time.GetTimestamp();
            eventsOfWatch = 0;
            TimeSpan? retryAfter = null;
            string? relist = null;
            try
            {
                await WatchAsync(cancellationToken);
                if (eventsOfWatch > 0 || time.GetElapsedTime(started) >= ShortestWatch)
                {
                    // A clean close is how every watch ends: go on from the last version, without a list (rule R5).
                    continue;
                }

                Fail("watch", 0, $"the watch of {where} was closed at once without an event", null);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                throw;
            }
            catch (OperationCanceledException)
            {
                Fail("watch", 0, $"the watch of {where} stayed silent past its deadline; the connection is taken for dead", null);
            }
            catch (KubeApiException e) when (e.IsGone || e.IsTooLargeResourceVersion)
            {
                // Normal life: history is short, and a restored etcd may be behind what was seen (rules R3, R4).
                relist = RelistReason.Expired;
                LogExpired(where, lastVersion);
                if (eventsOfWatch > 0)
                {
                    return relist;
                }
            }
            catch (KubeApiException e)
            {
                retryAfter = e.RetryAfter;
                relist = CanResume(e) ? null : RelistReason.Error;
                Fail("watch", e.Code, Explain("watch", e), null);
            }
            catch (Exception e)
            {
                relist = RelistReason.Error;
                Fail("watch", 0, e.Message, e);
            }

            await Task.Delay(backoff.Next(retryAfter), time, cancellationToken);
            if (relist is not null)
            {
                return relist;
            }
        }
    }

    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        // Random, so that replicas and kinds do not come back together (rule T3).
        var timeout = TimeSpan.FromSeconds(Random.Shared.Next(300, 601));
        using var deadline = new CancellationTokenSource(timeout + DeadlineMargin, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        var options = new WatchOptions
        {
            ResourceVersion = lastVersion,
            Timeout = timeout,
            LabelSelector = listOptions.LabelSelector,
            FieldSelector = listOptions.FieldSelector,
            FailFast = true,
        };
        await foreach (var change in client.WatchAsync(type, scope, options, either.Token).WithCancellation(either.Token))
        {
            eventsOfWatch++;
            if (change.DecodeError is { } error)
            {
                NoteUndecoded(change.Metadata, error);
            }

            sink.Apply(scope, change);
            if (!string.IsNullOrEmpty(change.Metadata.ResourceVersion))
            {
                // From every event, not from bookmarks alone: otherwise a reconnect replays a minute of events (rule R2).
                lastVersion = change.Metadata.ResourceVersion;
            }
        }
    }

    /// <summary>
    /// Whether the last version is still good after this answer: no answer, overload and refused credentials say nothing about it
    /// (rule R6). A missing kind, a refused version or a frame too large to read need a new list.
    /// </summary>
    private static bool CanResume(KubeApiException e) =>
        (e.IsTransport && !e.IsFrameTooLarge) || e.IsTooManyRequests || e.IsUnauthorized || e.IsForbidden
        || e.Code is 500 or 502 or 503 or 504;

    private string Explain(string verb, KubeApiException e) => e switch
    {
        { IsForbidden: true } => $"not allowed to {verb} {where}: grant the verbs list and watch on {type} to this service account ({e.StatusMessage})",
        { IsNotFound: true } => $"the server does not serve {type} in version {type.Version}: install its CustomResourceDefinition",
        { IsUnauthorized: true } => $"the credentials were refused when asking to {verb} {where} ({e.StatusMessage})",
        { IsTransport: true } => $"no answer when asking to {verb} {where}: {e.StatusMessage}",
        _ => $"{verb} {where}: {e.Code} {e.Reason}: {e.StatusMessage}",
    };

    private void Fail(string verb, int code, string message, Exception? cause)
    {
        metrics.ReflectorErrors.Add(1, kind, new("verb", verb), new("code", code));
        sink.Failed(scope, new ReflectorFailure(verb, code, message));
        // Said once: a kind that nobody installs would otherwise be missed aloud for ever.
        if (message != lastProblem)
        {
            LogFailed(code == 404 && !required ? LogLevel.Information : LogLevel.Warning, message, cause);
        }

        lastProblem = message;
    }

    private void NoteUndecoded(ObjectMeta metadata, string error)
    {
        metrics.DecodeErrors.Add(1, kind);
        LogUndecoded(type.Kind, ObjectKey.Of(metadata), error);
    }

    [LoggerMessage(LogLevel.Debug, "Listed {Count} {Where} at resource version {Version} ({Reason})")]
    private partial void LogListed(int count, string where, string version, string reason);

    [LoggerMessage(LogLevel.Information, "The history of {Where} before resource version {Version} is gone; listing again")]
    private partial void LogExpired(string where, string version);

    [LoggerMessage("{Problem}")]
    private partial void LogFailed(LogLevel level, string problem, Exception? cause);

    [LoggerMessage(LogLevel.Warning, "{Kind} {Key} cannot be decoded: {Error}")]
    private partial void LogUndecoded(string kind, ObjectKey key, string error);
}

/// <summary>Values of the label <c>reason</c> of <c>comptroller_reflector_relists_total</c>.</summary>
internal static class RelistReason
{
    public const string Initial = "initial";
    public const string Expired = "expired";
    public const string Error = "error";

    public static readonly IReadOnlyList<string> All = [Initial, Expired, Error];
}
