using System.Globalization;
using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Schemas;
using Comptroller.Sandbox.Fields;

namespace Comptroller.Sandbox.Tests.Fields;

/// <summary>Laws that hold for any schema and any writes, tried on seeded random ones. A failure names the seed.</summary>
public sealed class Ownership_law_Tests
{
    private const int Seeds = 150;

    [Fact]
    public void Applying_twice_is_applying_once() => Each((random, document, ledger) =>
    {
        for (var step = 0; step < 6; step++)
        {
            var body = random.Object(document);
            var manager = random.Manager();
            ledger.Now = ledger.Now.AddSeconds(1);
            if (ledger.Apply(body, manager, force: true).Merged is not { } once)
            {
                continue;
            }
            ledger.Now = ledger.Now.AddSeconds(1);
            var twice = ledger.Apply(body, manager).Merged.ShouldNotBeNull();
            Same(Scalars.Canonical(once["spec"]), Scalars.Canonical(twice["spec"]));
            Same(Scalars.Canonical(once), Scalars.Canonical(twice));
        }
    });

    [Fact]
    public void An_applied_value_is_there_afterwards() => Each((random, document, ledger) =>
    {
        for (var step = 0; step < 6; step++)
        {
            var body = random.Object(document);
            if (ledger.Apply(body, random.Manager(), force: true).Merged is not { } merged)
            {
                continue;
            }
            var comparison = FieldComparison.Of(Schema.Parse(document), body, merged);
            comparison.Modified.Paths().ShouldBeEmpty(merged.ToJsonString());
            FieldExtraction.Of(Schema.Parse(document), body).Intersect(comparison.Removed).Paths().ShouldBeEmpty(merged.ToJsonString());
        }
    });

    [Fact]
    public void What_only_one_manager_ever_applied_it_owns_alone_and_can_take_away() => Each((random, document, ledger) =>
    {
        var body = random.Object(document);
        ledger.Apply(body, "only");
        var empty = new JsonObject { ["apiVersion"] = "conformance.example.dev/v1alpha1", ["kind"] = "Widget", ["metadata"] = new JsonObject { ["name"] = "x" } };
        var left = ledger.Apply(empty, "only").Merged!;
        left.ContainsKey("spec").ShouldBeFalse(left.ToJsonString());
        left["metadata"]!["managedFields"].ShouldBeNull();
    });

    [Fact]
    public void Every_leaf_has_an_owner_and_every_owned_field_exists() => Each((random, document, ledger) =>
    {
        var schema = Schema.Parse(document);
        for (var step = 0; step < 8; step++)
        {
            var body = random.Object(document);
            JsonObject stored;
            if (step == 0 || random.Chance(0.6))
            {
                if (ledger.Apply(body, random.Manager(), force: true).Merged is not { } applied)
                {
                    continue;
                }
                stored = applied;
            }
            else
            {
                body["metadata"]!["uid"] = "00000000-0000-0000-0000-000000000001";
                stored = ledger.Update(body, random.Manager());
            }
            if (stored["metadata"]!["managedFields"] is null)
            {
                // The last owner let go; nothing is tracked until the next apply.
                continue;
            }
            var copy = (JsonObject)stored.DeepClone();
            copy.Remove("metadata");
            copy.Remove("apiVersion");
            copy.Remove("kind");
            var fields = FieldExtraction.Of(schema, copy);
            var owned = Managers.Decode(stored["metadata"]!["managedFields"]).All.Select(entry => entry.Fields).Aggregate(FieldSet.Empty, (sets, set) => sets.Union(set));
            // A parent that became empty again when its fields went is nobody's; every value that says something is somebody's.
            var orphans = Leaves(fields).Where(leaf => !Has(owned, leaf) && !IsEmptyAt(copy, leaf)).Select(leaf => string.Concat(leaf));
            orphans.ShouldBeEmpty(stored.ToJsonString());
            var all = FieldExtraction.WithDeclaredParents(fields, schema);
            Leaves(owned).Where(leaf => !Has(all, leaf) && !Exists(schema, copy, leaf)).Select(leaf => string.Concat(leaf)).ShouldBeEmpty(stored.ToJsonString());
        }
    });

    [Fact]
    public void A_refused_apply_names_fields_whose_values_really_differ() => Each((random, document, ledger) =>
    {
        ledger.Apply(random.Object(document), "first");
        for (var step = 0; step < 5; step++)
        {
            var body = random.Object(document);
            var before = ledger.Find("x")!.ToJsonString();
            var outcome = ledger.Apply(body, "second");
            if (outcome.Conflicts is { } conflicts)
            {
                conflicts.Causes.ShouldNotBeEmpty();
                conflicts.Causes.ShouldAllBe(cause => cause.Message == "conflict with \"first\"");
                ledger.Find("x")!.ToJsonString().ShouldBe(before);
                ledger.Apply(body, "second", force: true).Conflicts.ShouldBeNull();
                ledger.Apply(random.Object(document), "first", force: true);
            }
        }
    });

    [Fact]
    public void Field_sets_survive_their_encoding_and_obey_the_laws_of_sets() => Each((random, document, _) =>
    {
        var schema = Schema.Parse(document);
        var a = FieldExtraction.Of(schema, random.Object(document));
        var b = FieldExtraction.Of(schema, random.Object(document));
        FieldsV1.Decode(FieldsV1.Encode(a)).SetEquals(a).ShouldBeTrue();
        FieldsV1.Encode(FieldsV1.Decode(FieldsV1.Encode(a))).ToJsonString().ShouldBe(FieldsV1.Encode(a).ToJsonString());
        a.Union(b).SetEquals(b.Union(a)).ShouldBeTrue();
        a.Intersect(b).SetEquals(b.Intersect(a)).ShouldBeTrue();
        a.Except(b).Intersect(b).IsEmpty.ShouldBeTrue();
        a.Except(b).Union(a.Intersect(b)).SetEquals(a).ShouldBeTrue();
        a.Except(a).IsEmpty.ShouldBeTrue();
        a.ExceptTrees(b).IsSubsetOf(a.Except(b)).ShouldBeTrue();
        a.IsSubsetOf(a.Union(b)).ShouldBeTrue();
    });

    [Fact]
    public void A_comparison_tells_the_same_story_from_both_sides() => Each((random, document, _) =>
    {
        var schema = Schema.Parse(document);
        var a = random.Object(document);
        var b = random.Object(document);
        var there = FieldComparison.Of(schema, a, b);
        var back = FieldComparison.Of(schema, b, a);
        there.Added.SetEquals(back.Removed).ShouldBeTrue();
        there.Modified.SetEquals(back.Modified).ShouldBeTrue();
        FieldComparison.Of(schema, a, a.DeepClone()).IsSame.ShouldBeTrue();
        FieldComparison.Of(schema, a, TypedMerge.Merge(schema, a, a)).IsSame.ShouldBeTrue();
    });

    private static void Each(Action<Random_objects, JsonObject, Ledger> law)
    {
        for (var seed = 0; seed < Seeds; seed++)
        {
            var random = new Random_objects(seed);
            var document = random.Schema();
            try
            {
                law(random, document, new Ledger(Schema.Parse(document)) { RefusesNulls = true });
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"seed {seed.ToString(CultureInfo.InvariantCulture)}: {e.Message}\nschema {document.ToJsonString()}", e);
            }
        }
    }

    private static IEnumerable<List<PathElement>> Leaves(FieldSet set)
    {
        foreach (var (element, below) in set.Sorted())
        {
            if (!below.HasBelow)
            {
                yield return [element];
            }
            foreach (var path in Leaves(below))
            {
                yield return [element, .. path];
            }
        }
    }

    private static bool Has(FieldSet set, List<PathElement> path) => path.Aggregate(set, (node, element) => node[element]).IsMember;

    private static bool IsEmptyAt(JsonNode? value, List<PathElement> path)
    {
        foreach (var element in path)
        {
            value = element.Kind == PathElementKind.Field ? value?[element.Text] : (value as JsonArray)?.FirstOrDefault(item => Matches(item, element));
        }
        return value is null or JsonObject { Count: 0 } or JsonArray { Count: 0 };
    }

    private static bool Exists(Schema schema, JsonNode? value, List<PathElement> path)
    {
        foreach (var element in path)
        {
            if (element.Kind == PathElementKind.Field)
            {
                if (value is not JsonObject map || !map.TryGetPropertyValue(element.Text, out value))
                {
                    return false;
                }
            }
            else if (value is JsonArray list && list.FirstOrDefault(item => Matches(item, element)) is { } found)
            {
                value = found;
            }
            else
            {
                return false;
            }
        }
        return schema.IsRoot;
    }

    private static bool Matches(JsonNode? item, PathElement element) => element.Kind == PathElementKind.Value
        ? Scalars.Canonical(item) == element.Text
        : item is JsonObject map && JsonNode.Parse(element.Text)!.AsObject().All(field => Scalars.Same(map[field.Key], field.Value));

    /// <summary>Shows where two long texts part, instead of all of both.</summary>
    private static void Same(string expected, string actual)
    {
        if (expected != actual)
        {
            var at = Math.Max(0, expected.Zip(actual).TakeWhile(pair => pair.First == pair.Second).Count() - 120);
            throw new InvalidOperationException($"expected ...{expected[at..Math.Min(expected.Length, at + 240)]}\nbut was  ...{actual[at..Math.Min(actual.Length, at + 240)]}");
        }
    }
}
