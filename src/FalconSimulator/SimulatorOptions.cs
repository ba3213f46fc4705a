namespace Comptroller.FalconSimulator;

/// <summary>What is simulated.</summary>
public sealed record SimulatorOptions
{
    public int Hosts { get; init; } = 1000;

    /// <summary>Policies of all types together; at least one of each.</summary>
    public int Policies { get; init; } = 50;

    /// <summary>TCP port on loopback; 0 for any free one.</summary>
    public int Port { get; init; }

    public string ClientId { get; init; } = "simulated-client";

    public string ClientSecret { get; init; } = "simulated-secret";

    public string Cid { get; init; } = "0123456789abcdef0123456789abcdef";

    /// <summary>How long a token is good for.</summary>
    public TimeSpan TokenLifetime { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>Requests with a valid token in any 60 seconds; above it the answer is 429. The real limit is 6 000.</summary>
    public int RequestsPerMinute { get; init; } = 6000;

    /// <summary>Most results of a page, whatever limit is asked for.</summary>
    public int PageCap { get; init; } = int.MaxValue;

    /// <summary>Hosts, by their number, whose records do not name their groups; null for none.</summary>
    public Func<int, bool>? WithoutGroups { get; init; }

    /// <summary>Overall Zero Trust score of a host by its number.</summary>
    public Func<int, int> TrustScore { get; init; } = _ => 75;

    /// <summary>The Foundry app that has a collection.</summary>
    public string AppId { get; init; } = "fedcba9876543210fedcba9876543210";

    /// <summary>Its collection.</summary>
    public string Collection { get; init; } = "policy_audits";

    /// <summary>Hosts that have enrolled since, with ids before all others: a walk that has begun does not meet them, and the total counts them.</summary>
    public Func<int>? HostsJoined { get; init; }

    /// <summary>What to do wrong. Called with each request before it is answered; null for nothing.</summary>
    public Func<SimulatedRequest, Fault?>? Faults { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;
}

/// <summary>One request.</summary>
/// <param name="Path">Without address and query.</param>
/// <param name="Number">How often this path was asked for, this time included.</param>
/// <param name="Query">As it was sent.</param>
/// <param name="Method">GET, POST or PUT.</param>
public sealed record SimulatedRequest(string Path, int Number, string Query, string Method);

/// <summary>One way to go wrong.</summary>
public sealed record Fault
{
    /// <summary>Answers with this status and an error envelope.</summary>
    public int? Status { get; init; }

    /// <summary>With status 429: when to come back.</summary>
    public DateTimeOffset? RetryAfter { get; init; }

    /// <summary>403 as for a missing scope.</summary>
    public bool MissingScope { get; init; }

    /// <summary>Breaks the connection in the middle of the answer.</summary>
    public bool Cut { get; init; }

    /// <summary>Waits before answering.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>Sends the headers and no body, until the client goes.</summary>
    public bool Stall { get; init; }

    /// <summary>200 with an entry in <c>errors</c>.</summary>
    public bool PartialErrors { get; init; }

    /// <summary>Forgets every token.</summary>
    public bool RevokeTokens { get; init; }

    /// <summary>Ends the pages as if there were no more.</summary>
    public bool EndEarly { get; init; }

    /// <summary>The first policy of the answer has a shape that the API never sends.</summary>
    public bool MalformedPolicy { get; init; }
}
