using System.Collections.Immutable;
using Comptroller.Falcon.Auditing;
using Comptroller.Falcon.Policies;
using Comptroller.Falcon.RateLimiting;
using Comptroller.Falcon.Scheduling;

namespace Comptroller.Falcon.Configuration;

/// <summary>What a <c>config.yaml</c> says, defaults filled in.</summary>
public sealed record FalconConfig
{
    /// <summary>Path of the SQLite file, or a PostgreSQL address.</summary>
    public string Store { get; init; } = "data/db.sqlite";

    /// <summary>The collection that holds the last complete run for every machine; null where the store is all there is.</summary>
    public FoundrySettings? Foundry { get; init; }

    public string? ClientId { get; init; }

    public string? ClientSecret { get; init; }

    /// <summary>Region or address; null when it comes from the environment.</summary>
    public string? BaseUrl { get; init; }

    public string? MemberCid { get; init; }

    /// <summary>Before <c>CLIENT_ID</c>, <c>CLIENT_SECRET</c> and <c>BASE_URL</c> in the environment.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>Directory of grading files; null for <c>grading</c> beside the file, where there is one.</summary>
    public string? Grading { get; init; }

    public TrustScope ZeroTrust { get; init; }

    public ImmutableDictionary<string, int> Ttl { get; init; } = ImmutableDictionary<string, int>.Empty;

    public int DefaultTtl { get; init; } = PolicyTtl.DefaultSeconds;

    public string LogLevel { get; init; } = "INFO";

    public CronSchedule FetchAndGrade { get; init; } = CronSchedule.Parse("0 */2 * * *");

    public CronSchedule Cleanup { get; init; } = CronSchedule.Parse("0 2 * * *");

    public CronSchedule Metrics { get; init; } = CronSchedule.Parse("*/30 * * * *");

    public TimeZoneInfo TimeZone { get; init; } = TimeZoneInfo.Utc;

    public MissedRuns MissedRuns { get; init; } = MissedRuns.Once;

    public TimeSpan CheckInterval { get; init; } = TimeSpan.FromSeconds(60);

    public ImmutableArray<PolicyType> PolicyTypes { get; init; } = AuditOptions.DefaultTypes;

    /// <summary>Empty for Workstation, Domain Controller and Server; <c>all</c> for all.</summary>
    public ImmutableArray<string> ProductTypes { get; init; } = [];

    public RateLimit RateLimit { get; init; } = RateLimit.Small;

    public bool Compress { get; init; }

    public TimeSpan MaxAge { get; init; } = TimeSpan.FromDays(30);

    public int MaxFilesPerType { get; init; } = 100;

    public bool HealthEnabled { get; init; } = true;

    public int HealthPort { get; init; } = 8088;

    /// <summary>Every interface: a probe comes from outside of the container.</summary>
    public string HealthAddress { get; init; } = "0.0.0.0";

    /// <summary>The product types to ask for.</summary>
    public IReadOnlyList<string> AskedProductTypes => ProductTypes.IsEmpty ? ["Workstation", "Domain Controller", "Server"] : ProductTypes;
}

/// <summary>A collection of a Foundry app.</summary>
/// <param name="AppId">32 hexadecimal digits.</param>
/// <param name="Collection">Name of the collection.</param>
public sealed record FoundrySettings(string AppId, string Collection)
{
    /// <summary>An API client of its own; null for that of the audit.</summary>
    public string? ClientId { get; init; }

    public string? ClientSecret { get; init; }

    /// <summary>Region or address; null for that of the audit.</summary>
    public string? BaseUrl { get; init; }

    public override string ToString() => Collection;
}

/// <summary>What becomes of audits that were due while another ran, or while the daemon did not run.</summary>
public enum MissedRuns
{
    /// <summary>One run at once makes up for all of them.</summary>
    Once,

    /// <summary>The next slot is waited for.</summary>
    Skip,
}
