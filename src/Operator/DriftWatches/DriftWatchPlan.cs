using System.Collections.Immutable;
using System.Globalization;
using Comptroller.Crds.DriftWatches;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Operator.DriftWatches.Rendering;
using Comptroller.Operator.Workloads;

namespace Comptroller.Operator.DriftWatches;

/// <summary>What one DriftWatch comes to: the objects to apply, or why it cannot be rendered. Pure.</summary>
internal sealed record DriftWatchPlan
{
    /// <summary>The name is also a label's value and a part of names of Services.</summary>
    public const int LongestName = 40;

    /// <summary>Why nothing may be rendered, each naming its field; empty when the plan holds.</summary>
    public ImmutableArray<string> Errors { get; private init; } = [];

    /// <summary>How long until everything is compared again.</summary>
    public TimeSpan Interval { get; private init; }

    /// <summary>How long until something that is in the way is looked at again.</summary>
    public TimeSpan RetryInterval { get; private init; }

    /// <summary>In the order in which they are applied.</summary>
    public ImmutableArray<DesiredObject> Objects { get; private init; } = [];

    /// <summary>The configuration of the pods.</summary>
    public string Configuration { get; private init; } = "";

    public static DriftWatchPlan Make(DriftWatch resource, DriftWatchInputs inputs)
    {
        var (metadata, spec) = (resource.Metadata, resource.Spec);
        var interval = SpecDurations.Read(spec.Interval, "spec.interval");
        var retry = SpecDurations.Read(spec.RetryInterval ?? "1m", "spec.retryInterval");
        (TimeSpan Value, string? Error)[] durations =
        [
            interval, retry,
            SpecDurations.Read(spec.StateRefresh, "spec.stateRefresh"),
            SpecDurations.Read(spec.Comparison?.Interval ?? "1h", "spec.comparison.interval"),
            SpecDurations.Read(spec.Notifications.GiveUpAfter, "spec.notifications.giveUpAfter"),
            SpecDurations.Read(spec.Alerts.Interval, "spec.alerts.interval"),
        ];
        ImmutableArray<string> errors =
        [
            .. NameErrors(metadata.Name),
            .. durations.Select(duration => duration.Error).OfType<string>(),
            .. PeriodErrors(spec.GracePeriod, "spec.gracePeriod"),
            .. PeriodErrors(spec.Notifications.GroupWindow, "spec.notifications.groupWindow"),
            .. StateErrors(spec),
            .. WindowErrors(spec),
            .. UnionErrors(spec),
            .. PodNetwork.Errors(spec.Network.ToCidrs, "spec.network.toCIDRs"),
            .. PodNetwork.Errors(spec.Api.TrustedProxies, "spec.api.trustedProxies"),
            .. DriftWatchRules.Errors(spec.Alerts),
        ];
        if (!errors.IsEmpty)
        {
            return new DriftWatchPlan { Errors = errors };
        }

        var files = new DriftFiles();
        var configuration = DriftConfiguration.Render(spec, files);
        return new DriftWatchPlan
        {
            Interval = interval.Value,
            RetryInterval = retry.Value,
            Configuration = configuration,
            Objects =
            [
                .. new[]
                {
                    DriftObjects.Configuration(metadata, configuration),
                    FalcoObjects.Configuration(metadata, spec),
                    DriftObjects.VolumeClaim(metadata, spec),
                    DriftObjects.ServiceAccount(metadata, spec.Credentials),
                    DriftObjects.NetworkPolicy(metadata, spec, inputs),
                    DriftObjects.Service(metadata, spec),
                    DriftObjects.Deployment(metadata, spec, new WatchPod(metadata, spec, inputs).Template(configuration, files)),
                    DriftObjects.Autoscaler(metadata, spec),
                    DriftObjects.DisruptionBudget(metadata, spec),
                    DriftObjects.PodScrape(metadata, spec),
                    spec.Alerts.Enabled ? DriftWatchRules.Render(metadata, spec) : null,
                }.OfType<DesiredObject>(),
            ],
        };
    }

    private static IEnumerable<string> NameErrors(string name)
    {
        if (name.Length > LongestName)
        {
            yield return $"metadata.name: {name.Length} characters leave no room for the names of what is rendered; use at most {LongestName}";
        }
    }

    /// <summary>A time that may be nothing.</summary>
    private static IEnumerable<string> PeriodErrors(string text, string field)
    {
        if (!GoDuration.TryParse(text, out _, out var error))
        {
            yield return $"{field}: {error}";
        }
    }

    // CEL says the same where the CRD is as new as this binary, and `render` and `validate` have no CEL.
    private static IEnumerable<string> StateErrors(DriftWatchSpec spec)
    {
        if (spec.States.Count == 0)
        {
            yield return "spec.states: name at least one state; without one everything would look unmanaged";
        }

        foreach (var state in spec.States)
        {
            var field = $"spec.states[{state.Name}]";
            object?[] places = [state.File, state.S3, state.Gcs, state.Azurerm, state.Http, state.Kubernetes];
            if (places.Count(place => place is not null) != 1)
            {
                yield return $"{field}: name exactly one of file, s3, gcs, azurerm, http and kubernetes";
            }

            foreach (var error in FileErrors(state.File, $"{field}.file"))
            {
                yield return error;
            }

            if (state.Http is { } http)
            {
                if (!Uri.TryCreate(http.Url, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https") || address.UserInfo.Length > 0)
                {
                    yield return $"{field}.http.url: must be an http or https address without credentials";
                }

                if (http is { TokenSecretRef: not null, BasicAuth: not null })
                {
                    yield return $"{field}.http: tokenSecretRef and basicAuth exclude each other";
                }
            }
        }

        foreach (var error in FileErrors(spec.Comparison?.Plan, "spec.comparison.plan").Concat(FileErrors(spec.Baseline, "spec.baseline")))
        {
            yield return error;
        }
    }

    private static IEnumerable<string> FileErrors(DriftFile? file, string field)
    {
        if (file is null)
        {
            yield break;
        }

        string?[] places = [file.ConfigMap, file.Secret, file.Claim];
        if (places.Count(place => place is not null) != 1)
        {
            yield return $"{field}: name exactly one of configMap, secret and claim";
        }

        if (file.Path.Split('/').Any(part => part is "" or "." or ".."))
        {
            yield return $"{field}.path: \"{file.Path}\" must stay below the volume; write it without . and ..";
        }
        else if (file.Claim is null && file.Path.Contains('/'))
        {
            yield return $"{field}.path: \"{file.Path}\" is no key of a ConfigMap or Secret";
        }
    }

    private static IEnumerable<string> WindowErrors(DriftWatchSpec spec)
    {
        foreach (var window in spec.Windows)
        {
            var field = $"spec.windows[{window.Name}]";
            var (isOnce, isDaily) = (window is { From: not null, To: not null }, window is { Start: not null, End: not null });
            if (isOnce == isDaily || window.From is null != window.To is null || window.Start is null != window.End is null)
            {
                yield return $"{field}: a window has either from and to, or start and end";
            }
            else if (isOnce && Time(window.From!) is { } from && Time(window.To!) is { } to && to <= from)
            {
                yield return $"{field}.to: the window ends before it begins";
            }
        }

        foreach (var (text, field) in spec.Windows.SelectMany(window => new[] { (window.From, $"spec.windows[{window.Name}].from"), (window.To, $"spec.windows[{window.Name}].to") })
            .Concat(spec.Ignore.Select(rule => (rule.Until, $"spec.ignore[{rule.Name}].until"))).Where(each => each.Item1 is not null && Time(each.Item1) is null))
        {
            yield return $"{field}: \"{text}\" is no time; write 2026-12-31T00:00:00Z";
        }
    }

    private static IEnumerable<string> UnionErrors(DriftWatchSpec spec)
    {
        if (spec is { Replicas: not null, Autoscaling: not null })
        {
            yield return "spec.autoscaling: replicas and autoscaling exclude each other";
        }

        if (spec.Store is { Sqlite: not null, Postgres: not null })
        {
            yield return "spec.store.postgres: sqlite and postgres exclude each other";
        }

        if (spec.Store.Postgres is null && !DriftObjects.IsOne(spec))
        {
            yield return $"{(spec.Autoscaling is null ? "spec.replicas" : "spec.autoscaling")}: several replicas need store.postgres: a SQLite file has one writer";
        }

        if (spec.Autoscaling is { } scaling && scaling.MinReplicas > scaling.MaxReplicas)
        {
            yield return "spec.autoscaling.minReplicas: must not be more than maxReplicas";
        }

        if (spec.Credentials is { ServiceAccountName: not null, ServiceAccountAnnotations.Count: > 0 })
        {
            yield return "spec.credentials.serviceAccountAnnotations: an existing ServiceAccount keeps its own annotations; remove serviceAccountName or these";
        }

        foreach (var rule in spec.Ignore.Where(rule => rule is { Types.Count: 0, Addresses.Count: 0, Attributes.Count: 0, Actors.Count: 0, Tags.Count: 0, Kinds.Count: 0 }))
        {
            yield return $"spec.ignore[{rule.Name}]: this ignores everything; say what, by types, addresses, attributes, actors, tags or kinds";
        }

        foreach (var channel in spec.Notifications.Channels.Where(channel => channel.SigningSecretRef is not null && channel.Type != "Webhook"))
        {
            yield return $"spec.notifications.channels[{channel.Name}].signingSecretRef: only a Webhook is signed";
        }

        if (spec.Api.Jwt is { SecretRefs.Count: 0, KeysSecretRef: null })
        {
            yield return "spec.api.jwt: name the keys by secretRefs or keysSecretRef";
        }
    }

    private static DateTimeOffset? Time(string text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;
}
