using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace Comptroller.Sandbox.Http;

/// <summary>Counts answered requests, under the name and labels of kube-apiserver's own counter.</summary>
public sealed class RequestCounter
{
    private readonly ConcurrentDictionary<(string Verb, string Group, string Resource, string Subresource, int Code), Cell> _counts = new();

    /// <summary>Answered requests.</summary>
    /// <param name="verb">GET, LIST, WATCH, POST, PUT, PATCH, APPLY, DELETE or DELETECOLLECTION; null for all.</param>
    /// <param name="resource">Plural name; null for all, discovery included.</param>
    public long Count(string? verb = null, string? resource = null) =>
        _counts.Where(entry => (verb is null || entry.Key.Verb == verb) && (resource is null || entry.Key.Resource == resource)).Sum(entry => entry.Value.Read());

    /// <summary>The counters in Prometheus text format.</summary>
    public string ToPrometheusText()
    {
        var text = new StringBuilder("# HELP apiserver_request_total Requests answered, by verb, resource and HTTP code.\n# TYPE apiserver_request_total counter\n");
        foreach (var (key, count) in _counts.OrderBy(entry => entry.Key))
        {
            text.Append(CultureInfo.InvariantCulture, $"apiserver_request_total{{verb=\"{key.Verb}\",group=\"{key.Group}\",resource=\"{key.Resource}\",subresource=\"{key.Subresource}\",code=\"{key.Code}\"}} {count.Read()}\n");
        }
        return text.ToString();
    }

    internal void Add(string verb, string group, string resource, string subresource, int code) =>
        _counts.GetOrAdd((verb, group, resource, subresource, code), static _ => new Cell()).Add();

    private sealed class Cell
    {
        private long _value;

        public void Add() => Interlocked.Increment(ref _value);

        public long Read() => Interlocked.Read(ref _value);
    }
}
