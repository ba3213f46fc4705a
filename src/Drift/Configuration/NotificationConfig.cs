using System.Collections.Immutable;
using System.Net;
using Comptroller.Drift.Comparison;
using Comptroller.Drift.Rules;

namespace Comptroller.Drift.Configuration;

/// <summary>Who is told of drifts.</summary>
public sealed record NotificationConfig
{
    /// <summary>How long drifts are gathered into one message.</summary>
    public TimeSpan GroupWindow { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a message is tried to be delivered before it is a dead letter.</summary>
    public TimeSpan GiveUpAfter { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Networks that may be sent to although they are this machine or link-local.</summary>
    public ImmutableArray<IPNetwork> AllowedNetworks { get; init; } = [];

    public ImmutableArray<ChannelConfig> Channels { get; init; } = [];
}

/// <summary>One place that is told.</summary>
public sealed record ChannelConfig
{
    /// <summary>How it is called in metrics, logs and dead letters.</summary>
    public required string Name { get; init; }

    public required ChannelType Type { get; init; }

    /// <summary>Where to, when that is no secret; null when <see cref="UrlFile"/> has it.</summary>
    public Uri? Url { get; init; }

    /// <summary>File with the address (or <c>env:NAME</c>): those of chat services are secrets.</summary>
    public string? UrlFile { get; init; }

    /// <summary>File with the key that a webhook is signed with (or <c>env:NAME</c>); null for none.</summary>
    public string? SecretFile { get; init; }

    /// <summary>File with a bearer token (or <c>env:NAME</c>); null for none.</summary>
    public string? TokenFile { get; init; }

    /// <summary>The least severity it is told of.</summary>
    public Severity Severity { get; init; } = Severity.Low;

    /// <summary>Types it is told of; empty for every one.</summary>
    public ImmutableArray<Wildcard> Types { get; init; } = [];

    /// <summary>Kinds it is told of; empty for every one.</summary>
    public ImmutableArray<FindingKind> Kinds { get; init; } = [];

    /// <summary>Whether it is told when a drift is over.</summary>
    public bool Resolved { get; init; } = true;
}

/// <summary>What a channel speaks.</summary>
public enum ChannelType
{
    Slack,
    Discord,
    Teams,
    Webhook,
    Alertmanager,
}
