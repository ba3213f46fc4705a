using Comptroller.Conformance.Transcripts;

namespace Comptroller.Conformance.Replay;

/// <summary>
/// Plays one transcript against a server. Steps run in order, except that a live watch stays open beside the steps it is recorded with,
/// and watches that follow each other run at the same time, because they only read and each lasts as long as its timeout.
/// </summary>
internal sealed class Replayer
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PollEvery = TimeSpan.FromMilliseconds(25);

    private readonly ReplayTarget target;
    private readonly Transcript transcript;
    private readonly TimeSpan pollFor;
    private readonly Wire wire;
    private readonly Placeholders placeholders = new();
    private readonly SortedDictionary<int, List<string>> differences = [];

    /// <summary>The step that showed a placeholder first: it answers for an order that turns out wrong.</summary>
    private readonly Dictionary<string, int> shownBy = new(StringComparer.Ordinal);

    /// <param name="run">Makes names unique where several replays share a server.</param>
    /// <param name="pollFor">How long a polled step may take to come about.</param>
    public Replayer(ReplayTarget target, Transcript transcript, string run, TimeSpan pollFor)
    {
        this.target = target;
        this.transcript = transcript;
        this.pollFor = pollFor;
        wire = new Wire(target);
        placeholders.Bind("<run>", run);
        placeholders.Bind("<ns>", $"conf-{run}");
    }

    public async Task<TranscriptResult> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await RunStepsAsync(cancellationToken);
        }
        catch (Exception e) when (e is InvalidOperationException or HttpRequestException)
        {
            foreach (var step in transcript.Steps.Where(step => !differences.ContainsKey(step.Index)))
            {
                differences[step.Index] = [e.Message];
            }
        }

        foreach (var (placeholder, difference) in OrderCheck.Run(
            transcript, placeholders, placeholder => shownBy.TryGetValue(placeholder, out var step) && transcript.Steps[step].IsPolled))
        {
            differences[shownBy.GetValueOrDefault(placeholder, transcript.Steps.Count - 1)].Add(difference);
        }

        return new(transcript.Id, transcript.Title, [.. transcript.Steps.Select(step => new StepResult(step.Index, step.Note, differences[step.Index]))]);
    }

    private async Task RunStepsAsync(CancellationToken cancellationToken)
    {
        var preconditions = new Preconditions(wire, placeholders);
        var unrecorded = new UnrecordedActions(wire, placeholders, preconditions, target.PassTime);
        await preconditions.EstablishAsync(transcript, cancellationToken);

        var live = new List<(Step Step, Task<Answer> Answer)>();
        for (var i = 0; i < transcript.Steps.Count; i++)
        {
            var step = transcript.Steps[i];
            await unrecorded.BeforeAsync(transcript, i, cancellationToken);
            if (step.ConcurrentThrough is not null)
            {
                live.Add((step, await OpenAsync(step, cancellationToken)));
            }
            else if (step.IsStream && placeholders.CanFill(step.Request.Path, Wire.Scope(step)))
            {
                i = await RunStreamsAsync(i, cancellationToken);
            }
            else if (step.IsPolled)
            {
                await PollAsync(step, cancellationToken);
            }
            else
            {
                Judge(step, await ExchangeAsync(step, cancellationToken));
            }

            var ended = live.Where(watch => watch.Step.ConcurrentThrough <= i).ToList();
            live.RemoveAll(watch => watch.Step.ConcurrentThrough <= i);
            foreach (var (watch, answer) in ended)
            {
                Judge(watch, await answer);
            }
        }
    }

    /// <returns>The index of the last step that ran.</returns>
    private async Task<int> RunStreamsAsync(int first, CancellationToken cancellationToken)
    {
        var streams = transcript.Steps.Skip(first).TakeWhile(step =>
            step.IsStream && step.ConcurrentThrough is null && placeholders.CanFill(step.Request.Path, Wire.Scope(step))).ToList();
        var answers = await Task.WhenAll(streams.Select(step => ExchangeAsync(step, cancellationToken)));
        foreach (var (step, answer) in streams.Zip(answers))
        {
            Judge(step, answer);
        }

        return first + streams.Count - 1;
    }

    private async Task PollAsync(Step step, CancellationToken cancellationToken)
    {
        for (var attempts = pollFor / PollEvery; ; attempts--)
        {
            var answer = await ExchangeAsync(step, cancellationToken);
            var attempt = placeholders.Fork();
            if (attempts <= 0 || answer is null || StepComparer.Compare(step, answer, attempt).Count == 0)
            {
                Judge(step, answer);
                return;
            }

            await Task.Delay(PollEvery, cancellationToken);
        }
    }

    /// <summary>Opens a watch and returns once the server has begun to answer, so that what follows happens while it is open.</summary>
    private async Task<Task<Answer>> OpenAsync(Step step, CancellationToken cancellationToken)
    {
        var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Patience);
        return FinishAsync(await wire.StartAsync(step, placeholders, deadline.Token), deadline);

        static async Task<Answer> FinishAsync(HttpResponseMessage? response, CancellationTokenSource deadline)
        {
            using (deadline)
            {
                return await Wire.FinishAsync(response, deadline.Token);
            }
        }
    }

    /// <returns>Null when the request could not be made, or was not answered in time; the reason is noted.</returns>
    private async Task<Answer?> ExchangeAsync(Step step, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Patience);
        try
        {
            return await Wire.FinishAsync(await wire.StartAsync(step, placeholders, deadline.Token), deadline.Token);
        }
        catch (InvalidOperationException e)
        {
            differences[step.Index] = [e.Message];
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            differences[step.Index] = [$"no end of the answer within {Patience.TotalSeconds:0} s"];
        }

        return null;
    }

    private void Judge(Step step, Answer? answer)
    {
        if (answer is null)
        {
            return;
        }

        differences[step.Index] = [.. StepComparer.Compare(step, answer, placeholders)];
        foreach (var placeholder in transcript.RvOrder.Concat(transcript.ContinueTokens.Select(token => token.Key)))
        {
            if (placeholders.ValueOf(placeholder) is not null)
            {
                shownBy.TryAdd(placeholder, step.Index);
            }
        }
    }
}
