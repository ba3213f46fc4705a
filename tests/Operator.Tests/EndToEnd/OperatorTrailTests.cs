using System.Text.Json.Nodes;
using Comptroller.Archive.Log;
using Comptroller.Archive.Tests.Testing;
using Comptroller.Crds;
using Comptroller.Kubernetes.Client;
using Comptroller.Operator.Tests.AuditBackups;
using Comptroller.Operator.Tests.AuditPolicies;
using Comptroller.Operator.Tests.DriftWatches;
using Comptroller.Operator.Tests.Estates;
using Comptroller.Operator.Tests.PolicyAuditSchedules;

namespace Comptroller.Operator.Tests.EndToEnd;

/// <summary>What the operator keeps of what it was asked for and of what it did, for every kind.</summary>
public sealed class OperatorTrailTests
{
    [Fact]
    public async Task What_was_asked_for_and_what_was_rendered_is_on_record_for_every_kind()
    {
        using var directory = new TemporaryDirectory();
        await using var estate = await Estate.StartAsync();
        await estate.OperateAsync(options => options with { AuditTrail = directory["trail/audit.log"] });
        await estate.ApplyAsync(
            Specs.Document("{rules: [{level: Metadata}]}", "production", "default"),
            Asked(Watches.Document($"{{{Watches.Sound}}}", "cloud", "default")),
            Asked(Backups.Document(Backups.ToBucket.Replace("auditLog: {claimName: trail}", "nodeAuditLog: {}", StringComparison.Ordinal), "evidence", "default")),
            Asked(Schedules.Document(Schedules.Sound, "tenant", "default")));

        var events = await UntilAsync(directory["trail/audit.log"], found => found.Count(Changed) >= 4 && found.Count(Requested) >= 3);
        (ResourceType Type, string Name, string? Request)[] kinds =
        [
            (ResourceTypes.AuditPolicies, "production", null), (ResourceTypes.DriftWatches, "cloud", "scan_requested"),
            (ResourceTypes.AuditBackups, "evidence", "backup_requested"), (ResourceTypes.PolicyAuditSchedules, "tenant", "audit_requested"),
        ];
        foreach (var (type, name, request) in kinds)
        {
            var of = events.Where(each => (string?)each["resource"] == $"{type.Kind}/default/{name}").ToList();
            var changed = of.First(Changed);
            ((string?)changed["actor"]).ShouldBe("comptroller");
            ((string?)changed["details"]!["changes"]).ShouldNotBeNullOrEmpty();
            ((string?)changed["details"]!["specWrittenBy"]).ShouldNotBe("unknown");
            var requests = of.Where(Requested).ToList();
            requests.Select(each => (string?)each["event_type"]).ShouldBe(request is null ? [] : [request]);
            requests.ShouldAllBe(each => (string?)each["outcome"] == "accepted" && (string?)each["details"]!["value"] == "now");
        }
    }

    private static bool Changed(JsonNode each) => (string?)each["event_type"] == "objects_changed";

    private static bool Requested(JsonNode each) => ((string?)each["event_type"])!.EndsWith("_requested", StringComparison.Ordinal);

    private static JsonObject Asked(JsonObject document)
    {
        document["metadata"]!["annotations"] = new JsonObject { ["reconcile.fluxcd.io/requestedAt"] = "now" };
        return document;
    }

    // Nothing announces an event of the log.
    private static async Task<List<JsonNode>> UntilAsync(string log, Func<List<JsonNode>, bool> holds)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        List<JsonNode> events = [];
        while (!holds(events))
        {
            if (patience.IsCancellationRequested)
            {
                throw new TimeoutException($"the trail holds: {string.Join('\n', events.Select(each => each.ToJsonString()))}");
            }

            await Task.Delay(50);
            events = File.Exists(log) ? [.. new LogReader(log).Find(new LogQuery { Limit = 1000 }, patience.Token).Events.Select(each => JsonNode.Parse(each.Json.Span)!)] : [];
        }

        return events;
    }
}
