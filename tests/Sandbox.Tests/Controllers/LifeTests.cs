using System.Text.Json.Nodes;
using Comptroller.Sandbox.Controllers;
using Comptroller.Sandbox.Kinds;

namespace Comptroller.Sandbox.Tests.Controllers;

public sealed class LifeTests
{
    private static readonly string[] Conflicting = ["apples", "pears"];

    [Fact]
    public async Task Every_namespace_gets_its_account_and_the_certificate_authority()
    {
        await using var cluster = new Cluster();
        cluster.Create(cluster.Kind("", "namespaces"), """{"metadata":{"name":"fresh"}}""");
        await cluster.UntilAsync(() => cluster.Store.Get(BuiltInKinds.ServiceAccounts, "fresh", "default") is not null
            && cluster.Store.Get(BuiltInKinds.ConfigMaps, "fresh", "kube-root-ca.crt") is not null);
    }

    [Fact]
    public async Task A_deleted_namespace_is_emptied_after_its_grace_and_then_goes()
    {
        var clock = new ManualClock();
        await using var cluster = new Cluster(clock);
        var namespaces = cluster.Kind("", "namespaces");
        var space = cluster.Create(namespaces, """{"metadata":{"name":"short"}}""");
        await cluster.UntilAsync(() => cluster.Store.Get(BuiltInKinds.ConfigMaps, "short", "kube-root-ca.crt") is not null);
        cluster.Replace(namespaces, space, content => content["metadata"]!["deletionTimestamp"] = "2020-01-01T00:00:00Z");
        cluster.Store.Get(BuiltInKinds.ConfigMaps, "short", "kube-root-ca.crt").ShouldNotBeNull();

        // The controller may note the deletion only now: the clock is moved until it has.
        while (cluster.Store.Get(BuiltInKinds.Namespaces, null, "short") is not null)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
        cluster.Store.Snapshot(BuiltInKinds.ConfigMaps).Range("short").ShouldBeEmpty();
    }

    [Fact]
    public async Task An_event_lives_for_an_hour_after_its_last_change()
    {
        var clock = new ManualClock();
        await using var cluster = new Cluster(clock);
        var events = cluster.Kind("", "events");
        cluster.Create(events, """{"metadata":{"name":"old","namespace":"default"},"involvedObject":{"namespace":"default"}}""");
        while (cluster.Store.Get(BuiltInKinds.Events, "default", "old") is not null)
        {
            clock.Advance(EventExpiry.Lifetime);
            await Task.Yield();
        }
        var kept = cluster.Create(events, """{"metadata":{"name":"kept","namespace":"default"},"involvedObject":{"namespace":"default"}}""");
        clock.Advance(EventExpiry.Lifetime - TimeSpan.FromSeconds(1));
        cluster.Store.Get(BuiltInKinds.Events, "default", "kept").ShouldBe(kept);
    }

    [Fact]
    public async Task A_definition_that_lost_its_names_heals_when_its_rival_goes()
    {
        await using var cluster = new Cluster();
        var definitions = cluster.Kind("apiextensions.k8s.io", "customresourcedefinitions");
        foreach (var plural in Conflicting)
        {
            cluster.Create(definitions, Definition(plural));
            await cluster.UntilAsync(() => Conditions(cluster, plural) is { Count: 2 });
        }
        ((string?)Conditions(cluster, "pears")![0]!["reason"]).ShouldBe("ListKindConflict");
        cluster.Parts.Catalog.Find("names.example.dev", "v1", "pears").ShouldBeNull();

        cluster.Store.TryRemove(BuiltInKinds.Definitions, cluster.Store.Get(BuiltInKinds.Definitions, null, "apples.names.example.dev")!, out _).ShouldBeTrue();
        await cluster.UntilAsync(() => (string?)Conditions(cluster, "pears")?[1]?["status"] == "True");
        ((string?)Conditions(cluster, "pears")![0]!["reason"]).ShouldBe("NoConflicts");
    }

    private static JsonArray? Conditions(Cluster cluster, string plural) =>
        cluster.Store.Get(BuiltInKinds.Definitions, null, $"{plural}.names.example.dev")?.Content["status"]?["conditions"] as JsonArray;

    private static string Definition(string plural) => $$$"""
        {"metadata":{"name":"{{{plural}}}.names.example.dev"},"spec":{"group":"names.example.dev","scope":"Namespaced","names":{"plural":"{{{plural}}}","kind":"Fruit"},
         "versions":[{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object"}} }]} }
        """;
}
