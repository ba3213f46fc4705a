using Comptroller.Drift.State;

namespace Comptroller.Drift.Graph;

/// <summary>
/// The graph of the states as they are. It is made when somebody asks, not when a state changes: a watch that nobody looks at makes none.
/// Once there is one, making the next is nobody's wait: meanwhile the one before is shown. Safe for use by several at once.
/// </summary>
public sealed class CurrentGraph
{
    private readonly Lock _gate = new();
    private Made _made = new(StateIndex.Empty, ResourceGraph.Empty);

    private sealed record Made(StateIndex State, ResourceGraph Graph);

    /// <summary>The graph that is being made, or was made last.</summary>
    internal Task Making { get; private set; } = Task.CompletedTask;

    /// <summary>The graph of a state; of the state before while that of this one is being made.</summary>
    public ResourceGraph Of(StateIndex state)
    {
        var made = Volatile.Read(ref _made);
        if (ReferenceEquals(made.State, state))
        {
            return made.Graph;
        }

        lock (_gate)
        {
            if (ReferenceEquals(_made.State, StateIndex.Empty) && !ReferenceEquals(state, StateIndex.Empty))
            {
                // There is nothing to show meanwhile.
                Make(state);
            }
            else if (!ReferenceEquals(_made.State, state) && Making.IsCompleted)
            {
                // At most one: memory holds the graph that is shown and the next, however often states change.
                Making = Task.Run(() => Make(state));
            }

            return _made.Graph;
        }
    }

    private void Make(StateIndex state) => Volatile.Write(ref _made, new Made(state, ResourceGraph.Of(state)));
}
