using System.Threading.Channels;
using Comptroller.Crds;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;
using Spectre.Console;

namespace Comptroller.Sandbox.Try;

/// <summary>The resources and their conditions, as a table that follows every change, or as a verdict.</summary>
/// <param name="client">Reads and watches.</param>
/// <param name="samples">What has to become Ready.</param>
internal sealed class ResourceView(IKubeClient client, IReadOnlyList<ObjectKey> samples)
{
    /// <summary>Waits until every sample is Ready for its current generation; 0, or 1 with the reasons after <paramref name="patience"/>.</summary>
    public async Task<int> WaitAsync(Task<int> operatorRun, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(patience);
        IReadOnlyList<AuditPolicy> current = [];
        try
        {
            await foreach (var resources in FollowAsync(operatorRun, limit.Token))
            {
                current = resources;
                if (NotReady(current) is [])
                {
                    AnsiConsole.Write(TableOf(current));
                    return 0;
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The time is over; what is missing is told below.
        }

        AnsiConsole.Write(TableOf(current));
        foreach (var (key, reason) in NotReady(current))
        {
            await Console.Error.WriteLineAsync($"{key} is not Ready: {reason}");
        }

        if (operatorRun.IsCompleted)
        {
            await Console.Error.WriteLineAsync("the operator has stopped");
        }

        return 1;
    }

    /// <summary>Shows the table until Ctrl-C.</summary>
    public async Task<int> ShowAsync(Task<int> operatorRun, string kubeconfigPath, CancellationToken cancellationToken)
    {
        AnsiConsole.WriteLine();
        AnsiConsole.WriteLine($"kubectl --kubeconfig {kubeconfigPath} get auditpolicies,configmaps,vmrules -A");
        AnsiConsole.WriteLine("Ctrl-C stops.");
        AnsiConsole.WriteLine();
        try
        {
            if (AnsiConsole.Profile.Capabilities.Interactive)
            {
                await AnsiConsole.Live(TableOf([])).StartAsync(async live =>
                {
                    await foreach (var resources in FollowAsync(operatorRun, cancellationToken))
                    {
                        live.UpdateTarget(TableOf(resources));
                    }
                });
            }
            else
            {
                await foreach (var resources in FollowAsync(operatorRun, cancellationToken))
                {
                    AnsiConsole.Write(TableOf(resources));
                }
            }
        }
        catch (OperationCanceledException)
        {
            return 0;
        }

        await Console.Error.WriteLineAsync("the operator has stopped");
        return 1;
    }

    /// <summary>The resources now and after every change, until cancelled or the operator ends. Changes in quick succession come as one.</summary>
    private async IAsyncEnumerable<IReadOnlyList<AuditPolicy>> FollowAsync(
        Task operatorRun, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var changed = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        var page = await client.ListAllAsync(ResourceTypes.AuditPolicies, null, new ListOptions(), cancellationToken);
        var watching = WatchAsync(page.ResourceVersion, changed.Writer, ending.Token);
        var ended = operatorRun.ContinueWith(_ => changed.Writer.TryComplete(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        try
        {
            yield return page.Items;
            await foreach (var _ in changed.Reader.ReadAllAsync(cancellationToken))
            {
                yield return (await client.ListAllAsync(ResourceTypes.AuditPolicies, null, new ListOptions(), cancellationToken)).Items;
            }
        }
        finally
        {
            await ending.CancelAsync();
            await watching;
        }
    }

    private async Task WatchAsync(string resourceVersion, ChannelWriter<bool> changed, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                var options = new WatchOptions { ResourceVersion = resourceVersion, Timeout = TimeSpan.FromMinutes(5) };
                await foreach (var change in client.WatchAsync(ResourceTypes.AuditPolicies, null, options, cancellationToken))
                {
                    resourceVersion = change.Metadata.ResourceVersion ?? resourceVersion;
                    changed.TryWrite(true);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The view is closed.
        }
        catch (KubeApiException e)
        {
            changed.TryComplete(e);
        }
    }

    private List<(ObjectKey Key, string Reason)> NotReady(IReadOnlyList<AuditPolicy> resources) =>
    [
        .. samples
            .Select(key => (Key: key, Reason: WhyNot(resources.FirstOrDefault(resource => ObjectKey.Of(resource) == key))))
            .Where(sample => sample.Reason is not null)
            .Select(sample => (sample.Key, sample.Reason!)),
    ];

    private static string? WhyNot(AuditPolicy? resource)
    {
        if (resource is null)
        {
            return "it does not exist";
        }

        var ready = resource.Status.Conditions?.FirstOrDefault(condition => condition.Type == Conditions.Ready);
        return ready is null ? "the operator has not looked at it"
            : resource.Status.ObservedGeneration != resource.Metadata.Generation ? "the operator has not looked at its newest generation"
            : ready.Status == "True" ? null
            : $"{ready.Reason}: {ready.Message}";
    }

    private static Table TableOf(IReadOnlyList<AuditPolicy> resources)
    {
        var table = new Table().Border(TableBorder.Rounded)
            .AddColumns("AuditPolicy", "Ready", "Status", "Findings", "Rendered");
        foreach (var resource in resources.OrderBy(resource => ObjectKey.Of(resource).ToString(), StringComparer.Ordinal))
        {
            var conditions = resource.Status.Conditions ?? [];
            var ready = conditions.FirstOrDefault(condition => condition.Type == Conditions.Ready);
            var others = conditions.Where(condition => condition.Type != Conditions.Ready).Select(condition => $"{condition.Type}={condition.Status} ({condition.Reason})");
            table.AddRow(
                Markup.Escape(ObjectKey.Of(resource).ToString()),
                ready?.Status switch { "True" => "[green]True[/]", null => "", var other => $"[red]{other}[/]" },
                Markup.Escape(string.Join('\n', [ready?.Message ?? "", .. others])),
                Markup.Escape(FindingsText(resource.Status.Findings)),
                Markup.Escape(string.Join('\n', (resource.Status.Inventory ?? []).Select(entry => $"{entry.Kind} {entry.Name}"))));
        }

        return table;
    }

    private static string FindingsText(FindingsStatus? findings) =>
        findings is null or { Total: 0 } ? "" : string.Join('\n', [$"{findings.Total}, worst {findings.Worst}", .. (findings.Items ?? []).Select(item => item.Id)]);
}
