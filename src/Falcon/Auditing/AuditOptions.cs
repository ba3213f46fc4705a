using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Comptroller.Falcon.Grading;
using Comptroller.Falcon.Policies;

namespace Comptroller.Falcon.Auditing;

/// <summary>What an audit is about.</summary>
public sealed record AuditOptions
{
    /// <summary>What is audited when nobody says otherwise; as the replaced tool's daemon.</summary>
    public static readonly ImmutableArray<PolicyType> DefaultTypes =
        [PolicyType.Prevention, PolicyType.SensorUpdate, PolicyType.ContentUpdate, PolicyType.Firewall, PolicyType.DeviceControl, PolicyType.ItAutomation];

    public ImmutableArray<PolicyType> Types { get; init; } = DefaultTypes;

    public GradingFiles Grading { get; init; } = GradingFiles.BuiltIn;

    /// <summary>FQL over hosts; null for all.</summary>
    public string? HostFilter { get; init; }

    /// <summary>Types of hosts that <see cref="HostFilter"/> names, for the reports; null when it names none.</summary>
    public IReadOnlyList<string>? ProductTypes { get; init; }

    /// <summary>Which Zero Trust scores are fetched.</summary>
    public TrustScope ZeroTrust { get; init; }

    /// <summary>Runs of scheduled scans older than this are not looked at.</summary>
    public TimeSpan ScanHistory { get; init; } = TimeSpan.FromDays(30);

    /// <summary>
    /// The same for audits about the same by the same API client, grading files included: only such an audit goes on where another was stopped. Policies carry
    /// no customer, so that those of one tenant would be graded as another's.
    /// </summary>
    public string Identity(Api.FalconClientOptions client)
    {
        var text = string.Join('\n', [
            client.Address.AbsoluteUri, client.Credentials.Read().ClientId, client.Credentials.MemberCid ?? "",
            HostFilter ?? "", $"{ZeroTrust}", $"{ScanHistory}", .. Types.Select(type => $"{type.Key} {Grading[type].Digest}"),
        ]);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }
}

/// <summary>Whose Zero Trust scores are fetched.</summary>
public enum TrustScope
{
    None,

    /// <summary>That of the whole customer: one request.</summary>
    Tenant,

    /// <summary>That of the customer and those of the audited hosts: a request per 100 hosts.</summary>
    Hosts,
}

/// <summary>What became of one type of policy.</summary>
public sealed record TypeAudit(PolicyType Type, IReadOnlyList<Store.FetchedPolicy> Policies, IReadOnlyList<PolicyGrade> Grades, Api.FalconApiException? Error)
{
    public bool Fetched => Error is null;

    public bool MissingScope => Error?.Failure == Api.FalconFailure.Scope;

    public Reports.PolicySummary Summary => Reports.PolicySummary.Of(Grades);
}

/// <summary>What is known of a run once its data is in: what reports are written from.</summary>
public sealed record AuditOutcome(Store.StoredRun Run, ImmutableArray<TypeAudit> Types, AuditOptions Options)
{
    /// <summary>How many hosts stand alike.</summary>
    public IReadOnlyList<KeyValuePair<Hosts.HostStatuses, long>> Statuses { get; init; } = [];

    /// <summary>Zero Trust score of the customer; null when it was not asked for.</summary>
    public Hosts.TenantTrust? Trust { get; init; }

    /// <summary>It went on where an earlier process stopped.</summary>
    public bool IsResumed { get; init; }

    public ImmutableArray<PolicyType> Audited => [.. Types.Select(type => type.Type)];
}

/// <summary>How far a run is.</summary>
/// <param name="Step">What is being done, for people.</param>
/// <param name="Done">Of <paramref name="Total"/>.</param>
/// <param name="Total">0 when unknown.</param>
public readonly record struct AuditProgress(string Step, long Done, long Total);
