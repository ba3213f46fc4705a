using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Schemas;
using Comptroller.Kubernetes.Tests.Schemas;
using Comptroller.Sandbox.Fields;

namespace Comptroller.Sandbox.Tests.Fields;

public sealed class Recorded_ownership_Tests
{
    public static TheoryData<string> Scenarios => [.. All().Select(scenario => (string)scenario["scenario"]!)];

    [Theory]
    [MemberData(nameof(Scenarios))]
    public void Objects_owners_conflicts_and_errors_are_as_recorded(string name)
    {
        // The recordings took less than a second each, so the clock stands still: entries of one age are ordered by name.
        var ledger = new Ledger(Widget.Schema);
        foreach (var step in All().First(scenario => (string)scenario["scenario"]! == name)["steps"]!.AsArray().Select(step => step!.AsObject()))
        {
            var note = (string)step["note"]!;
            var before = ledger.Find((string)step["name"]!)?.ToJsonString();
            if (step["error"] is { } error)
            {
                Should.Throw<FieldsException>(() => Run(ledger, step), note).Message.ShouldBe((string)error!, note);
            }
            else if (step["conflict"] is { } conflict)
            {
                var conflicts = Run(ledger, step).Conflicts.ShouldNotBeNull(note);
                conflicts.Message.ShouldBe((string)conflict!, note);
                conflicts.Causes.Select(cause => $"{cause.Message} {cause.Field}")
                    .ShouldBe(step["causes"]!.AsArray().Select(cause => $"{(string)cause![0]!} {(string)cause[1]!}"), note);
            }
            else
            {
                var stored = Run(ledger, step).Merged.ShouldNotBeNull(note);
                (View(stored) == Scalars.Canonical(step["expect"])).ShouldBeTrue($"{note}\nexpected {Scalars.Canonical(step["expect"])}\nbut was  {View(stored)}");
                continue;
            }
            ledger.Find((string)step["name"]!)?.ToJsonString().ShouldBe(before, note);
        }
    }

    private static ApplyOutcome Run(Ledger ledger, JsonObject step)
    {
        var (name, manager, subresource) = ((string)step["name"]!, (string)step["manager"]!, (string?)step["subresource"]);
        var body = step["body"]!;
        return (string)step["op"]! switch
        {
            "create" => new(ledger.Create(body.AsObject(), manager), null),
            "update" => new(ledger.Update(body.AsObject(), manager, subresource), null),
            "merge" => new(ledger.Merge(name, body, manager, subresource), null),
            "json" => new(ledger.Patch(name, body.AsArray(), manager, subresource), null),
            _ => ledger.Apply(body.AsObject(), manager, subresource, (bool)step["force"]!),
        };
    }

    /// <summary>What the recordings show, with the presence of a time instead of the time.</summary>
    private static string View(JsonObject stored)
    {
        var metadata = new JsonObject();
        foreach (var name in (string[])["labels", "annotations", "finalizers", "ownerReferences"])
        {
            if (stored["metadata"]![name] is { } value && value is not (JsonObject { Count: 0 } or JsonArray { Count: 0 }))
            {
                metadata[name] = value.DeepClone();
            }
        }
        var entries = new JsonArray();
        foreach (var entry in stored["metadata"]!["managedFields"] as JsonArray ?? [])
        {
            var copy = entry!.DeepClone().AsObject();
            copy["timed"] = copy.Remove("time");
            entries.Add((JsonNode)copy);
        }
        return Scalars.Canonical(new JsonObject
        {
            ["metadata"] = metadata,
            ["spec"] = stored["spec"]?.DeepClone(),
            ["status"] = stored["status"]?.DeepClone(),
            ["managedFields"] = entries,
        });
    }

    private static IEnumerable<JsonObject> All() => Widget.Read("fields/recorded.json").AsArray().Select(item => item!.AsObject());
}
