using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.Archive.Backups;
using Comptroller.Archive.Objects;

namespace Comptroller.Archive.Sources;

/// <summary>
/// Events that VictoriaLogs holds, by query and time: one text an hour, streamed. The store is asked for the number of events before and after, and an
/// export that brings fewer is refused: a query that was cut short by a limit of the server otherwise looks like a whole one. An hour whose number is that
/// of the backup before is not exported again.
/// </summary>
public sealed class VictoriaLogsExport : IDisposable
{
    /// <summary>About two years of hours; each is a file of the manifest.</summary>
    public const int MostHours = 20_000;

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    /// <summary>Between two reads of an export; a server that says nothing that long has stopped.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly HttpClient _client;
    private readonly RetryPolicy _retry;
    private readonly Uri _query;
    private readonly string _filter;
    private readonly string? _token;

    /// <param name="endpoint">Of VictoriaLogs, such as <c>http://victoria-logs:9428</c>.</param>
    /// <param name="filter">A LogsQL filter without pipes, such as <c>{app="audit"}</c>.</param>
    /// <param name="token">Bearer token; null for none.</param>
    /// <param name="allowLocal">Whether it may be on this machine.</param>
    /// <param name="time">For waiting between tries.</param>
    /// <exception cref="FormatException">The filter has a pipe: it would change what is counted.</exception>
    public VictoriaLogsExport(Uri endpoint, string filter, string? token, bool allowLocal, TimeProvider time)
    {
        if (HasPipe(filter))
        {
            throw new FormatException($"query \"{filter}\": a filter without pipes is needed, such as {{app=\"audit\"}}; what a pipe makes of the events is not evidence");
        }

        (_filter, _token, _retry) = (filter, token, new RetryPolicy(time));
        _client = new HttpClient(EndpointGuard.Handler(allowLocal)) { Timeout = Timeout.InfiniteTimeSpan };
        _query = new Uri($"{endpoint.ToString().TrimEnd('/')}/select/logsql/query");
    }

    /// <summary>What to back up: a text for each hour that the time touches.</summary>
    /// <param name="name">First part of their paths.</param>
    /// <param name="since">At or after.</param>
    /// <param name="until">Before.</param>
    /// <exception cref="FormatException">There is no time between them, or too much.</exception>
    public IReadOnlyList<BackupSource> Sources(string name, DateTimeOffset since, DateTimeOffset until)
    {
        if (since >= until || until - since > Hour * MostHours)
        {
            throw new FormatException($"from {since:u} to {until:u}: an export is of at least a moment and at most {MostHours} hours");
        }

        var sources = new List<BackupSource>();
        for (var from = since; from < until;)
        {
            var next = new DateTimeOffset(from.UtcTicks - (from.UtcTicks % Hour.Ticks) + Hour.Ticks, TimeSpan.Zero);
            var (start, end) = (from, next < until ? next : until);
            sources.Add(new BackupSource(name, start.UtcDateTime.ToString("yyyy-MM-dd'/'HH'.jsonl'", CultureInfo.InvariantCulture))
            {
                Text = new TextStream(
                    cancellationToken => OpenAsync(start, end, cancellationToken),
                    async (old, cancellationToken) => await CountAsync(start, end, cancellationToken) == old.Lines),
            });
            from = next;
        }

        return sources;
    }

    public void Dispose() => _client.Dispose();

    private async Task<Stream> OpenAsync(DateTimeOffset start, DateTimeOffset end, CancellationToken cancellationToken)
    {
        var least = await CountAsync(start, end, cancellationToken);
        var response = await _retry.RunAsync(() => SendAsync(Within(start, end), cancellationToken), RetryPolicy.IsPassing, cancellationToken);
        return new CountedLines(response, Patience, async (lines, stop) =>
        {
            // Events may have come meanwhile; none may have gone.
            var most = lines < least ? least : await CountAsync(start, end, stop);
            if (lines < least || lines > most)
            {
                throw new IOException($"{_query.Host}: {lines} events came from {start:u} to {end:u}, and it holds {(least == most ? $"{least}" : $"{least} to {most}")}; it cut the answer short: look at its limits of time and memory for queries");
            }
        });
    }

    private async Task<long> CountAsync(DateTimeOffset start, DateTimeOffset end, CancellationToken cancellationToken) => await _retry.RunAsync(
        async () =>
        {
            using var response = await SendAsync($"{Within(start, end)} | stats count() as rows", cancellationToken);
            var answer = await response.Content.ReadAsStringAsync(cancellationToken);
            try
            {
                return long.Parse(JsonNode.Parse(answer)!["rows"]!.ToString(), CultureInfo.InvariantCulture);
            }
            catch (Exception e) when (e is JsonException or FormatException or NullReferenceException or InvalidOperationException)
            {
                throw new IOException($"{_query.Host}: its answer is no number of events; is it VictoriaLogs?", e);
            }
        },
        RetryPolicy.IsPassing,
        cancellationToken);

    private async Task<HttpResponseMessage> SendAsync(string query, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _query) { Content = new FormUrlEncodedContent(new Dictionary<string, string> { ["query"] = query }) };
        request.Headers.Authorization = _token is null ? null : new AuthenticationHeaderValue("Bearer", _token);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token);
        if (response.StatusCode == HttpStatusCode.OK)
        {
            return response;
        }

        using (response)
        {
            throw RetryPolicy.IsPassing(response.StatusCode, null)
                ? new IOException($"{_query.Host}: {(int)response.StatusCode}")
                : new ObjectStoreException($"{_query.Host}: {(int)response.StatusCode} for the query {query}; look at its syntax and the token");
        }
    }

    private string Within(DateTimeOffset start, DateTimeOffset end) => $"_time:[{Text(start)}, {Text(end)}) ({_filter})";

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture);

    private static bool HasPipe(string filter)
    {
        var (quote, escaped) = ('\0', false);
        foreach (var character in filter)
        {
            if (quote == '\0' && character == '|')
            {
                return true;
            }

            quote = escaped ? quote : quote == '\0' && character is '"' or '\'' or '`' ? character : character == quote ? '\0' : quote;
            escaped = !escaped && character == '\\' && quote is not ('\0' or '`');
        }

        return false;
    }
}
