using System.Collections.Immutable;
using Comptroller.Falcon.Api;
using Comptroller.Falcon.Grading;
using Comptroller.Falcon.Hosts;
using Comptroller.Falcon.Policies;
using Comptroller.Falcon.Reports;
using Comptroller.Falcon.Store;

namespace Comptroller.Falcon.Auditing;

/// <summary>
/// One audit: fetch, grade, roll up, report. Hosts go from the network into the store one by one; only policies are held. What
/// could not be fetched makes the run partial or failed, and then the data of the last complete run stays.
/// </summary>
public sealed class AuditRun(FalconApi api, AuditStore store, TimeProvider time)
{
    /// <summary>Called with how far the run is.</summary>
    public Action<AuditProgress>? Progress { get; init; }

    /// <summary>Writes the reports; called before the run becomes visible, so that a full disk fails the run.</summary>
    public Func<AuditOutcome, RunWriter, CancellationToken, Task>? Report { get; init; }

    /// <summary>Runs it. Failures of the API are in the outcome; those of the disk and of the store are thrown, with nothing stored.</summary>
    public async Task<AuditOutcome> RunAsync(AuditOptions options, CancellationToken cancellationToken)
    {
        var started = time.GetUtcNow();
        var before = (api.Client.Counters.Requests, api.Client.Counters.Errors, api.Client.Counters.ThrottledRequests);
        await store.PrepareAsync(cancellationToken);
        var types = ImmutableArray<TypeAudit>.Empty;
        StoredRun run;
        try
        {
            types = await PoliciesAsync(options, cancellationToken);
            await using var writer = await store.BeginAsync(cancellationToken);
            foreach (var type in types.Where(type => type.Fetched))
            {
                await writer.AddPoliciesAsync(type.Type, type.Policies, cancellationToken);
            }

            var fleet = await HostsAsync(types, options, writer, cancellationToken);
            types = await AssessmentsAsync(types, options, fleet, writer, cancellationToken);
            if (options.ZeroTrust)
            {
                await TrustAsync(writer, fleet.Count, cancellationToken);
            }

            var statuses = await writer.StatusesAsync(cancellationToken);
            run = Finish(types, fleet.Cid, HostVerdict.Counts(statuses, options.Types));
            var outcome = new AuditOutcome(run, types, options) { Statuses = statuses };
            Progress?.Invoke(new AuditProgress("reports", 0, 0));
            if (Report is not null)
            {
                await Report(outcome, writer, cancellationToken);
            }

            if (run.Succeeded)
            {
                await writer.CompleteAsync(run, outcome.Audited, cancellationToken);
                return outcome with { Run = run with { Id = writer.Id } };
            }
        }
        catch (Exception e) when (e is FalconApiException or MalformedPolicyException)
        {
            run = Finish(types, "", default) with { Result = RunResult.Failed, Message = e.Message };
        }

        await store.RecordAsync(run, cancellationToken);
        return new AuditOutcome(run, types, options);

        StoredRun Finish(ImmutableArray<TypeAudit> audited, string cid, HostCounts hosts)
        {
            var failures = audited.Where(type => !type.Fetched).ToList();
            var malformed = audited.Sum(type => type.Grades.Count(grade => grade.Ungradable is UngradableReason.Malformed or UngradableReason.SettingsUnavailable));
            return new StoredRun
            {
                Cid = cid,
                Started = started,
                Ended = time.GetUtcNow(),
                Result = failures.Count > 0 ? RunResult.Partial : malformed > 0 ? RunResult.Degraded : RunResult.Complete,
                Policies = audited.Aggregate(default(PolicySummary), (sum, type) => sum + type.Summary),
                Hosts = hosts,
                ApiCalls = api.Client.Counters.Requests - before.Requests,
                ApiErrors = api.Client.Counters.Errors - before.Errors,
                Throttled = api.Client.Counters.ThrottledRequests - before.ThrottledRequests,
                Message = failures.Count > 0 ? string.Join("; ", failures.Select(type => type.Error!.Message)) : malformed > 0 ? $"{malformed} policies cannot be read" : "",
            };
        }
    }

    private async Task<ImmutableArray<TypeAudit>> PoliciesAsync(AuditOptions options, CancellationToken cancellationToken)
    {
        var audits = ImmutableArray.CreateBuilder<TypeAudit>();
        foreach (var type in options.Types)
        {
            Progress?.Invoke(new AuditProgress($"{type.Name} policies", audits.Count, options.Types.Length));
            try
            {
                var policies = await PolicyFetch.RunAsync(api, type, cancellationToken);
                audits.Add(new TypeAudit(type, policies, Grade(type, policies, options.Grading), null));
            }
            catch (FalconApiException e) when (e.Failure != FalconFailure.Credentials)
            {
                // The other types are still worth fetching: the report then names everything that is missing at once.
                audits.Add(new TypeAudit(type, [], [], e));
            }
        }

        return audits.ToImmutable();
    }

    /// <summary>Grades policies of one type; needs no API.</summary>
    public static List<PolicyGrade> Grade(PolicyType type, IEnumerable<FetchedPolicy> policies, GradingFiles grading) =>
        [.. policies.Select(policy => Grader.Grade(type, policy.Policy, grading[type], policy.Settings))];

    private async Task<Fleet> HostsAsync(ImmutableArray<TypeAudit> types, AuditOptions options, RunWriter writer, CancellationToken cancellationToken)
    {
        var scans = await ScansAsync(types, options, cancellationToken);
        var grades = types.Where(type => type.Fetched).ToDictionary(type => type.Type, type => type.Grades);
        var rollup = new HostRollup([.. options.Types], grades, scans, AssessmentCoverage.None);
        var reader = new HostReader();
        var fleet = new Fleet();
        var total = await api.HostsAsync(
            options.HostFilter,
            HostReader.Fields,
            bytes =>
            {
                var host = reader.Read(bytes.Span);
                writer.Add(host, rollup.Verdict(host).Statuses, scans.LastCompliant(host.DeviceId));
                fleet.See(host);
            },
            (done, all) => Progress?.Invoke(new AuditProgress("hosts", done, all)),
            cancellationToken);
        fleet.Count = await writer.CountAsync(cancellationToken);
        return fleet.Count >= total ? fleet
            : throw new FalconApiException(FalconOperation.Devices, FalconFailure.Partial, $"only {fleet.Count} different hosts of {total} were received");
    }

    private async Task<ScanCoverage> ScansAsync(ImmutableArray<TypeAudit> types, AuditOptions options, CancellationToken cancellationToken)
    {
        var coverage = new ScanCoverage();
        if (types.FirstOrDefault(type => type.Type == PolicyType.ScheduledScan) is not { Fetched: true } scans)
        {
            return coverage;
        }

        foreach (var scan in scans.Policies.Select(policy => policy.Policy))
        {
            coverage.Add(scan.Text("id") ?? "", scan.Texts("host_groups"), scan.Texts("hosts"));
        }

        var passing = scans.Grades.Where(grade => grade.Passed == true).Select(grade => grade.Id).ToList();
        await api.ScanRunsAsync(passing, time.GetUtcNow() - options.ScanHistory, coverage.Completed, cancellationToken);
        return coverage;
    }

    // An assessment that could not be asked for fails nobody: its hosts are not graded.
    private async Task<ImmutableArray<TypeAudit>> AssessmentsAsync(
        ImmutableArray<TypeAudit> types, AuditOptions options, Fleet fleet, RunWriter writer, CancellationToken cancellationToken)
    {
        var index = types.Select(type => type.Type).ToList().IndexOf(PolicyType.ConfigurationAssessment);
        if (index < 0)
        {
            return types;
        }

        try
        {
            Progress?.Invoke(new AuditProgress("configuration assessments", 0, fleet.Assessed.Count));
            var found = await AssessmentProbe.RunAsync(fleet.Assessed.Select(entry => KeyValuePair.Create(entry.Key, (IReadOnlyList<Host>)entry.Value)), api.FindingsAsync, cancellationToken);
            var policies = found.Select(policy => new FetchedPolicy(policy.ToJson(), null)).ToList();
            foreach (var policy in found.GroupBy(policy => policy.Id, StringComparer.Ordinal))
            {
                await writer.SetAssessmentAsync(policy.Key, policy.Any(each => each.HasRuleGroups) ? HostStatus.Passed : HostStatus.Failed, cancellationToken);
            }

            if (found.Count > 0)
            {
                await writer.SetAssessmentAsync(null, HostStatus.Failed, cancellationToken);
            }

            await writer.ReplacePoliciesAsync(PolicyType.ConfigurationAssessment, policies, cancellationToken);
            return types.SetItem(index, new TypeAudit(PolicyType.ConfigurationAssessment, policies, Grade(PolicyType.ConfigurationAssessment, policies, options.Grading), null));
        }
        catch (FalconApiException e) when (e.Failure != FalconFailure.Credentials)
        {
            return types.SetItem(index, new TypeAudit(PolicyType.ConfigurationAssessment, [], [], e));
        }
    }

    private async Task TrustAsync(RunWriter writer, long total, CancellationToken cancellationToken)
    {
        var (done, last) = (0L, "");
        while (await writer.DeviceIdsAsync(last, 1000, cancellationToken) is { Count: > 0 } ids)
        {
            await api.AssessmentsAsync(
                ids,
                assessment =>
                {
                    if (assessment.Text("aid") is { } id && Hosts.ZeroTrust.Read(assessment) is { } trust)
                    {
                        writer.SetTrust(id, trust);
                    }
                },
                cancellationToken);
            last = ids[^1];
            Progress?.Invoke(new AuditProgress("Zero Trust assessments", done += ids.Count, total));
        }
    }

    /// <summary>What is remembered of hosts that have gone by: a few for each assessment policy.</summary>
    private sealed class Fleet
    {
        public string Cid { get; private set; } = "";

        public long Count { get; set; }

        public Dictionary<string, List<Host>> Assessed { get; } = new(StringComparer.Ordinal);

        public void See(Host host)
        {
            Cid = Cid.Length > 0 ? Cid : host.Cid;
            if (host.PolicyOf(PolicyType.ConfigurationAssessment) is not { } policy)
            {
                return;
            }

            if (!Assessed.TryGetValue(policy, out var hosts))
            {
                Assessed.Add(policy, hosts = []);
            }

            // Those seen last are the likeliest to have been assessed.
            if (hosts.Count < AssessmentProbe.MostHosts)
            {
                hosts.Add(host);
            }
            else if (hosts.Min(each => each.LastSeen) is { } oldest && string.CompareOrdinal(host.LastSeen, oldest) > 0)
            {
                hosts[hosts.FindIndex(each => each.LastSeen == oldest)] = host;
            }
        }
    }
}
