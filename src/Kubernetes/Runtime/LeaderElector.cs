using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Model;
using Microsoft.Extensions.Logging;

namespace Comptroller.Kubernetes.Runtime;

/// <summary>
/// Sees to it that one process at a time acts, by a Lease. Whether another's lease has expired is judged by this process's
/// monotonic clock since the record last changed, never by comparing wall clocks (rule E2). Election is not fencing: writes must be
/// harmless when late (rule E6).
/// </summary>
public sealed partial class LeaderElector
{
    /// <summary>How long past the lease a leader that cannot renew may live before <c>/livez</c> fails (rule E8).</summary>
    internal static readonly TimeSpan HealthMargin = TimeSpan.FromSeconds(20);

    private readonly IKubeClient client;
    private readonly LeaderElectionOptions options;
    private readonly TimeProvider time;
    private readonly RuntimeContext context;
    private readonly EventRecorder? events;
    private readonly ILogger logger;
    private Lease? observed;
    private long observedAt;
    private long renewedAt;
    private volatile bool leading;
    private string? announcedHolder;

    /// <param name="client">A client of its own, so that no other traffic stands before a renewal (rule T10).</param>
    /// <param name="options">Validated here: see the exception.</param>
    /// <param name="context">Clock, logs, metrics.</param>
    /// <param name="events">Where leadership changes are told, if anywhere.</param>
    /// <exception cref="ArgumentException">The timings cannot work together (rule E1).</exception>
    public LeaderElector(IKubeClient client, LeaderElectionOptions options, RuntimeContext context, EventRecorder? events = null)
    {
        LeaderElectionOptions.Validate(options);
        this.client = client;
        this.options = options;
        this.context = context;
        this.events = events;
        time = context.Time;
        logger = context.Loggers.CreateLogger("leaderelection");
        context.Metrics.LeaderStatus.Add(() => leading ? 1 : 0, new KeyValuePair<string, object?>("name", options.Name));
        context.Metrics.LeaderSlowPath.Add(0, new KeyValuePair<string, object?>("name", options.Name));
    }

    /// <summary>True while this process may act: it leads, and its last renewal is younger than the renew deadline.</summary>
    public bool IsLeading => leading && time.GetElapsedTime(Volatile.Read(ref renewedAt)) < options.RenewDeadline;

    /// <summary>Why <c>/livez</c> must fail: this process believes that it leads and has not renewed for long (rule E8).</summary>
    public string? Problem =>
        leading && time.GetElapsedTime(Volatile.Read(ref renewedAt)) is var since && since > options.LeaseDuration + HealthMargin
            ? $"leading without renewal for {since.TotalSeconds:F0} s"
            : null;

    /// <summary>Returns once this process leads.</summary>
    public async Task AcquireAsync(CancellationToken cancellationToken)
    {
        LogWaiting(options.Identity, options.Namespace, options.Name);
        while (!await TryAcquireOrRenewAsync(options.RequestTimeout, cancellationToken))
        {
            await Task.Delay(options.RetryPeriod * (1 + (0.2 * Random.Shared.NextDouble())), time, cancellationToken);
        }

        leading = true;
        LogLeading(options.Identity);
        events?.Normal(KubernetesTypes.Leases, observed!.Metadata, "LeaderElection", "Acquire", $"{options.Identity} became leader");
    }

    /// <summary>Renews until the lease is lost, and returns then. Whoever acts under the lease must be stopped at once (rule E4).</summary>
    public async Task HoldAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var left = Left();
            await Task.Delay(left < options.RetryPeriod ? left : options.RetryPeriod, time, cancellationToken);
            left = Left();
            var renewed = left > TimeSpan.Zero
                && await TryAcquireOrRenewAsync(left < options.RequestTimeout ? left : options.RequestTimeout, cancellationToken);
            if (!renewed && (Left() <= TimeSpan.Zero || HolderOf(observed) != options.Identity))
            {
                leading = false;
                LogLost(options.Identity, HolderOf(observed));
                return;
            }
        }
    }

    /// <summary>
    /// Gives the lease up, after the last worker has stopped (rule E5): the next candidate need not wait for it to expire. Does
    /// nothing when this process does not lead.
    /// </summary>
    public async Task ReleaseAsync(CancellationToken cancellationToken)
    {
        if (!leading)
        {
            return;
        }

        leading = false;
        try
        {
            try
            {
                await GiveUpAsync(observed!, cancellationToken);
            }
            catch (KubeApiException e) when (e.IsConflict)
            {
                // A renewal that was cut off may have arrived all the same, and then the version known here is not the newest.
                var lease = await client.GetAsync(KubernetesTypes.Leases, options.Namespace, options.Name, cancellationToken);
                if (HolderOf(lease) != options.Identity)
                {
                    return;
                }

                await GiveUpAsync(lease, cancellationToken);
            }

            LogReleased(options.Identity);
        }
        catch (KubeApiException e)
        {
            // It expires by itself.
            Note(e);
        }
    }

    private Task<Lease> GiveUpAsync(Lease lease, CancellationToken cancellationToken) => ReplaceAsync(
        lease with
        {
            // One second, because the server takes no zero.
            Spec = (lease.Spec ?? new LeaseSpec()) with { HolderIdentity = "", LeaseDurationSeconds = 1, RenewTime = time.GetUtcNow() },
        },
        cancellationToken);

    private TimeSpan Left() => options.RenewDeadline - time.GetElapsedTime(Volatile.Read(ref renewedAt));

    private async Task<bool> TryAcquireOrRenewAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            return (leading && await TryRenewAsync(either.Token)) || await TryTakeAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            LogTimedOut(options.Namespace, options.Name, limit);
            return false;
        }
        catch (KubeApiException e)
        {
            Note(e);
            return false;
        }
    }

    /// <summary>The usual case: one PUT against the version known (rule E3).</summary>
    private async Task<bool> TryRenewAsync(CancellationToken cancellationToken)
    {
        try
        {
            await WriteAsync(observed!, cancellationToken);
            return true;
        }
        catch (KubeApiException e)
        {
            context.Metrics.LeaderSlowPath.Add(1, new KeyValuePair<string, object?>("name", options.Name));
            if (!e.IsConflict)
            {
                Note(e);
            }

            return false;
        }
    }

    private async Task<bool> TryTakeAsync(CancellationToken cancellationToken)
    {
        Lease lease;
        try
        {
            lease = await client.GetAsync(KubernetesTypes.Leases, options.Namespace, options.Name, cancellationToken);
        }
        catch (KubeApiException e) when (e.IsNotFound)
        {
            await WriteAsync(null, cancellationToken);
            return true;
        }

        Observe(lease);
        // No holder, be it null or empty: released, or created by a manifest (KC treats that as absent, for ever).
        if (HolderOf(lease) is { Length: > 0 } holder && holder != options.Identity && !HasExpired(lease))
        {
            if (holder != announcedHolder)
            {
                announcedHolder = holder;
                LogFollowing(holder);
            }

            return false;
        }

        await WriteAsync(lease, cancellationToken);
        return true;
    }

    private bool HasExpired(Lease lease)
    {
        // The duration that the holder promised, not ours (KC #1640).
        var duration = lease.Spec?.LeaseDurationSeconds is { } seconds and > 0 ? TimeSpan.FromSeconds(seconds) : options.LeaseDuration;
        return time.GetElapsedTime(observedAt) >= duration;
    }

    private void Observe(Lease lease)
    {
        if (observed is null || observed.Metadata.Uid != lease.Metadata.Uid || observed.Spec != lease.Spec)
        {
            observedAt = time.GetTimestamp();
        }

        observed = lease;
    }

    private async Task WriteAsync(Lease? lease, CancellationToken cancellationToken)
    {
        // Before the request: the lease counts from when the server saw it, which is not earlier.
        var sent = time.GetTimestamp();
        var now = time.GetUtcNow();
        var mine = lease is not null && HolderOf(lease) == options.Identity;
        var spec = (lease?.Spec ?? new LeaseSpec()) with
        {
            HolderIdentity = options.Identity,
            LeaseDurationSeconds = (int)Math.Ceiling(options.LeaseDuration.TotalSeconds),
            RenewTime = now,
            AcquireTime = mine ? lease!.Spec!.AcquireTime ?? now : now,
            LeaseTransitions = (lease?.Spec?.LeaseTransitions ?? 0) + (mine || lease is null ? 0 : 1),
        };
        var written = lease is null
            ? await client.CreateAsync(
                KubernetesTypes.Leases,
                options.Namespace,
                ToJson(new Lease { Metadata = new ObjectMeta { Name = options.Name, Namespace = options.Namespace }, Spec = spec }),
                options.Name,
                cancellationToken)
            : await ReplaceAsync(lease with { Spec = spec }, cancellationToken);
        Observe(written);
        Volatile.Write(ref renewedAt, sent);
    }

    private Task<Lease> ReplaceAsync(Lease lease, CancellationToken cancellationToken) =>
        client.ReplaceAsync(KubernetesTypes.Leases, options.Namespace, options.Name, ToJson(lease), options.Name, cancellationToken);

    private void Note(KubeApiException e)
    {
        context.Metrics.LeaderErrors.Add(1, new("name", options.Name), new("code", e.Code));
        if (e.IsForbidden)
        {
            LogForbidden(e.Verb, options.Namespace, e.StatusMessage);
            events?.Warning(
                KubernetesTypes.Leases, new ObjectMeta { Name = options.Name, Namespace = options.Namespace }, "LeaderElectionForbidden", "Acquire",
                "the service account may not get, create and update leases");
        }
        else if (!e.IsConflict && !e.IsAlreadyExists)
        {
            LogFailed(e.Message);
        }
    }

    private static string? HolderOf(Lease? lease) => lease?.Spec?.HolderIdentity;

    private static JsonObject ToJson(Lease lease) => JsonSerializer.SerializeToNode(lease, KubernetesJson.Default.Lease)!.AsObject();

    [LoggerMessage(LogLevel.Information, "{Identity} waits for the lease {Namespace}/{Name}")]
    private partial void LogWaiting(string identity, string @namespace, string name);

    [LoggerMessage(LogLevel.Information, "{Identity} leads")]
    private partial void LogLeading(string identity);

    [LoggerMessage(LogLevel.Information, "{Holder} leads; standing by")]
    private partial void LogFollowing(string holder);

    [LoggerMessage(LogLevel.Error, "{Identity} lost the lease; its holder is {Holder}")]
    private partial void LogLost(string identity, string? holder);

    [LoggerMessage(LogLevel.Information, "{Identity} released the lease")]
    private partial void LogReleased(string identity);

    [LoggerMessage(LogLevel.Warning, "The lease {Namespace}/{Name} did not answer within {Limit}")]
    private partial void LogTimedOut(string @namespace, string name, TimeSpan limit);

    [LoggerMessage(LogLevel.Error, "Not allowed to {Verb} the lease: grant get, create and update on leases.coordination.k8s.io in {Namespace} ({Answer})")]
    private partial void LogForbidden(string verb, string @namespace, string answer);

    [LoggerMessage(LogLevel.Warning, "Leader election: {Problem}")]
    private partial void LogFailed(string problem);
}
