using System.Text.RegularExpressions;
using Comptroller.Sandbox.Storage;

namespace Comptroller.Sandbox;

/// <summary>Makes the server misbehave on request, for tests of what clients do then. Not reachable over the network.</summary>
public sealed class SandboxFaults
{
    private readonly Lock _lock = new();
    private readonly List<Fault> _faults = [];
    private readonly ObjectStore _store;

    internal SandboxFaults(ObjectStore store) => _store = store;

    /// <summary>Ends every watch, cleanly, as a server that restarts does.</summary>
    public void DropWatchers() => _store.DropWatchers();

    /// <summary>Forgets history: older revisions and running continue tokens answer 410.</summary>
    public void CompactNow() => _store.Compact();

    /// <summary>Faults that have not happened yet; 0 when each request that was to fail has come.</summary>
    public int Pending
    {
        get
        {
            lock (_lock)
            {
                return _faults.Count;
            }
        }
    }

    /// <summary>Fails the next <paramref name="count"/> requests that match.</summary>
    /// <param name="pattern">A regular expression over method, path and query: <c>^PATCH /apis/.*/status</c>.</param>
    /// <param name="status">HTTP status to answer; 0 cuts the connection without an answer.</param>
    /// <param name="afterCommit">True lets the request do its work first, so that the client is told of a failure that did not happen.</param>
    /// <param name="retryAfterSeconds">Value of a Retry-After header; none when null.</param>
    /// <param name="skip">Matching requests that are served before the first one fails.</param>
    public void FailNext(int count, string pattern, int status, bool afterCommit = false, int? retryAfterSeconds = null, int skip = 0) =>
        Add(new Fault(Compile(pattern), count) { Status = status, AfterCommit = afterCommit, RetryAfterSeconds = retryAfterSeconds, Skip = skip });

    /// <summary>Holds the next <paramref name="count"/> matching requests back for <paramref name="delay"/> before they are looked at.</summary>
    public void DelayNext(int count, string pattern, TimeSpan delay) => Add(new Fault(Compile(pattern), count) { Delay = delay });

    /// <summary>Forgets all faults that have not happened yet.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            _faults.Clear();
        }
    }

    /// <summary>The fault that this request meets, counted off; null when none.</summary>
    internal Fault? Take(string method, string pathAndQuery)
    {
        if (_faults.Count == 0)
        {
            return null;
        }
        var line = $"{method} {pathAndQuery}";
        lock (_lock)
        {
            var fault = _faults.Find(candidate => candidate.Pattern.IsMatch(line));
            if (fault is { Skip: > 0 })
            {
                fault.Skip--;
                return null;
            }
            if (fault is not null && --fault.Remaining <= 0)
            {
                _faults.Remove(fault);
            }
            return fault;
        }
    }

    private static Regex Compile(string pattern) => new(pattern, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));

    private void Add(Fault fault)
    {
        lock (_lock)
        {
            _faults.Add(fault);
        }
    }

    internal sealed record Fault(Regex Pattern, int Count)
    {
        public int Remaining { get; set; } = Count;
        public int Skip { get; set; }
        public int? Status { get; init; }
        public bool AfterCommit { get; init; }
        public int? RetryAfterSeconds { get; init; }
        public TimeSpan Delay { get; init; }
    }
}
