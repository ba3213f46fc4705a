using System.Collections.Immutable;

namespace Comptroller.Drift.State;

/// <summary>
/// Several states as one index. A source that fails keeps what was last read of it: judging by an old state that is named as old beats
/// judging by none. Not safe for use by several at once; what it hands out is.
/// </summary>
public sealed class StateSet(ImmutableArray<StateSource> sources, TimeProvider time)
{
    private readonly Loaded?[] _loaded = new Loaded?[sources.Length];
    private readonly string?[] _errors = new string?[sources.Length];
    private long _readSinceTidied;

    private sealed record Loaded(string Version, StateHeader Header, StateIndex Index, DateTimeOffset At);

    /// <summary>The last good state of every source together.</summary>
    public StateIndex Index { get; private set; } = StateIndex.Empty;

    /// <summary>Gives what reading left behind back to the system. It stops everything for as long as it takes.</summary>
    internal Action Tidy { get; init; } = static () => GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);

    /// <summary>Whether every source was read at least once.</summary>
    public bool IsComplete => Array.TrueForAll(_loaded, each => each is not null);

    public IEnumerable<StateSourceStatus> Statuses => sources.Select((source, at) => new StateSourceStatus(
        source.Name, _loaded[at]?.Header.Serial, _loaded[at]?.Header.Lineage, _loaded[at]?.Index.Count ?? 0, _loaded[at]?.At, _errors[at])
    {
        TerraformVersion = _loaded[at]?.Header.TerraformVersion ?? "",
        Outputs = _loaded[at]?.Header.Outputs ?? 0,
    });

    /// <summary>Reads what has changed.</summary>
    /// <returns>Whether the index is another one now.</returns>
    public async Task<bool> RefreshAsync(CancellationToken cancellationToken)
    {
        var changed = false;
        for (var at = 0; at < sources.Length; at++)
        {
            try
            {
                changed |= await RefreshAsync(at, cancellationToken);
                _errors[at] = null;
            }
            catch (Exception e) when (e is StateException or IOException or HttpRequestException or InvalidDataException)
            {
                _errors[at] = e is StateException ? e.Message : $"{sources[at].Name}: {e.Message}";
            }
        }

        if (changed)
        {
            Index = StateIndex.Of(_loaded.OfType<Loaded>().Select(each => each.Index));
            // What reading left behind, and the state before, go back to the system now: a watch that then waits for events would keep them.
            // Only when that is much beside what is kept, though: the pause goes by what is kept, and one state of a hundred changes all the time.
            if (_readSinceTidied * 4 >= Index.Length)
            {
                _readSinceTidied = 0;
                Tidy();
            }
        }

        return changed;
    }

    private async Task<bool> RefreshAsync(int at, CancellationToken cancellationToken)
    {
        await using var opened = await sources[at].OpenAsync(_loaded[at]?.Version, cancellationToken);
        if (opened.Content is null)
        {
            _loaded[at] = _loaded[at]! with { At = time.GetUtcNow() };
            return false;
        }

        var builder = new StateIndexBuilder();
        var header = await StateReader.ReadAsync(opened.Content, sources[at].Name, builder, cancellationToken);
        var index = builder.Build();
        _readSinceTidied += index.Length;
        _loaded[at] = new Loaded(opened.Version, header, index, time.GetUtcNow());
        return true;
    }
}

/// <summary>How a source stands.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Serial">Of the state that is in use; null when none was ever read.</param>
/// <param name="Lineage">Of that state.</param>
/// <param name="Resources">How many managed resources it has.</param>
/// <param name="LoadedAt">When it was last seen to be current.</param>
/// <param name="Error">Why the last attempt failed; null when it did not.</param>
public sealed record StateSourceStatus(string Name, long? Serial, string? Lineage, int Resources, DateTimeOffset? LoadedAt, string? Error)
{
    /// <summary>What wrote that state; empty when none was ever read.</summary>
    public string TerraformVersion { get; init; } = "";

    /// <summary>How many outputs that state has.</summary>
    public int Outputs { get; init; }
}
