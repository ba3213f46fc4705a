using System.Globalization;
using System.Text.Json.Nodes;

namespace Comptroller.Sandbox.Tests.Metamorphic;

/// <summary>
/// What must hold after any sequence of operations, whatever the answers were: a watch from any version rebuilds the list at the end,
/// and applying twice is applying once.
/// </summary>
public class RandomOperationsTests
{
    private const string Widgets = "/apis/conformance.example.dev/v1alpha1/namespaces/default/widgets";
    private const int Operations = 250;
    private static readonly string[] Names = ["a", "b", "c", "d", "e"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Replaying_the_watch_from_any_version_rebuilds_the_list_at_the_end(int seed)
    {
        await using var sandbox = await SandboxClient.StartAsync();
        var random = new Random(seed);
        var states = new List<(string Version, Dictionary<string, string> Objects)> { await ListAsync(sandbox, "") };
        for (var i = 0; i < Operations; i++)
        {
            await OperateAsync(sandbox, random);
            if (i % 10 == 0)
            {
                states.Add(await ListAsync(sandbox, ""));
            }
        }

        var end = await ListAsync(sandbox, "");
        var rebuilt = await Task.WhenAll(states.Select(state => FollowAsync(sandbox, state.Objects, state.Version, end.Version, "")));
        for (var i = 0; i < states.Count; i++)
        {
            rebuilt[i].ShouldBe(end.Objects, ignoreOrder: true, $"seed {seed}, from {states[i].Version}");
        }
    }

    /// <summary>Objects that enter or leave the selection must appear as ADDED and DELETED, or the rebuilt list is wrong.</summary>
    [Theory]
    [InlineData(11, "labelSelector=colour%3Dred")]
    [InlineData(12, "labelSelector=!colour")]
    [InlineData(13, "fieldSelector=spec.mode%3DManual")]
    [InlineData(14, "labelSelector=colour&fieldSelector=spec.size%3D1")]
    public async Task Replaying_a_selective_watch_rebuilds_the_selective_list(int seed, string selector)
    {
        await using var sandbox = await SandboxClient.StartAsync();
        var random = new Random(seed);
        var start = await ListAsync(sandbox, selector);
        for (var i = 0; i < Operations; i++)
        {
            await OperateAsync(sandbox, random);
        }

        var end = await ListAsync(sandbox, selector);
        (await FollowAsync(sandbox, start.Objects, start.Version, end.Version, selector)).ShouldBe(end.Objects, ignoreOrder: true, $"seed {seed}");
    }

    [Theory]
    [InlineData(21)]
    [InlineData(22)]
    [InlineData(23)]
    public async Task Applying_twice_is_applying_once(int seed)
    {
        await using var sandbox = await SandboxClient.StartAsync();
        var random = new Random(seed);
        for (var i = 0; i < Operations; i++)
        {
            var name = Pick(random, Names);
            var path = $"{Widgets}/{name}?fieldManager={Pick(random, ["one", "two", "three"])}&force=true";
            var intent = Intent(random, name);
            var (first, once) = await sandbox.SendAsync(HttpMethod.Patch, path, intent, "application/apply-patch+yaml");
            var (second, twice) = await sandbox.SendAsync(HttpMethod.Patch, path, intent, "application/apply-patch+yaml");

            first.ShouldBeOneOf(200, 201);
            second.ShouldBe(200);
            JsonNode.DeepEquals(once, twice).ShouldBeTrue($"seed {seed}, operation {i}: {intent.ToJsonString()}\n{once}\n{twice}");
            await OperateAsync(sandbox, random);
        }
    }

    /// <summary>One write of any kind; refusals (a name taken, a stale version) are part of the sequence.</summary>
    private static async Task OperateAsync(SandboxClient sandbox, Random random)
    {
        var name = Pick(random, Names);
        var path = $"{Widgets}/{name}";
        switch (random.Next(7))
        {
            case 0 or 1:
                await sandbox.SendAsync(HttpMethod.Post, Widgets, Intent(random, name));
                break;
            case 2:
                var (status, live) = await sandbox.SendAsync(HttpMethod.Get, path);
                if (status == 200)
                {
                    live!["spec"] = Intent(random, name)["spec"]!.DeepClone();
                    live["metadata"]!["finalizers"] = random.Next(3) == 0 ? new JsonArray("example.dev/hold") : null;
                    await sandbox.SendAsync(HttpMethod.Put, path, live);
                }

                break;
            case 3:
                await sandbox.SendAsync(HttpMethod.Patch, path, Intent(random, name), "application/apply-patch+yaml", "fieldManager=other&force=true");
                break;
            case 4:
                var colour = random.Next(3) == 0 ? null : JsonValue.Create(Pick(random, ["red", "blue"]));
                var patch = new JsonObject { ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["colour"] = colour } } };
                await sandbox.SendAsync(HttpMethod.Patch, path, patch, "application/merge-patch+json");
                break;
            case 5:
                await sandbox.SendAsync(HttpMethod.Delete, path);
                break;
            default:
                var release = new JsonObject { ["metadata"] = new JsonObject { ["finalizers"] = null } };
                await sandbox.SendAsync(HttpMethod.Patch, path, release, "application/merge-patch+json");
                break;
        }
    }

    /// <summary>Sets and map lists are never empty: an empty one owns nothing, so applying it where it held something removes it, and once more adds it.</summary>
    private static JsonObject Intent(Random random, string name)
    {
        var spec = new JsonObject { ["size"] = random.Next(1, 4) };
        if (random.Next(2) == 0)
        {
            spec["mode"] = Pick(random, ["Auto", "Manual"]);
        }

        if (random.Next(2) == 0)
        {
            spec["tags"] = new JsonArray([.. new[] { "p", "q", "r" }.Where(tag => tag == "p" || random.Next(2) == 0).Select(tag => (JsonNode?)tag)]);
        }

        if (random.Next(2) == 0)
        {
            spec["parts"] = new JsonArray([.. new[] { "u", "v", "w" }.Where(part => part == "u" || random.Next(2) == 0)
                .Select(part => new JsonObject { ["name"] = part, ["weight"] = random.Next(1, 3) })]);
        }

        var metadata = new JsonObject { ["name"] = name };
        if (random.Next(2) == 0)
        {
            metadata["labels"] = new JsonObject { ["colour"] = Pick(random, ["red", "blue"]) };
        }

        return new JsonObject { ["apiVersion"] = "conformance.example.dev/v1alpha1", ["kind"] = "Widget", ["metadata"] = metadata, ["spec"] = spec };
    }

    private static async Task<(string Version, Dictionary<string, string> Objects)> ListAsync(SandboxClient sandbox, string selector)
    {
        var (status, list) = await sandbox.SendAsync(HttpMethod.Get, $"{Widgets}?{selector}");
        status.ShouldBe(200);
        return ((string)list!["metadata"]!["resourceVersion"]!, list["items"]!.AsArray().ToDictionary(Name, item => item!.ToJsonString()));
    }

    /// <summary>Applies the events after <paramref name="version"/> to a copy of the objects, up to and including <paramref name="end"/>.</summary>
    private static async Task<Dictionary<string, string>> FollowAsync(
        SandboxClient sandbox, Dictionary<string, string> objects, string version, string end, string selector)
    {
        var state = new Dictionary<string, string>(objects);
        var last = ulong.Parse(version, CultureInfo.InvariantCulture);
        var path = $"{Widgets}?watch=1&resourceVersion={version}&timeoutSeconds=1&{selector}";
        foreach (var (type, item) in await sandbox.WatchAsync(path))
        {
            var current = ulong.Parse((string)item["metadata"]!["resourceVersion"]!, CultureInfo.InvariantCulture);
            current.ShouldBeGreaterThan(last, "events come in the order of their versions");
            current.ShouldBeLessThanOrEqualTo(ulong.Parse(end, CultureInfo.InvariantCulture));
            last = current;
            switch (type)
            {
                case "ADDED":
                    state.TryAdd(Name(item), item.ToJsonString()).ShouldBeTrue($"ADDED {Name(item)} that is there already");
                    break;
                case "MODIFIED":
                    state.ContainsKey(Name(item)).ShouldBeTrue($"MODIFIED {Name(item)} that was never added");
                    state[Name(item)] = item.ToJsonString();
                    break;
                default:
                    type.ShouldBe("DELETED");
                    state.Remove(Name(item)).ShouldBeTrue($"DELETED {Name(item)} that is not there");
                    break;
            }
        }

        return state;
    }

    private static string Name(JsonNode? item) => (string)item!["metadata"]!["name"]!;

    private static T Pick<T>(Random random, T[] choices) => choices[random.Next(choices.Length)];
}
