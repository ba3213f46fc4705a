using System.Text.Json.Nodes;
using Comptroller.Falcon.Hosts;
using Comptroller.Falcon.Policies;
using Comptroller.Falcon.Reports;
using Comptroller.Falcon.Store;

namespace Comptroller.Operator.Verbs.Falcon;

/// <summary>Hosts as they are read: as a table, as CSV, or as one JSON object a line.</summary>
internal sealed class HostTableWriter(string format)
{
    public async Task<int> WriteAsync(AuditStore store, StoredRun run, HostFilter filter, TextWriter output, CancellationToken cancellationToken, bool wide = false)
    {
        var audited = await store.AuditedAsync(run.Id, cancellationToken);
        var trust = await store.TenantTrustAsync(run.Id, cancellationToken);
        var scored = filter.Scores is not null;
        if (format == "csv")
        {
            await output.WriteLineAsync(Csv.Line(["Hostname", "Device ID", "Platform", .. audited.Select(type => type.DisplayName), "Zero Trust"]).AsMemory(), cancellationToken);
        }
        else if (format == "text" && !wide)
        {
            await output.WriteLineAsync($"{"HOSTNAME",-30} {"PLATFORM",-9} {string.Join(' ', audited.Select(type => $"{type.ShortName,-5}"))}{(scored ? " ZTA" : "")}");
        }

        var counts = default(HostCounts);
        await foreach (var stored in store.HostsAsync(run.Id, audited, cancellationToken))
        {
            if (!filter.Matches(stored.Host, stored.Verdict.AllPassed, stored.Verdict.AnyFailed))
            {
                continue;
            }

            // What was asked for just now outweighs what the run has stored.
            var row = filter.Scores is null ? stored : stored with { Trust = (stored.Trust ?? default(ZeroTrust)) with { Overall = filter.Scores[stored.Host.DeviceId] } };

            counts = counts.Plus(row.Verdict.AllPassed, row.Verdict.AnyFailed);
            var text = format switch
            {
                "json" => Json(row, audited).ToJsonString(),
                "csv" => Csv.Line([row.Host.Hostname, row.Host.DeviceId, row.Host.Platform, .. audited.Select(type => row.Verdict.Statuses[type].Text()), Trust(row.Trust)]),
                _ when wide => Wide(row, audited),
                _ => $"{row.Host.Hostname,-30} {row.Host.Platform,-9} {string.Join(' ', audited.Select(type => $"{Mark(row.Verdict.Statuses[type]),-5}"))}{(scored ? $" {row.Trust?.Overall}" : "")}",
            };
            await output.WriteLineAsync(text.AsMemory(), cancellationToken);
        }

        if (format == "text" && !wide)
        {
            await output.WriteLineAsync($"{counts.Total} hosts, {counts.AllPassed} passed, {counts.AnyFailed} failed{(trust is null ? "" : $"; {trust}")}");
        }

        return wide && counts.Total == 0 ? ExitCodes.Errors : ExitCodes.Clean;
    }

    private static string Wide(StoredHost row, IReadOnlyList<PolicyType> audited) => string.Join(Environment.NewLine,
    [
        $"{row.Host.Hostname}  {row.Host.DeviceId}  {row.Host.Platform}  {row.Host.OsVersion}  sensor {row.Host.AgentVersion}  last seen {row.Host.LastSeen}",
        .. audited.Select(type => $"  {type.DisplayName,-26} {row.Verdict.Statuses[type].Text(),-19} {row.Host.PolicyOf(type)}"),
        .. row.Trust is null ? Array.Empty<string>() : [$"  {"Zero Trust",-26} {Trust(row.Trust)}"],
    ]);

    private static JsonObject Json(StoredHost row, IReadOnlyList<PolicyType> audited)
    {
        var json = new JsonObject
        {
            ["hostname"] = row.Host.Hostname,
            ["device_id"] = row.Host.DeviceId,
            ["platform"] = row.Host.Platform,
            ["policy_status"] = new JsonObject(audited.Select(type => KeyValuePair.Create(type.Key, (JsonNode?)row.Verdict.Statuses[type].Text()))),
            ["all_policies_passed"] = row.Verdict.AllPassed,
            ["any_policy_failed"] = row.Verdict.AnyFailed,
        };
        if (row.Trust is { } trust)
        {
            json["zero_trust"] = new JsonObject { ["sensor_config"] = trust.SensorConfig, ["os"] = trust.Os, ["overall"] = trust.Overall };
        }

        return json;
    }

    private static string Trust(ZeroTrust? trust) => trust is not { } scores ? "" : scores is { SensorConfig: null, Os: null } ? $"{scores.Overall}" : $"({scores.SensorConfig}/{scores.Os}) {scores.Overall}";

    private static string Mark(HostStatus status) => status switch
    {
        HostStatus.Passed => "ok",
        HostStatus.Failed => "FAIL",
        HostStatus.Ungradable => "?",
        HostStatus.NoPolicyAssigned => "none",
        HostStatus.NotApplicable => "n/a",
        _ => "-",
    };
}
