using System.Text.Json.Nodes;
using Comptroller.Crds;
using Comptroller.Operator.Tests.AuditPolicies;
using Comptroller.Operator.Tests.Estates;
using Comptroller.Operator.Tests.PolicyAuditSchedules;

namespace Comptroller.Operator.Tests.EndToEnd;

/// <summary>Rule X5: whichever request fails, and however, the end is the same.</summary>
public sealed class FaultTests(RunningEstate running) : IClassFixture<RunningEstate>
{
    /// <summary>ConfigMap, ConfigMap, VMRule, status: what one new resource costs, but for the event, which nothing waits for.</summary>
    private const int Requests = 4;

    private readonly Estate estate = running.Estate;

    public enum Failure
    {
        Error,
        Conflict,
        Overload,
        CutOff,
        ErrorAfterCommit,
        ConflictAfterCommit,
    }

    public static TheoryData<Failure> Failures() => [.. Enum.GetValues<Failure>()];

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task X5_a_new_resource_ends_the_same_whichever_request_fails(Failure failure)
    {
        await running.Operator.UntilReadyAsync();
        var expected = await EndStateAsync($"{failure}-none".ToLowerInvariant());
        for (var n = 0; n < Requests; n++)
        {
            var @namespace = $"{failure}-{n}".ToLowerInvariant();
            Fail(failure, $"^(POST|PATCH) .*/namespaces/{@namespace}/(configmaps|vmrules|auditpolicies/policy/status)", n);

            (await EndStateAsync(@namespace)).ShouldBe(expected, $"request {n} failed");

            estate.Server.Faults.Pending.ShouldBe(0, $"there was no request {n}");
        }
    }

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task X5_a_pruned_object_goes_whether_or_not_its_deletion_fails(Failure failure)
    {
        var @namespace = $"prune-{failure}".ToLowerInvariant();
        await EndStateAsync(@namespace);
        Fail(failure, $"^DELETE .*/namespaces/{@namespace}/vmrules", 0);

        await estate.ApplyAsync(@namespace, "policy", Specs.Sound + "\nalerts: {enabled: false}");

        await estate.UntilAsync(ResourceTypes.AuditPolicies, @namespace, "policy", item => item!.IsObserved() && item!.Says("Ready=True/Succeeded") && item!["status"]!["inventory"]!.AsArray().Count == 2);
        await estate.UntilGoneAsync(RenderedKinds.VmRules, @namespace, "policy-audit-alerts");
        estate.Server.Faults.Pending.ShouldBe(0);
    }

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task X5_a_spec_that_cannot_be_rendered_is_told_whether_or_not_the_status_write_fails(Failure failure)
    {
        var @namespace = $"invalid-{failure}".ToLowerInvariant();
        await EndStateAsync(@namespace);
        Fail(failure, $"^PATCH .*/namespaces/{@namespace}/auditpolicies/policy/status", 0);

        await estate.ApplyAsync(@namespace, "policy", "rules: [{level: Metadata, resources: [{group: Apps/v1}]}]");

        await estate.UntilAsync(ResourceTypes.AuditPolicies, @namespace, "policy", item => item!.IsObserved() && item!.Says("Stalled=True/InvalidSpec"));
        estate.Server.Faults.Pending.ShouldBe(0);
    }

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task X5_a_schedule_ends_the_same_whichever_request_fails(Failure failure)
    {
        const string Written = "configmaps|persistentvolumeclaims|networkpolicies|cronjobs|vmrules|policyauditschedules/tenant/status";
        var (expected, requests) = await ScheduleAsync($"schedule-{failure}-none".ToLowerInvariant());
        for (var n = 0; n < requests; n++)
        {
            var @namespace = $"schedule-{failure}-{n}".ToLowerInvariant();
            Fail(failure, $"^(POST|PATCH) .*/namespaces/{@namespace}/({Written})", n);

            (await ScheduleAsync(@namespace)).Said.ShouldBe(expected, $"request {n} failed");

            estate.Server.Faults.Pending.ShouldBe(0, $"there was no request {n}");
        }
    }

    [Fact]
    public async Task An_event_that_is_refused_fails_nothing()
    {
        estate.Server.Faults.FailNext(100, "^POST .*/namespaces/eventless/events", 500);
        await EndStateAsync("eventless");
        estate.Server.Faults.Clear();
    }

    private void Fail(Failure failure, string pattern, int skip) => estate.Server.Faults.FailNext(
        1,
        pattern,
        failure switch { Failure.Conflict or Failure.ConflictAfterCommit => 409, Failure.Overload => 503, Failure.CutOff => 0, _ => 500 },
        afterCommit: failure is Failure.ErrorAfterCommit or Failure.ConflictAfterCommit,
        skip: skip);

    /// <summary>A new schedule: what its conditions and inventory say in the end, and how many requests that took, events aside.</summary>
    private async Task<(string Said, int Requests)> ScheduleAsync(string @namespace)
    {
        await estate.NamespaceAsync(@namespace);
        await estate.ApplyAsync(Schedules.Document(Schedules.Sound, "tenant", @namespace));
        var schedule = await estate.UntilAsync(ResourceTypes.PolicyAuditSchedules, @namespace, "tenant", item => item!.IsObserved() && item!.Says("Ready=True/Succeeded"));
        var applied = schedule!["status"]!["inventory"]!.AsArray().Select(entry => $"{entry!["kind"]} {entry["name"]}").Order(StringComparer.Ordinal).ToList();
        return ($"{schedule.Said()}: {string.Join(", ", applied)}", applied.Count + 1);
    }

    /// <summary>A new resource, and everything that users see of it in the end, without what names this one run.</summary>
    private async Task<string> EndStateAsync(string @namespace)
    {
        await estate.NamespaceAsync(@namespace);
        await estate.ApplyAsync(@namespace, "policy", Specs.Sound);
        var policy = await estate.UntilAsync(@namespace, "policy", "Ready=True/Succeeded");
        var status = policy["status"]!.DeepClone().AsObject();
        foreach (var condition in status["conditions"]!.AsArray())
        {
            condition!.AsObject().Remove("lastTransitionTime");
        }

        foreach (var entry in status["inventory"]!.AsArray())
        {
            foreach (var own in new[] { "uid", "marker", "hash" })
            {
                entry!.AsObject().Remove(own);
            }
        }

        var rendered = new[]
        {
            await estate.GetAsync(RenderedKinds.ConfigMaps, @namespace, "policy-talos-audit"),
            await estate.GetAsync(RenderedKinds.ConfigMaps, @namespace, "policy-fluent-bit"),
            await estate.GetAsync(RenderedKinds.VmRules, @namespace, "policy-audit-alerts"),
        }.Select(item => new JsonObject
        {
            ["labels"] = item["metadata"]!["labels"]?.DeepClone(),
            ["annotations"] = item["metadata"]!["annotations"]?.DeepClone(),
            ["owners"] = item["metadata"]!["ownerReferences"]!.AsArray().Count,
            ["content"] = (item["data"] ?? item["spec"])!.DeepClone(),
        }.ToJsonString());
        return string.Join('\n', rendered.Prepend(Sorted(status))).Replace(@namespace, "NAMESPACE", StringComparison.Ordinal);
    }

    // Conditions and fields stand in the order in which they first came up, which faults may change.
    private static string Sorted(JsonObject status)
    {
        var conditions = status["conditions"]!.AsArray().Select(condition => condition!.ToJsonString()).Order(StringComparer.Ordinal);
        var fields = status.Where(field => field.Key != "conditions").Select(field => $"{field.Key}: {field.Value!.ToJsonString()}").Order(StringComparer.Ordinal);
        return string.Join('\n', conditions.Concat(fields));
    }
}
