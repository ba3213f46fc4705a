using System.Buffers;
using System.Text.Json;
using Comptroller.Falcon.Api;
using Comptroller.Falcon.Auditing;
using Comptroller.Falcon.Policies;
using Comptroller.Falcon.Reports;

namespace Comptroller.Falcon.Store;

/// <summary>
/// The last complete run in a collection of a Foundry app, from which a store on any machine can be filled again. The keys of a run
/// begin with its own name, so that two machines never write the same object, and the object <c>current</c>, put last and only when
/// every part is there, names the run that counts. Nothing locks a collection: of two runs that end in the same moment the one whose
/// <c>current</c> comes last counts, whole, and the parts of the other are deleted by a later run.
/// </summary>
/// <param name="collection">Where.</param>
/// <param name="client">Disposed with this; null when the collection's client is somebody else's.</param>
public sealed class FoundryStore(FoundryCollection collection, FalconClient? client = null) : IDisposable
{
    private const string Current = "current";
    private const int Version = 2;

    // As the trend of the page for people.
    private const int Runs = 90;

    // The run that counted when this one started.
    private string? _seen;

    // No audit takes as long: what a run that started before has left behind belongs to nobody who still writes.
    private static readonly TimeSpan Abandoned = TimeSpan.FromDays(1);

    /// <summary>How reports name it.</summary>
    public const string Kind = "foundry_collections";

    /// <summary>Why parts of old runs could not be deleted after the last write; null when they were. The next run tries again a day later.</summary>
    public string? Leftovers { get; private set; }

    /// <summary>Before a run: fails when there is nothing to store into, and remembers which run counts, so that one that comes meanwhile is noticed.</summary>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        await collection.CheckAsync(cancellationToken);
        _seen = (await CurrentAsync(cancellationToken))?.Id;
    }

    /// <summary>
    /// Writes a run around its reports: its parts before them, and what makes it the current one once all reports have their names, which
    /// they lose again when that fails, or when the run cannot be completed here. A run that brought no data changes nothing.
    /// </summary>
    /// <param name="outcome">The run.</param>
    /// <param name="run">Its hosts.</param>
    /// <param name="reports">Null for a run without.</param>
    /// <param name="complete">Makes the run visible in the store of this machine.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="FalconApiException">It could not be stored, or a later one was stored meanwhile; the run before stays the current one.</exception>
    public async Task WriteAsync(AuditOutcome outcome, RunWriter run, AuditReports? reports, Func<Task> complete, CancellationToken cancellationToken)
    {
        if (!outcome.Run.Succeeded)
        {
            await (reports?.WriteAsync(outcome, run, complete, cancellationToken) ?? complete());
            return;
        }

        var index = await UploadAsync(outcome, run, cancellationToken);
        FoundryIndex? before = null;
        await (reports?.WriteAsync(outcome, run, MakeCurrentAsync, cancellationToken) ?? MakeCurrentAsync());
        await PruneAsync(index, before, outcome.Run.Started, cancellationToken);

        async Task MakeCurrentAsync()
        {
            before = await CurrentAsync(cancellationToken);
            if (before is not null && before.Id != _seen && before.Runs[^1].Started > outcome.Run.Started)
            {
                throw new FalconApiException(FalconOperation.PutObject, FalconFailure.Refused,
                    $"the collection \"{collection.Name}\" has meanwhile got a later run, of {before.Runs[^1].Started.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC, which stays: let one machine audit into a collection");
            }

            await CompleteAsync(index, cancellationToken);
            await PutCurrentAsync(index with { Replaced = before?.Id }, cancellationToken);
            try
            {
                await complete();
            }
            catch
            {
                await TakeBackAsync(index, before);
                throw;
            }
        }
    }

    /// <summary>Figures of the current run; null before there is one.</summary>
    public async Task<StoredRun?> LastAsync(CancellationToken cancellationToken) => (await CurrentAsync(cancellationToken))?.Runs[^1];

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

        await CompleteAsync(index, cancellationToken);
        var parts = new FoundryPartReader(collection, index);
        await using var writer = await store.BeginAsync(_ => false, cancellationToken);
        await writer.AddHistoryAsync([.. index.Runs.SkipLast(1)], cancellationToken);
        var policies = index.Audited.ToDictionary(type => type, _ => new List<FetchedPolicy>());
        await parts.ReadAsync("policies", index.Policies, item =>
        {
            var list = PolicyType.TryParse(item.Text("type") ?? "", out var type) && policies.TryGetValue(type, out var known) ? known : throw new FormatException("field \"type\": the run was not about it");
            var body = item.Field("body") ?? throw new FormatException("field \"body\": there is no policy");
            list.Add(new FetchedPolicy(body.Clone(), item.Field("settings")?.Clone()));
        }, cancellationToken);
        foreach (var (type, list) in policies)
        {
            await writer.AddPoliciesAsync(type, list, cancellationToken);
        }

        await parts.ReadAsync("hosts", index.Hosts, item =>
        {
            var host = FoundryHost.Read(item);
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
    /// As <see cref="RestoreAsync"/>, for one who writes the next run: a run whose parts are lost or damaged must not keep it from being written, which
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

    public void Dispose() => client?.Dispose();

    private async Task<FoundryIndex> UploadAsync(AuditOutcome outcome, RunWriter run, CancellationToken cancellationToken)
    {
        var id = FoundryIndex.NewId(outcome.Run.Started);
        using var policies = new FoundryParts(collection, id, "policies");
        foreach (var entry in outcome.Types.SelectMany(type => type.Policies.Select(policy => (type.Type, policy))))
        {
            await policies.AddAsync(entry, WritePolicy, cancellationToken);
        }

        await policies.PutAsync(cancellationToken);
        using var hosts = new FoundryParts(collection, id, "hosts");
        await foreach (var host in run.HostsAsync(outcome.Audited, cancellationToken))
        {
            await hosts.AddAsync(host, FoundryHost.Write, cancellationToken);
        }

        await hosts.PutAsync(cancellationToken);
        return new FoundryIndex(id, null, outcome.Audited, policies.Count, hosts.Count, outcome.Trust, [.. await run.RunsAsync(Runs - 1, cancellationToken), outcome.Run]);
    }

    private static void WritePolicy(Utf8JsonWriter json, (PolicyType Type, FetchedPolicy Policy) entry)
    {
        json.WriteStartObject();
        json.WriteString("type", entry.Type.Key);
        json.WritePropertyName("body");
        entry.Policy.Policy.WriteTo(json);
        if (entry.Policy.Settings is { } settings)
        {
            json.WritePropertyName("settings");
            settings.WriteTo(json);
        }

        json.WriteEndObject();
    }

    // The run before stays for those who are reading it; the one before that goes, and what was never made current once nobody can still be at it.
    private async Task PruneAsync(FoundryIndex index, FoundryIndex? before, DateTimeOffset started, CancellationToken cancellationToken)
    {
        Leftovers = null;
        try
        {
            foreach (var key in await collection.KeysAsync(FoundryIndex.Prefix, cancellationToken))
            {
                if (FoundryIndex.RunOf(key) is { } run && run != index.Id && run != before?.Id && (run == before?.Replaced || FoundryIndex.StartOf(run) < started - Abandoned))
                {
                    await collection.DeleteAsync(key, cancellationToken);
                }
            }
        }
        // The run counts already: it does not fail for what is left of others.
        catch (Exception e) when (e is FalconApiException or OperationCanceledException)
        {
            Leftovers = $"the collection \"{collection.Name}\" still holds objects of old runs: {e.Message}";
        }
    }

    private async Task PutCurrentAsync(FoundryIndex index, CancellationToken cancellationToken)
    {
        var bytes = new ArrayBufferWriter<byte>();
        await using (var json = new Utf8JsonWriter(bytes))
        {
            index.Write(json, Version);
        }

        await collection.PutAsync(Current, bytes.WrittenMemory, cancellationToken);
    }

    // A run that its own machine could not store has failed: it counts nowhere, unless another one has taken its place already. Nothing stops this.
    private async Task TakeBackAsync(FoundryIndex index, FoundryIndex? before)
    {
        try
        {
            if ((await CurrentAsync(CancellationToken.None))?.Id == index.Id)
            {
                await (before is null ? collection.DeleteAsync(Current, CancellationToken.None) : PutCurrentAsync(before, CancellationToken.None));
            }
        }
        catch (FalconApiException)
        {
            // It stays, whole, as after a kill: the next audit reads it back.
        }
    }

    private async Task<FoundryIndex?> CurrentAsync(CancellationToken cancellationToken)
    {
        // Asked for by its name an object that is not there yet would count as a failed request.
        if (!(await collection.KeysAsync(Current, cancellationToken)).Contains(Current))
        {
            return null;
        }

        const string Remedy = "delete it when nothing else uses the collection, use another collection, or the version of this program that wrote it";
        JsonElement json;
        try
        {
            json = await collection.GetAsync(Current, cancellationToken);
        }
        // An audit must not run for an hour to find that it cannot be stored.
        catch (FalconApiException e) when (e is { Failure: FalconFailure.Partial, Status: null })
        {
            throw new FalconApiException(FalconOperation.GetObject, FalconFailure.Malformed, $"the object \"{Current}\" is not JSON: {Remedy}", inner: e);
        }

        return FoundryIndex.Read(json, Version)
            ?? throw new FalconApiException(FalconOperation.GetObject, FalconFailure.Malformed, $"the object \"{Current}\" is not an audit of version {Version}: {Remedy}");
    }

    // The service says itself which objects it has.
    private async Task CompleteAsync(FoundryIndex index, CancellationToken cancellationToken)
    {
        var keys = await collection.KeysAsync($"{index.Id}-", cancellationToken);
        foreach (var (list, parts) in (ReadOnlySpan<(string, int)>)[("policies", index.Policies), ("hosts", index.Hosts)])
        {
            for (var number = 1; number <= parts; number++)
            {
                if (FoundryParts.Key(index.Id, list, number) is var key && !keys.Contains(key))
                {
                    throw new FalconApiException(FalconOperation.ListObjects, FalconFailure.Partial, $"the collection \"{collection.Name}\" lacks the object \"{key}\" of its run");
                }
            }
        }
    }
}
