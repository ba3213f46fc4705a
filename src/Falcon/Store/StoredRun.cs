using Comptroller.Falcon.Hosts;
using Comptroller.Falcon.Reports;

namespace Comptroller.Falcon.Store;

/// <summary>How a run ended.</summary>
public enum RunResult
{
    /// <summary>Everything was fetched and graded.</summary>
    Complete,

    /// <summary>As complete, but some policy could not be read; it counts as failed.</summary>
    Degraded,

    /// <summary>Some type of policy could not be fetched. Reports say which; the stored data stays that of the last complete run.</summary>
    Partial,

    /// <summary>Nothing can be said.</summary>
    Failed,
}

/// <summary>What is kept of every run, for trends.</summary>
public sealed record StoredRun
{
    /// <summary>Rising; 0 before it is stored.</summary>
    public long Id { get; init; }

    public string Cid { get; init => field = value ?? ""; } = "";

    public DateTimeOffset Started { get; init; }

    public DateTimeOffset Ended { get; init; }

    public RunResult Result { get; init; }

    public PolicySummary Policies { get; init; }

    public HostCounts Hosts { get; init; }

    /// <summary>HTTP requests to the API.</summary>
    public long ApiCalls { get; init; }

    public long ApiErrors { get; init; }

    /// <summary>Requests that the API refused with 429.</summary>
    public long Throttled { get; init; }

    /// <summary>What went wrong; empty when nothing did.</summary>
    public string Message { get; init => field = value ?? ""; } = "";

    public TimeSpan Duration => Ended - Started;

    public bool Succeeded => Result is RunResult.Complete or RunResult.Degraded;
}

/// <summary>A host of a stored run.</summary>
public sealed record StoredHost(Host Host, HostVerdict Verdict, ZeroTrust? Trust, string LastCompliantScan);
