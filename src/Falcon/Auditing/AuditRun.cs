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
    // What was fetched before a stop and after it ends up in one report: more than an hour apart it would be about no time at all.
    private static readonly TimeSpan MostAge = TimeSpan.FromHours(1);

    // Of the two minutes that the API gives the token of a page.
    private static readonly TimeSpan PageLife = TimeSpan.FromSeconds(100);

    /// <summary>Called with how far the run is.</summary>
    public Action<AuditProgress>? Progress { get; init; }

    /// <summary>
    /// Writes the reports before the run becomes visible, so that a full disk fails the run, and then calls what makes it visible, so that the reports
    /// of one that cannot be stored are taken back. That call ends whole, whoever asks the run to stop; for a run that brought no data it does nothing.
    /// </summary>
    public Func<AuditOutcome, RunWriter, Func<Task>, CancellationToken, Task>? Report { get; init; }

    /// <summary>
    /// Runs it, or goes on with one about the same that was stopped within the last hour. Failures of the API are in the outcome; those
    /// of the disk and of the store are thrown, with nothing stored. Stopped, it leaves a checkpoint.
    /// </summary>
    public async Task<AuditOutcome> RunAsync(AuditOptions options, CancellationToken cancellationToken)
    {
        var (now, about) = (time.GetUtcNow(), options.Identity(api.Client.Options));
        var types = ImmutableArray<TypeAudit>.Empty;
        StoredRun run;
        await store.PrepareAsync(cancellationToken);
        var owner = await store.CustomerAsync(cancellationToken);
        await using (var writer = await store.BeginAsync(stopped => stopped.About == about && now - stopped.Started is var age && age >= TimeSpan.Zero && age <= MostAge, cancellationToken))
        {
            var progress = new RunProgress(writer, api.Client.Counters, time, writer.Resumed ?? new RunCheckpoint { About = about, Started = now, Saved = now });
            try
            {
                types = await PoliciesAsync(options, writer, cancellationToken);
                progress.IsResumable = types.All(type => type.Fetched);
                var fleet = await HostsAsync(types, options, writer, progress, cancellationToken);
                if (owner.Length > 0 && fleet.Customers.Count > 0 && !fleet.Customers.Contains(owner))
                {
                    // Two tenants in one store would replace each other's hosts, and a score would fall and rise by whose turn it is.
                    throw new FormatException($"the store {store.Connections.Kind} holds audits of the customer {owner}, and these hosts are of {fleet.Cid}: give each tenant a store of its own");
                }

                types = await ScannedGroupsAsync(types, writer, cancellationToken);
                // A type whose groups could not be asked for is not taken up as if it had been fetched.
                progress.IsResumable = types.All(type => type.Fetched);
                types = await AssessmentsAsync(types, options, fleet, writer, cancellationToken);
                var trust = options.ZeroTrust == TrustScope.None ? null : await api.TenantTrustAsync(cancellationToken);
                if (options.ZeroTrust == TrustScope.Hosts)
                {
                    await TrustAsync(writer, fleet.Count, progress, cancellationToken);
                }

                var statuses = await writer.StatusesAsync(cancellationToken);
                run = Finish(types, progress, HostVerdict.Counts(statuses, options.Types));
                if (run is { Result: RunResult.Complete, Hosts.Total: 0 })
                {
                    // A filter that is mistyped looks like this: it must not look like a clean fleet.
                    run = run with { Message = options.HostFilter is null ? "the tenant has no host" : "no host matches the filter" };
                }

                var outcome = new AuditOutcome(run, types, options) { Statuses = statuses, Trust = trust, IsResumed = writer.Resumed is not null };
                Progress?.Invoke(new AuditProgress("reports", 0, 0));
                var ended = run;
                await (Report?.Invoke(outcome, writer, CompleteAsync, cancellationToken) ?? CompleteAsync());
                if (ended.Succeeded)
                {
                    return outcome with { Run = ended with { Id = writer.Id } };
                }

                Task CompleteAsync() => ended.Succeeded ? writer.CompleteAsync(ended, outcome.Audited, trust) : Task.CompletedTask;
            }
            catch (OperationCanceledException)
            {
                await progress.StopAsync();
                throw;
            }
            catch (Exception e) when (e is FalconApiException or MalformedPolicyException)
            {
                run = Finish(types, progress, default) with { Result = RunResult.Failed, Message = e.Message };
            }
        }

        await store.RecordAsync(run, cancellationToken);
        return new AuditOutcome(run, types, options);
    }

    private StoredRun Finish(ImmutableArray<TypeAudit> types, RunProgress progress, HostCounts hosts)
    {
        var failures = types.Where(type => !type.Fetched).ToList();
        var malformed = types.Sum(type => type.Grades.Count(grade => grade.Ungradable is UngradableReason.Malformed or UngradableReason.SettingsUnavailable));
        var costs = progress.Costs(progress.At);
        return new StoredRun
        {
            Cid = costs.Cid,
            Started = costs.Started,
            Ended = time.GetUtcNow(),
            Result = failures.Count > 0 ? RunResult.Partial : malformed > 0 ? RunResult.Degraded : RunResult.Complete,
            Policies = types.Aggregate(default(PolicySummary), (sum, type) => sum + type.Summary),
            Hosts = hosts,
            ApiCalls = costs.ApiCalls,
            ApiErrors = costs.ApiErrors,
            Throttled = costs.Throttled,
            Message = failures.Count > 0 ? string.Join("; ", failures.Select(type => type.Error!.Message)) : malformed > 0 ? $"{malformed} policies cannot be read" : "",
        };
    }

    private async Task<ImmutableArray<TypeAudit>> PoliciesAsync(AuditOptions options, RunWriter writer, CancellationToken cancellationToken)
    {
        var stored = await writer.PoliciesAsync(cancellationToken);
        var audits = ImmutableArray.CreateBuilder<TypeAudit>();
        foreach (var type in options.Types)
        {
            Progress?.Invoke(new AuditProgress($"{type.Name} policies", audits.Count, options.Types.Length));
            try
            {
                if (!stored.TryGetValue(type, out var policies))
                {
                    policies = await PolicyFetch.RunAsync(api, type, cancellationToken);
                    await writer.AddPoliciesAsync(type, policies, cancellationToken);
                }

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

    private async Task<Fleet> HostsAsync(ImmutableArray<TypeAudit> types, AuditOptions options, RunWriter writer, RunProgress progress, CancellationToken cancellationToken)
    {
        var fleet = new Fleet();
        var from = await PageAsync(writer, progress, cancellationToken);
        if (from.Received > 0 || progress.At.HostsComplete)
        {
            await foreach (var host in writer.HostsAsync(options.Types, cancellationToken))
            {
                fleet.See(host.Host);
            }
        }

        if (!progress.At.HostsComplete)
        {
            var scans = await ScansAsync(types, options, cancellationToken);
            var grades = types.Where(type => type.Fetched).ToDictionary(type => type.Type, type => type.Grades);
            var rollup = new HostRollup([.. options.Types], grades, scans, AssessmentCoverage.None);
            var reader = new HostReader();
            long total;
            try
            {
                total = await api.HostsAsync(options.HostFilter, HostReader.Fields, from, Host, ReachedAsync, cancellationToken);
            }
            catch (FalconApiException e) when (from.Received > 0 && from.Received == progress.At.Received && e.Failure is FalconFailure.Refused or FalconFailure.Partial)
            {
                // The API no longer knows the page from before the stop.
                await writer.ClearHostsAsync(cancellationToken);
                total = await api.HostsAsync(options.HostFilter, HostReader.Fields, default, Host, ReachedAsync, cancellationToken);
            }

            var count = await writer.CountAsync(cancellationToken);
            if (count < total)
            {
                throw new FalconApiException(FalconOperation.Devices, FalconFailure.Partial, $"only {count} different hosts of {total} were received");
            }

            await progress.ReachedAsync(progress.At with { Cid = Cid(), HostsComplete = true, NextPage = null }, cancellationToken);

            void Host(ReadOnlyMemory<byte> bytes)
            {
                var host = reader.Read(bytes.Span);
                writer.Add(host, rollup.Verdict(host).Statuses, scans.LastCompliant(host.DeviceId));
                fleet.See(host);
            }

            Task ReachedAsync(HostPage page)
            {
                Progress?.Invoke(new AuditProgress("hosts", page.Received, page.Total));
                return progress.ReachedAsync(progress.At with { Cid = Cid(), NextPage = page.Next, Received = page.Received, Total = page.Total }, cancellationToken);
            }

            // Stored hosts do not carry the customer: of those the checkpoint tells.
            string Cid() => fleet.Cid.Length > 0 ? fleet.Cid : progress.At.Cid;
        }

        fleet.Count = await writer.CountAsync(cancellationToken);
        return fleet;
    }

    // A page is continued while its token lives; else the hosts come anew, and those that have gone meanwhile do not stay.
    private async Task<HostPage> PageAsync(RunWriter writer, RunProgress progress, CancellationToken cancellationToken)
    {
        var at = progress.At;
        if (writer.Resumed is null || at.HostsComplete)
        {
            return default;
        }

        if (at.NextPage is { } next && time.GetUtcNow() - at.Saved < PageLife)
        {
            return new HostPage(at.Received, at.Total, next);
        }

        await writer.ClearHostsAsync(cancellationToken);
        return default;
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

    // A record without groups does not tell which scans cover its host. Then the groups are asked, each once however many scans name it; of
    // scans that do not pass nobody need know whom they cover.
    private async Task<ImmutableArray<TypeAudit>> ScannedGroupsAsync(ImmutableArray<TypeAudit> types, RunWriter writer, CancellationToken cancellationToken)
    {
        var index = types.Select(type => type.Type).ToList().IndexOf(PolicyType.ScheduledScan);
        if (index < 0 || !types[index].Fetched || await writer.CountUngroupedAsync(cancellationToken) == 0)
        {
            return types;
        }

        var passing = types[index].Grades.Where(grade => grade.Passed == true).Select(grade => grade.Id).ToHashSet(StringComparer.Ordinal);
        var coverage = new ScanCoverage();
        foreach (var scan in types[index].Policies.Select(policy => policy.Policy).Where(scan => passing.Contains(scan.Text("id") ?? "")))
        {
            coverage.Add(scan.Text("id")!, scan.Texts("host_groups"), []);
        }

        try
        {
            var done = 0;
            foreach (var group in coverage.Groups)
            {
                Progress?.Invoke(new AuditProgress("host groups of scans", done++, coverage.Groups.Count));
                await api.GroupMembersAsync(group, writer.SetScanned, cancellationToken);
            }

            return types;
        }
        catch (FalconApiException e) when (e.Failure != FalconFailure.Credentials)
        {
            await writer.SetScansUnknownAsync(cancellationToken);
            return types.SetItem(index, new TypeAudit(PolicyType.ScheduledScan, [], [], e));
        }
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

    private async Task TrustAsync(RunWriter writer, long total, RunProgress progress, CancellationToken cancellationToken)
    {
        var done = 0L;
        while (await writer.DeviceIdsAsync(progress.At.LastAssessed, 1000, cancellationToken) is { Count: > 0 } ids)
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
            Progress?.Invoke(new AuditProgress("Zero Trust assessments", done += ids.Count, total));
            await progress.ReachedAsync(progress.At with { LastAssessed = ids[^1] }, cancellationToken);
        }
    }
}
