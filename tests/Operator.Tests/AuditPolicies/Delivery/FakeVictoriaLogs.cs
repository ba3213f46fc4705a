using System.Globalization;
using System.Net;
using Comptroller.Kubernetes.Tests.Client.Servers;
using Microsoft.AspNetCore.Http;

namespace Comptroller.Operator.Tests.AuditPolicies.Delivery;

/// <summary>Speaks as VictoriaLogs documents it: rows of JSON whose values are strings, and a page of metrics with its own flags.</summary>
internal sealed class FakeVictoriaLogs : IAsyncDisposable
{
    private FakeVictoriaLogs(ScriptedServer server)
    {
        Server = server;
        server.Answer = AnswerAsync;
    }

    public ScriptedServer Server { get; }

    public Uri Endpoint => Server.Address;

    /// <summary>Events in the time asked about, by cluster; 0 for all others.</summary>
    public Func<string, int> Events { get; set; } = _ => 900;

    /// <summary>The newest events, of any cluster.</summary>
    public IReadOnlyList<string> Sample { get; set; } = [];

    public string Retention { get; set; } = "90d";

    public int Queries => Server.Requests.Count(request => request.Path.EndsWith("/select/logsql/query", StringComparison.Ordinal));

    public static async Task<FakeVictoriaLogs> StartAsync() => new(await ScriptedServer.StartAsync());

    /// <summary>The query of a request, as the server would see it.</summary>
    public static string QueryOf(SeenRequest request) => Form(request)["query"];

    public static Dictionary<string, string> Form(SeenRequest request) =>
        request.Body.Split('&').Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => WebUtility.UrlDecode(pair[1]), StringComparer.Ordinal);

    public ValueTask DisposeAsync() => Server.DisposeAsync();

    private Task AnswerAsync(HttpContext context, SeenRequest request)
    {
        if (request.Path == "/metrics")
        {
            return TextAsync(context, 200, $"vl_rows_ingested_total 1\nflag{{name=\"retentionPeriod\", value=\"{Retention}\", is_set=\"true\"}} 1\n");
        }

        if (request.Path != "/select/logsql/query")
        {
            return TextAsync(context, 404, "unsupported path");
        }

        var query = QueryOf(request);
        if (query.Contains("| limit ", StringComparison.Ordinal))
        {
            return TextAsync(context, 200, string.Join('\n', Sample));
        }

        var events = Events(query.Split("cluster=\"")[1].Split('"')[0]);
        var newest = events == 0 ? "" : DateTimeOffset.UtcNow.AddSeconds(-3).ToString("O", CultureInfo.InvariantCulture);
        return TextAsync(context, 200, $$"""{"events":"{{events}}","newest":"{{newest}}"}""" + "\n");
    }

    public static async Task TextAsync(HttpContext context, int code, string text)
    {
        context.Response.StatusCode = code;
        context.Response.ContentType = "text/plain";
        await context.Response.WriteAsync(text);
    }
}
