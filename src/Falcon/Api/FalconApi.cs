using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Comptroller.Falcon.Hosts;
using Comptroller.Falcon.Policies;

namespace Comptroller.Falcon.Api;

/// <summary>What an audit asks of the API, each by the call that needs the fewest requests.</summary>
public sealed class FalconApi(FalconClient client)
{
    public FalconClient Client { get; } = client;

    /// <summary>The customer id. Costs the scope Sensor Download; hosts and policies name it as well.</summary>
    public async Task<string> CidAsync(CancellationToken cancellationToken)
    {
        string? checksum = null;
        await Client.SendAsync(FalconOperation.Cid, [], bytes => checksum ??= JsonElement.Parse(bytes.Span).GetString(), null, cancellationToken);
        return checksum?.Split('-')[0] ?? throw new FalconApiException(FalconOperation.Cid, FalconFailure.Malformed, "no customer id in the answer");
    }

    /// <summary>Every host that matches, its fields as asked, page after page.</summary>
    /// <param name="filter">FQL; null for all.</param>
    /// <param name="fields">Comma list; null for whole records.</param>
    /// <param name="from">Where to go on; default for the first page.</param>
    /// <param name="host">Called with each record. A repeated page comes twice: take hosts by their id.</param>
    /// <param name="page">Called after each page.</param>
    /// <param name="cancellationToken">Ends it between pages.</param>
    /// <returns>How many hosts there are.</returns>
    public async Task<long> HostsAsync(
        string? filter, string? fields, HostPage from, Action<ReadOnlyMemory<byte>> host, Func<HostPage, Task>? page, CancellationToken cancellationToken)
    {
        var operation = FalconOperation.Devices;
        while (true)
        {
            var answer = await Client.SendAsync(
                operation, [Pair("filter", filter), Pair("fields", fields), Pair("sort", "device_id.asc"), Limit(operation), Pair("offset", from.Next)], host, null, cancellationToken);
            var received = from.Received + answer.Count;
            var isLast = answer.Next is null || answer.Next == from.Next || answer.Count == 0;
            var total = answer.Total ?? received;
            from = new HostPage(received, from.Received > 0 ? Math.Min(from.Total, total) : total, isLast ? null : answer.Next);
            if (page is not null)
            {
                await page(from);
            }

            if (isLast)
            {
                return received >= from.Total ? from.Total : throw Incomplete(operation, received, from.Total);
            }
        }
    }

    /// <summary>Whole records of hosts by id as they are now, 5 000 a request.</summary>
    /// <param name="ids">Repeated ones are asked for once.</param>
    /// <param name="host">Called with each record. An answer that was cut is asked for again: take hosts by their id.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="FalconApiException">It failed, or some host is not in the answer.</exception>
    public async Task HostDetailsAsync(IEnumerable<string> ids, Action<ReadOnlyMemory<byte>> host, CancellationToken cancellationToken)
    {
        foreach (var chunk in ids.Distinct(StringComparer.Ordinal).Chunk(FalconOperation.DeviceDetails.Limit))
        {
            var answer = await Client.SendAsync(FalconOperation.DeviceDetails, [], host, Ids(chunk), cancellationToken);
            if (answer.Count < chunk.Length)
            {
                throw Incomplete(FalconOperation.DeviceDetails, answer.Count, chunk.Length);
            }
        }
    }

    /// <summary>Policies of a type that has a combined query.</summary>
    public Task<List<JsonElement>> CombinedAsync(FalconOperation operation, CancellationToken cancellationToken) => PagedAsync(operation, [], cancellationToken);

    /// <summary>Results of an operation that takes ids in its address.</summary>
    public async Task<List<JsonElement>> ByIdAsync(FalconOperation operation, IEnumerable<string> ids, CancellationToken cancellationToken)
    {
        var found = new List<JsonElement>();
        foreach (var chunk in ids.Chunk(operation.Limit))
        {
            var page = new List<JsonElement>();
            await Client.SendAsync(operation, chunk.Select(id => Pair("ids", id)), Into(page), null, cancellationToken);
            found.AddRange(Distinct(page));
        }

        return found;
    }

    /// <summary>IT automation policies: the query wants a platform.</summary>
    public async Task<List<JsonElement>> ItAutomationAsync(CancellationToken cancellationToken)
    {
        var ids = new List<string>();
        foreach (var platform in (string[])["Windows", "Linux", "Mac"])
        {
            ids.AddRange(Texts(await PagedAsync(FalconOperation.ItAutomationIds, [Pair("platform", platform)], cancellationToken)));
        }

        return Complete(FalconOperation.ItAutomation, ids, await ByIdAsync(FalconOperation.ItAutomation, ids.Distinct(StringComparer.Ordinal), cancellationToken));
    }

    /// <summary>Scheduled scans that are not deleted.</summary>
    public async Task<List<JsonElement>> ScheduledScansAsync(CancellationToken cancellationToken)
    {
        var ids = Texts(await PagedAsync(FalconOperation.ScheduledScanIds, [], cancellationToken)).ToList();
        var scans = Complete(FalconOperation.ScheduledScans, ids, await ByIdAsync(FalconOperation.ScheduledScans, ids, cancellationToken));
        return [.. scans.Where(scan => scan.Field("deleted")?.ValueKind != JsonValueKind.True)];
    }

    /// <summary>Finished runs of scans, one after the other, with their hosts.</summary>
    /// <param name="scans">Ids of scheduled scans; the whole history of a tenant would grow for ever.</param>
    /// <param name="since">Oldest end.</param>
    /// <param name="run">Called with each run.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task ScanRunsAsync(IReadOnlyList<string> scans, DateTimeOffset since, Action<JsonElement> run, CancellationToken cancellationToken)
    {
        foreach (var chunk in scans.Chunk(50))
        {
            var filter = $"{Fql.AnyOf("profile_id", chunk)}+scan_completed_on:>='{since.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}'";
            var ids = Texts(await PagedAsync(FalconOperation.ScanRunIds, [Pair("filter", filter)], cancellationToken));
            foreach (var some in ids.Chunk(FalconOperation.ScanRuns.Limit))
            {
                (await ByIdAsync(FalconOperation.ScanRuns, some, cancellationToken)).ForEach(run);
            }
        }
    }

    /// <summary>Configuration assessment findings of one host; whether there are any is what is asked, so one page is enough.</summary>
    public async Task<IReadOnlyList<JsonElement>> FindingsAsync(string deviceId, CancellationToken cancellationToken)
    {
        var findings = new List<JsonElement>();
        await Client.SendAsync(
            FalconOperation.Findings, [Pair("filter", Fql.AnyOf("aid", [deviceId])), Pair("facet", "finding.rule"), Pair("limit", "100")], Into(findings), null, cancellationToken);
        return findings;
    }

    /// <summary>Zero Trust assessments, 100 hosts a request. A host that is not assessed is not in the answer.</summary>
    public async Task AssessmentsAsync(IReadOnlyList<string> deviceIds, Action<JsonElement> assessment, CancellationToken cancellationToken)
    {
        foreach (var chunk in deviceIds.Chunk(FalconOperation.Assessments.Limit))
        {
            await Client.SendAsync(FalconOperation.Assessments, chunk.Select(id => Pair("ids", id)), bytes => assessment(JsonElement.Parse(bytes.Span)), null, cancellationToken);
        }
    }

    /// <summary>Overall Zero Trust scores below a limit by device id, 1 000 hosts a request; the cheapest way to the hosts that need care.</summary>
    /// <param name="limit">1 to 100; a host with this score is not below it.</param>
    /// <param name="cancellationToken">Ends it between pages.</param>
    public async Task<Dictionary<string, int>> ScoresBelowAsync(int limit, CancellationToken cancellationToken)
    {
        var operation = FalconOperation.AssessmentsByScore;
        var scores = new Dictionary<string, int>(StringComparer.Ordinal);
        string? after = null;
        while (true)
        {
            var answer = await Client.SendAsync(
                operation,
                [Pair("filter", $"score:<{limit.ToString(CultureInfo.InvariantCulture)}"), Pair("sort", "score|asc"), Limit(operation), Pair("after", after)],
                bytes =>
                {
                    var item = JsonElement.Parse(bytes.Span);
                    if (item.Text("aid") is { Length: > 0 } id && item.Field("score") is { ValueKind: JsonValueKind.Number } score)
                    {
                        scores[id] = (int)score.GetDouble();
                    }
                },
                null,
                cancellationToken);
            if (answer.Next is null || answer.Next == after || answer.Count == 0)
            {
                return scores.Count >= (answer.Total ?? 0) ? scores : throw Incomplete(operation, scores.Count, answer.Total!.Value);
            }

            after = answer.Next;
        }
    }

    /// <summary>The Zero Trust score of the whole customer, whatever hosts are audited: one request.</summary>
    /// <exception cref="FalconApiException">It failed, or the answer has no score.</exception>
    public async Task<TenantTrust> TenantTrustAsync(CancellationToken cancellationToken)
    {
        TenantTrust? found = null;
        await Client.SendAsync(FalconOperation.TenantAssessment, [], bytes => found ??= TenantTrust.Read(JsonElement.Parse(bytes.Span)), null, cancellationToken);
        return found ?? throw new FalconApiException(FalconOperation.TenantAssessment, FalconFailure.Malformed, "no average_overall_score and num_aids in the answer");
    }

    /// <summary>Ids of the members of a host group, 5 000 a request.</summary>
    /// <param name="group">Id of the group.</param>
    /// <param name="member">Called with each, page by page.</param>
    /// <param name="cancellationToken">Ends it between pages.</param>
    public Task GroupMembersAsync(string group, Action<string> member, CancellationToken cancellationToken) =>
        PagesAsync(FalconOperation.GroupMembers, [Pair("id", group), Pair("sort", "device_id.asc")], page => Texts(page).ToList().ForEach(member), cancellationToken);

    /// <summary>Ids of host groups by name, in the order of the names; case does not matter.</summary>
    /// <exception cref="FormatException">Some name is unknown: an audit of nothing would look clean.</exception>
    public async Task<IReadOnlyList<string>> HostGroupIdsAsync(IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        var filter = Fql.AnyOf("name", [.. names.Select(name => name.ToLowerInvariant())]);
        var groups = await PagedAsync(FalconOperation.HostGroups, [Pair("filter", filter)], cancellationToken);
        var ids = names.Select(name => groups.Find(group => string.Equals(group.Text("name"), name, StringComparison.OrdinalIgnoreCase)).Text("id")).ToList();
        var unknown = names.Where((_, index) => ids[index] is null).ToList();
        return unknown.Count == 0 ? [.. ids.OfType<string>()] : throw new FormatException($"no host group is called {string.Join(", ", unknown.Select(Fql.Quote))}");
    }

    /// <summary>All pages, as one list.</summary>
    private async Task<List<JsonElement>> PagedAsync(FalconOperation operation, IReadOnlyList<KeyValuePair<string, string?>> query, CancellationToken cancellationToken)
    {
        var all = new List<JsonElement>();
        await PagesAsync(operation, query, all.AddRange, cancellationToken);
        return all;
    }

    /// <summary>
    /// All pages, one after the other. The offset moves by what was received: a server that caps a page below the limit would otherwise be
    /// asked past what it did not send.
    /// </summary>
    private async Task PagesAsync(
        FalconOperation operation, IReadOnlyList<KeyValuePair<string, string?>> query, Action<List<JsonElement>> received, CancellationToken cancellationToken)
    {
        for (var count = 0; ;)
        {
            var page = new List<JsonElement>();
            var offset = count == 0 ? null : count.ToString(CultureInfo.InvariantCulture);
            var answer = await Client.SendAsync(operation, [.. query, Limit(operation), Pair("offset", offset)], Into(page), null, cancellationToken);
            // An answer that was cut and asked for again has left its first half here.
            page.RemoveRange(0, page.Count - answer.Count);
            count += page.Count;
            received(page);
            if (answer.Count == 0 || count >= answer.Total || (answer.Total is null && answer.Count < operation.Limit))
            {
                if (count < answer.Total)
                {
                    throw Incomplete(operation, count, answer.Total.Value);
                }

                return;
            }
        }
    }

    private static List<JsonElement> Complete(FalconOperation operation, List<string> ids, List<JsonElement> found)
    {
        var wanted = ids.Distinct(StringComparer.Ordinal).Count();
        return found.Count >= wanted ? found : throw Incomplete(operation, found.Count, wanted);
    }

    private static IEnumerable<JsonElement> Distinct(IEnumerable<JsonElement> items) =>
        items.DistinctBy(item => item.Text("id") ?? item.Text("policy_id") ?? item.Text("aid") ?? item.GetRawText(), StringComparer.Ordinal);

    private static FalconApiException Incomplete(FalconOperation operation, long received, long total) =>
        new(operation, FalconFailure.Partial, $"only {received} of {total} were received");

    private static Action<ReadOnlyMemory<byte>> Into(List<JsonElement> list) => bytes => list.Add(JsonElement.Parse(bytes.Span));

    private static IEnumerable<string> Texts(IEnumerable<JsonElement> items) =>
        items.Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()!);

    private static KeyValuePair<string, string?> Pair(string name, string? value) => KeyValuePair.Create(name, value);

    private static KeyValuePair<string, string?> Limit(FalconOperation operation) => Pair("limit", operation.Limit.ToString(CultureInfo.InvariantCulture));

    private static ReadOnlyMemory<byte> Ids(IEnumerable<string> ids)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("ids");
            foreach (var id in ids)
            {
                writer.WriteStringValue(id);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }
}

/// <summary>Where a walk over the hosts is.</summary>
/// <param name="Received">Hosts so far.</param>
/// <param name="Total">Hosts there are: the least that any page so far has said. Hosts that enrol during the walk may be behind it already.</param>
/// <param name="Next">Token of the next page; null before the first and after the last.</param>
public readonly record struct HostPage(long Received, long Total, string? Next);
