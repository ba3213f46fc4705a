using System.Threading.Channels;
using Comptroller.Crds;
using Comptroller.Crds.AuditBackups;
using Comptroller.Crds.AuditPolicies;
using Comptroller.Crds.DriftWatches;
using Comptroller.Crds.PolicyAuditSchedules;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;
using Spectre.Console;

namespace Comptroller.Sandbox.Try;

/// <summary>The resources and their conditions, as a table that follows every change, or as a verdict.</summary>
/// <param name="client">Reads and watches.</param>
/// <param name="samples">What has to become Ready.</param>
internal sealed class ResourceView(IKubeClient client, IReadOnlyList<(string Kind, ObjectKey Key)> samples)
{
    /// <summary>Waits until nothing is amiss with any sample; then the resources. Null when the time is over or the operator has ended, after the reasons were told.</summary>
    /// <param name="operatorRun">The operator.</param>
    /// <param name="whyNot">What is amiss; null when nothing is.</param>
    /// <param name="limit">Ends the wait.</param>
    public async Task<IReadOnlyList<ResourceRow>?> UntilAsync(Task<int> operatorRun, Func<ResourceRow, string?> whyNot, CancellationToken limit)
    {
        IReadOnlyList<ResourceRow> current = [];
        try
        {
            await foreach (var resources in FollowAsync(operatorRun, limit))
            {
                current = resources;
                if (Amiss(current, whyNot) is [])
                {
                    return current;
                }
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            // The time is over; what is missing is told below.
        }

        Show(current);
        foreach (var (sample, reason) in Amiss(current, whyNot))
        {
            await Console.Error.WriteLineAsync($"{sample}: {reason}");
        }

        if (operatorRun.IsCompleted)
        {
            await Console.Error.WriteLineAsync("the operator has stopped");
        }

        return null;
    }

    public static void Show(IReadOnlyList<ResourceRow> resources) => AnsiConsole.Write(TableOf(resources));

    /// <summary>Shows the table until Ctrl-C.</summary>
    public async Task<int> ShowAsync(Task<int> operatorRun, string kubeconfigPath, CancellationToken cancellationToken)
    {
        // Not by the console that draws the table: it breaks long lines, and these are to be copied.
        Console.WriteLine();
        Console.WriteLine($"kubectl --kubeconfig {kubeconfigPath} get auditbackups,auditpolicies,driftwatches,policyauditschedules,cronjobs,deployments,jobs,pods -A");
        Console.WriteLine($"kubectl --kubeconfig {kubeconfigPath} annotate --overwrite pas/falcon-small reconcile.fluxcd.io/requestedAt=\"$(date -u +%FT%TZ)\"   # audits now");
        Console.WriteLine($"kubectl --kubeconfig {kubeconfigPath} annotate --overwrite abk/backup-small reconcile.fluxcd.io/requestedAt=\"$(date -u +%FT%TZ)\"   # backs up and proves now");
        Console.WriteLine("Ctrl-C stops.");
        Console.WriteLine();
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
    private async IAsyncEnumerable<IReadOnlyList<ResourceRow>> FollowAsync(
        Task operatorRun, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var changed = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        var policies = await client.ListAllAsync(ResourceTypes.AuditPolicies, null, new ListOptions(), cancellationToken);
        var schedules = await client.ListAllAsync(ResourceTypes.PolicyAuditSchedules, null, new ListOptions(), cancellationToken);
        var backups = await client.ListAllAsync(ResourceTypes.AuditBackups, null, new ListOptions(), cancellationToken);
        var watches = await client.ListAllAsync(ResourceTypes.DriftWatches, null, new ListOptions(), cancellationToken);
        var watching = Task.WhenAll(
            WatchAsync(ResourceTypes.AuditBackups, backups.ResourceVersion, changed.Writer, ending.Token),
            WatchAsync(ResourceTypes.DriftWatches, watches.ResourceVersion, changed.Writer, ending.Token),
            WatchAsync(ResourceTypes.AuditPolicies, policies.ResourceVersion, changed.Writer, ending.Token),
            WatchAsync(ResourceTypes.PolicyAuditSchedules, schedules.ResourceVersion, changed.Writer, ending.Token));
        var ended = operatorRun.ContinueWith(_ => changed.Writer.TryComplete(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        try
        {
            yield return Rows(policies.Items, schedules.Items, watches.Items, backups.Items);
            await foreach (var _ in changed.Reader.ReadAllAsync(cancellationToken))
            {
                yield return Rows(
                    (await client.ListAllAsync(ResourceTypes.AuditPolicies, null, new ListOptions(), cancellationToken)).Items,
                    (await client.ListAllAsync(ResourceTypes.PolicyAuditSchedules, null, new ListOptions(), cancellationToken)).Items,
                    (await client.ListAllAsync(ResourceTypes.DriftWatches, null, new ListOptions(), cancellationToken)).Items,
                    (await client.ListAllAsync(ResourceTypes.AuditBackups, null, new ListOptions(), cancellationToken)).Items);
            }
        }
        finally
        {
            await ending.CancelAsync();
            await watching;
        }
    }

    private async Task WatchAsync<T>(ResourceType<T> type, string resourceVersion, ChannelWriter<bool> changed, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            while (true)
            {
                var options = new WatchOptions { ResourceVersion = resourceVersion, Timeout = TimeSpan.FromMinutes(5) };
                await foreach (var change in client.WatchAsync(type, null, options, cancellationToken))
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

    private static IReadOnlyList<ResourceRow> Rows(
        IEnumerable<AuditPolicy> policies, IEnumerable<PolicyAuditSchedule> schedules, IEnumerable<DriftWatch> watches, IEnumerable<AuditBackup> backups) =>
        [.. policies.Select(ResourceRow.Of), .. schedules.Select(ResourceRow.Of), .. watches.Select(ResourceRow.Of), .. backups.Select(ResourceRow.Of)];

    private List<(string Sample, string Reason)> Amiss(IReadOnlyList<ResourceRow> resources, Func<ResourceRow, string?> whyNot) =>
    [
        .. from sample in samples
           let row = resources.FirstOrDefault(row => row.Kind == sample.Kind && row.Key == sample.Key)
           let reason = row is null ? "it does not exist" : whyNot(row)
           where reason is not null
           select ($"{sample.Kind} {sample.Key}", reason),
    ];

    private static Table TableOf(IReadOnlyList<ResourceRow> resources)
    {
        var table = new Table().Border(TableBorder.Rounded)
            .AddColumns("Resource", "Ready", "Status", "Found", "Rendered");
        foreach (var resource in resources.OrderBy(resource => resource.Kind, StringComparer.Ordinal).ThenBy(resource => resource.Key.ToString(), StringComparer.Ordinal))
        {
            var others = resource.Conditions.Where(condition => condition.Type != Conditions.Ready).Select(condition => $"{condition.Type}={condition.Status} ({condition.Reason})");
            table.AddRow(
                Markup.Escape($"{resource.Kind}\n{resource.Key}"),
                resource.Ready?.Status switch { "True" => "[green]True[/]", null => "", var other => $"[red]{other}[/]" },
                Markup.Escape(string.Join('\n', [resource.Ready?.Message ?? "", .. others])),
                Markup.Escape(string.Join('\n', resource.Found)),
                Markup.Escape(string.Join('\n', resource.Inventory.Select(entry => $"{entry.Kind} {entry.Name}"))));
        }

        return table;
    }
}
