using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using Comptroller.Falcon.Api;
using Comptroller.Falcon.Auditing;
using Comptroller.Falcon.Hosts;
using Comptroller.Falcon.Policies;
using Comptroller.Falcon.Reports;

namespace Comptroller.Falcon.Store;

/// <summary>
/// The last complete run in a collection of a Foundry app, from which a store on any machine can be filled again. Runs go by turns into
/// two slots, <c>a-…</c> and <c>b-…</c>, and the object <c>current</c>, put last, names the one that counts: readers see the run before
/// until the new one is whole, and parts of at most two are read. Nothing locks a collection: one that two
/// machines write at once may hold a mixed run, which readers refuse and the next run replaces.
/// </summary>
/// <param name="collection">Where.</param>
/// <param name="client">Disposed with this; null when the collection's client is somebody else's.</param>
public sealed class FoundryStore(FoundryCollection collection, FalconClient? client = null) : IDisposable
{
    private const string Current = "current";
    private const int Version = 1;

    // As the trend of the page for people.
    private const int Runs = 90;

    /// <summary>How reports name it.</summary>
    public const string Kind = "foundry_collections";

    /// <summary>Fails when there is nothing to store into.</summary>
    public Task CheckAsync(CancellationToken cancellationToken) => collection.CheckAsync(cancellationToken);

    /// <summary>
    /// Writes a run around its reports: its parts before them, and what makes it the current one when all reports are whole and none has
    /// its name yet. A run that brought no data changes nothing.
    /// </summary>
    /// <exception cref="FalconApiException">It could not be stored; the run before stays the current one.</exception>
    public async Task WriteAsync(AuditOutcome outcome, RunWriter run, AuditReports? reports, CancellationToken cancellationToken)
    {
        Func<CancellationToken, Task>? makeCurrent = outcome.Run.Succeeded ? await UploadAsync(outcome, run, cancellationToken) : null;
        if (reports is not null)
        {
            await reports.WriteAsync(outcome, run, makeCurrent, cancellationToken);
        }
        else if (makeCurrent is not null)
        {
            await makeCurrent(cancellationToken);
        }
    }

    /// <summary>Fills a store with the current run when that is newer than the store's own.</summary>
    /// <returns>Whether it was.</returns>
    /// <exception cref="FalconApiException">The run cannot be had whole; the store is as before.</exception>
    public async Task<bool> RestoreAsync(AuditStore store, CancellationToken cancellationToken)
    {
        if (await CurrentAsync(cancellationToken) is not { } index)
        {
            return false;
        }

        var (last, remote) = (await store.LastCompleteAsync(cancellationToken), index.Runs[^1]);
        if (last is not null && last.Started.ToUnixTimeMilliseconds() >= remote.Started.ToUnixTimeMilliseconds())
        {
            return false;
        }

        var keys = await collection.KeysAsync($"{index.Slot}-", cancellationToken);
        await using var writer = await store.BeginAsync(_ => false, cancellationToken);
        await writer.AddHistoryAsync([.. index.Runs.SkipLast(1)], cancellationToken);
        var policies = index.Audited.ToDictionary(type => type, _ => new List<FetchedPolicy>());
        await ReadAsync(index, keys, "policies", index.Policies, item =>
        {
            if (PolicyType.TryParse(item.Text("type"), out var type) && policies.TryGetValue(type, out var list) && item.Field("body") is { } body)
            {
                list.Add(new FetchedPolicy(body.Clone(), item.Field("settings")?.Clone()));
            }
        }, cancellationToken);
        foreach (var (type, list) in policies)
        {
            await writer.AddPoliciesAsync(type, list, cancellationToken);
        }

        await ReadAsync(index, keys, "hosts", index.Hosts, item =>
        {
            var host = FoundryHost.Read(item) ?? throw Malformed("a host without an id");
            writer.Add(host.Host, host.Verdict.Statuses, host.LastCompliantScan);
            if (host.Trust is { } trust)
            {
                writer.Flush();
                writer.SetTrust(host.Host.DeviceId, trust);
            }
        }, cancellationToken);
        writer.Flush();
        if (await writer.CountAsync(cancellationToken) is var count && count != remote.Hosts.Total)
        {
            throw new FalconApiException(FalconOperation.GetObject, FalconFailure.Partial, $"the collection \"{collection.Name}\" holds {count} of the {remote.Hosts.Total} hosts of its run");
        }

        await writer.CompleteAsync(remote, index.Audited, index.Trust);
        return true;
    }

    /// <summary>
    /// As <see cref="RestoreAsync"/>, for one who writes the next run: a run whose parts are lost or mixed must not keep it from being written, which
    /// is what mends the collection.
    /// </summary>
    /// <returns>What is lost, in words; null when nothing is.</returns>
    /// <exception cref="FalconApiException">The collection cannot be read, or holds something else.</exception>
    public async Task<string?> TryRestoreAsync(AuditStore store, CancellationToken cancellationToken)
    {
        try
        {
            await RestoreAsync(store, cancellationToken);
            return null;
        }
        // One with a status is about an answer, which may be whole the next time; then nothing is lost.
        catch (FalconApiException e) when (e.Failure == FalconFailure.Partial && e.Status is null)
        {
            return $"{e.Message}; going on without the runs before this one";
        }
    }

    private async Task<Func<CancellationToken, Task>> UploadAsync(AuditOutcome outcome, RunWriter run, CancellationToken cancellationToken)
    {
        var slot = await CurrentAsync(cancellationToken) is { Slot: "a" } ? "b" : "a";
        // Parts carry it, so that a run of two writers is told from a whole one.
        var id = Guid.NewGuid().ToString("N");
        using var policies = new FoundryParts(collection, $"{slot}-policies-", id);
        foreach (var (type, policy) in outcome.Types.SelectMany(type => type.Policies.Select(policy => (type.Type, policy))))
        {
            policies.Json.WriteStartObject();
            policies.Json.WriteString("type", type.Key);
            policies.Json.WritePropertyName("body");
            policy.Policy.WriteTo(policies.Json);
            if (policy.Settings is { } settings)
            {
                policies.Json.WritePropertyName("settings");
                settings.WriteTo(policies.Json);
            }

            policies.Json.WriteEndObject();
            await policies.PutWhenFullAsync(cancellationToken);
        }

        await policies.PutAsync(cancellationToken);
        using var hosts = new FoundryParts(collection, $"{slot}-hosts-", id);
        await foreach (var host in run.HostsAsync(outcome.Audited, cancellationToken))
        {
            FoundryHost.Write(hosts.Json, host);
            await hosts.PutWhenFullAsync(cancellationToken);
        }

        await hosts.PutAsync(cancellationToken);
        var index = new FoundryIndex(slot, id, outcome.Audited, policies.Count, hosts.Count, outcome.Trust, [.. await run.RunsAsync(Runs - 1, cancellationToken), outcome.Run]);
        Complete(index, await collection.KeysAsync($"{slot}-", cancellationToken));
        return async token =>
        {
            var bytes = new ArrayBufferWriter<byte>();
            await using (var json = new Utf8JsonWriter(bytes))
            {
                index.Write(json, Version);
            }

            await collection.PutAsync(Current, bytes.WrittenMemory, token);
        };
    }

    private async Task<FoundryIndex?> CurrentAsync(CancellationToken cancellationToken)
    {
        // Asked for by its name an object that is not there yet would count as a failed request.
        if (!(await collection.KeysAsync(Current, cancellationToken)).Contains(Current))
        {
            return null;
        }

        return FoundryIndex.Read(await collection.GetAsync(Current, cancellationToken), Version)
            ?? throw Malformed($"the object \"{Current}\" is not an audit of version {Version}: use another collection, or the version of this program that wrote it");
    }

    private async Task ReadAsync(FoundryIndex index, IReadOnlySet<string> keys, string list, int parts, Action<JsonElement> item, CancellationToken cancellationToken)
    {
        Complete(index, keys);
        for (var number = 1; number <= parts; number++)
        {
            var part = await collection.GetAsync(FoundryParts.Key($"{index.Slot}-{list}-", number), cancellationToken);
            if (part.Text("run") != index.Id)
            {
                throw new FalconApiException(FalconOperation.GetObject, FalconFailure.Partial, $"the collection \"{collection.Name}\" was written while it was read: try again");
            }

            foreach (var each in part.Items("items"))
            {
                item(each);
            }
        }
    }

    // The service says itself which objects it has.
    private void Complete(FoundryIndex index, IReadOnlySet<string> keys)
    {
        foreach (var (list, parts) in ((string, int)[])[("policies", index.Policies), ("hosts", index.Hosts)])
        {
            for (var number = 1; number <= parts; number++)
            {
                if (FoundryParts.Key($"{index.Slot}-{list}-", number) is var key && !keys.Contains(key))
                {
                    throw new FalconApiException(FalconOperation.ListObjects, FalconFailure.Partial, $"the collection \"{collection.Name}\" lacks the object \"{key}\" of its run");
                }
            }
        }
    }

    public void Dispose() => client?.Dispose();

    private static FalconApiException Malformed(string message) => new(FalconOperation.GetObject, FalconFailure.Malformed, message);
}

/// <summary>What the object <c>current</c> says.</summary>
/// <param name="Slot">Where the run is: a or b.</param>
/// <param name="Id">What each part of it carries.</param>
/// <param name="Audited">Types that the run was about.</param>
/// <param name="Policies">Objects with policies.</param>
/// <param name="Hosts">Objects with hosts.</param>
/// <param name="Trust">Score of the customer; null when it was not asked for.</param>
/// <param name="Runs">Figures of the newest runs, this one last.</param>
internal sealed record FoundryIndex(string Slot, string Id, ImmutableArray<PolicyType> Audited, int Policies, int Hosts, TenantTrust? Trust, ImmutableArray<StoredRun> Runs)
{
    public void Write(Utf8JsonWriter json, int version)
    {
        json.WriteStartObject();
        json.WriteNumber("version", version);
        json.WriteString("slot", Slot);
        json.WriteString("run", Id);
        json.WriteString("audited", string.Join(',', Audited.Select(type => type.Key)));
        json.WriteNumber("policies", Policies);
        json.WriteNumber("hosts", Hosts);
        Trust?.WriteTo(json);
        json.WriteStartArray("runs");
        foreach (var run in Runs)
        {
            JsonSerializer.Serialize(json, run, FalconJson.Default.StoredRun);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Null when it is none.</summary>
    public static FoundryIndex? Read(JsonElement json, int version)
    {
        try
        {
            if (Count(json, "version") != version || json.Text("slot") is not ("a" or "b") || json.Text("run") is not { Length: > 0 } id)
            {
                return null;
            }

            var index = new FoundryIndex(
                json.Text("slot")!,
                id,
                [.. (json.Text("audited") ?? "").Split(',').Select(name => PolicyType.TryParse(name, out var type) ? type : null).OfType<PolicyType>()],
                Count(json, "policies"),
                Count(json, "hosts"),
                json.Field("zero_trust") is { } trust ? TenantTrust.Read(trust) : null,
                [.. json.Items("runs").Select(run => run.Deserialize(FalconJson.Default.StoredRun)).OfType<StoredRun>()]);
            return index is { Policies: >= 0, Hosts: >= 0, Runs.Length: > 0 } ? index : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static int Count(JsonElement json, string name) => json.Field(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt32(out var number) ? number : -1;
}
