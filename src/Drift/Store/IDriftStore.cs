using System.Data.Common;
using Comptroller.Drift.Lifecycle;

namespace Comptroller.Drift.Store;

/// <summary>
/// Where drifts are kept: a SQLite file, or a PostgreSQL that several replicas share. What was written when a call returns outlives the
/// process. Every call may throw <see cref="DbException"/>: the disk is full, the file locked, the server away; then nothing was written.
/// </summary>
public interface IDriftStore : IAsyncDisposable
{
    /// <summary>Whether other processes write here as well. Then what is taken in is judged by whoever claims it.</summary>
    bool IsShared { get; }

    /// <summary>Keeps bodies until they are judged, in order.</summary>
    Task AppendAsync(IReadOnlyCollection<ReadOnlyMemory<byte>> bodies, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>
    /// Takes the oldest bodies that nobody works on. They are this worker's until the lease ends; then, should it have died, another's.
    /// </summary>
    Task<IReadOnlyList<WaitingBody>> ClaimAsync(string worker, int most, TimeSpan lease, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>How many bodies wait, claimed or not.</summary>
    Task<long> CountWaitingAsync(CancellationToken cancellationToken);

    /// <summary>Writes what was judged, all of it or nothing.</summary>
    /// <returns>False when another worker has taken over the bodies of this batch: nothing was written, and nothing is to be.</returns>
    Task<bool> ApplyAsync(Verdicts verdicts, CancellationToken cancellationToken);

    /// <summary>A page of drifts, the newest first.</summary>
    Task<DriftPage> ListAsync(DriftQuery query, CancellationToken cancellationToken);

    /// <summary>Passes over drifts without reading them.</summary>
    /// <param name="query">Which; the length of its page does not matter.</param>
    /// <param name="most">How many.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>How many were passed over, and the cursor behind them; null when nothing follows. As with pages, one call looks at a bounded number of drifts.</returns>
    Task<(long Passed, long? Next)> PassAsync(DriftQuery query, long most, CancellationToken cancellationToken);

    /// <summary>Which of some resources have a drift that stands, by their ids and types.</summary>
    Task<IReadOnlySet<(string ResourceId, string Type)>> DriftedAsync(IReadOnlyCollection<string> resources, CancellationToken cancellationToken);

    /// <summary>One drift by its id; null when there is none.</summary>
    Task<DriftRecord?> FindAsync(string id, CancellationToken cancellationToken);

    /// <summary>Who was seen at a drift, the last first.</summary>
    Task<IReadOnlyList<DriftActor>> ActorsAsync(string id, CancellationToken cancellationToken);

    /// <summary>What happened to a drift, oldest first.</summary>
    Task<IReadOnlyList<DriftChange>> TimelineAsync(string id, long after, int most, CancellationToken cancellationToken);

    /// <summary>Does what a person decided.</summary>
    /// <returns>The drift as it is now; null when there is none.</returns>
    /// <exception cref="InvalidOperationException">This cannot be done to a drift in that status; says why.</exception>
    Task<DriftRecord?> DecideAsync(string id, Decision decision, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>How many drifts stand alike; kept up to date with every write, so that reading it costs the same with any number of drifts.</summary>
    Task<IReadOnlyList<DriftCount>> CountsAsync(CancellationToken cancellationToken);

    /// <summary>Changes of all drifts behind one, oldest first. Numbers only grow, also over restarts, and none shows up behind a later one.</summary>
    Task<IReadOnlyList<DriftChange>> ChangesAsync(long after, int most, CancellationToken cancellationToken);

    /// <summary>A page of changes with what their drifts are about, oldest first.</summary>
    Task<ChangePage> ListChangesAsync(ChangeQuery query, CancellationToken cancellationToken);

    /// <summary>Who was seen last at drifts, by their numbers; those at which nobody was are not in it.</summary>
    Task<IReadOnlyDictionary<long, DriftActor>> LastActorsAsync(IReadOnlyCollection<long> drifts, CancellationToken cancellationToken);

    /// <summary>The number of the last change; 0 when there is none.</summary>
    Task<long> LastChangeAsync(CancellationToken cancellationToken);

    /// <summary>Waits until there may be a change behind one. Also ends, at the latest after a second, where another replica may have written.</summary>
    Task WaitForChangeAsync(long after, CancellationToken cancellationToken);

    /// <summary>Whether a drift waits to be opened: one whose grace, or whose suppression, has ended.</summary>
    Task<bool> IsDueAsync(DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Opens those whose time has come.</summary>
    /// <returns>How many.</returns>
    Task<int> OpenDueAsync(DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Forgets what is too old or too much, a bounded number at a time.</summary>
    /// <returns>How many drifts.</returns>
    Task<int> ForgetAsync(Retention retention, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Keeps a small thing of some area (API keys, notifications, dead letters), in the place of the one of that key.</summary>
    Task PutAsync(StoredItem item, CancellationToken cancellationToken);

    /// <summary>Keeps a small thing unless its key is taken.</summary>
    /// <returns>Whether it was.</returns>
    Task<bool> AddAsync(StoredItem item, CancellationToken cancellationToken);

    Task<StoredItem?> GetAsync(string area, string key, CancellationToken cancellationToken);

    /// <returns>Whether there was one.</returns>
    Task<bool> RemoveAsync(string area, string key, CancellationToken cancellationToken);

    /// <summary>Those of an area in the order of their keys.</summary>
    /// <param name="area">The area.</param>
    /// <param name="after">The last key of the page before; empty for the first.</param>
    /// <param name="most">Length of a page.</param>
    /// <param name="cancellationToken">Stops.</param>
    Task<IReadOnlyList<StoredItem>> ItemsAsync(string area, string after, int most, CancellationToken cancellationToken);

    Task<long> CountItemsAsync(string area, CancellationToken cancellationToken);

    /// <summary>
    /// Takes those of an area that are due, the longest due first. Each is put off until the lease ends, so that no other replica takes it
    /// meanwhile and somebody does when this one dies.
    /// </summary>
    Task<IReadOnlyList<StoredItem>> ClaimItemsAsync(string area, int most, TimeSpan lease, DateTimeOffset now, CancellationToken cancellationToken);
}
