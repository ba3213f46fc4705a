using System.CommandLine;
using Comptroller.Archive.Backups;
using Comptroller.Archive.Objects;
using Comptroller.Archive.Sources;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Client.Configuration;

namespace Comptroller.Operator.Verbs.Archive;

/// <summary>What <c>archive backup</c> takes that is no file: databases in use, events of VictoriaLogs, objects of the cluster.</summary>
internal sealed class OtherSources
{
    private readonly Option<string[]> _sqlite = new("--sqlite") { Description = "A SQLite database, or NAME=PATH: its copy of one moment, also while others write to it; may be repeated" };
    private readonly Option<string> _scratch = new("--scratch") { Description = "Directory with room for copies of databases", DefaultValueFactory = _ => Path.GetTempPath() };
    private readonly Option<string?> _logs = new("--victorialogs") { Description = "URL of VictoriaLogs, such as http://victoria-logs:9428: its events of --logs-since to --logs-until" };
    private readonly Option<string> _query = new("--logs-query") { Description = "LogsQL filter without pipes", DefaultValueFactory = _ => "*" };
    private readonly Option<DateTimeOffset?> _since = new("--logs-since") { Description = "At or after, such as 2026-11-21T00:00:00Z; the whole day before now when absent" };
    private readonly Option<DateTimeOffset?> _until = new("--logs-until") { Description = "Before; now when absent" };
    private readonly Option<string?> _token = new("--logs-token-file") { Description = "File with a bearer token for VictoriaLogs" };
    private readonly Option<bool> _localLogs = new("--allow-local-victorialogs") { Description = "Accept a VictoriaLogs on this machine" };
    private readonly Option<bool> _estate = new("--estate") { Description = "The custom resources of this program and what they name, from the cluster, as they are and as kubectl applies them; of Secrets only that they exist" };
    private readonly Option<string?> _kubeconfig = CommonOptions.Kubeconfig();
    private readonly Option<string?> _context = CommonOptions.Context();

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _sqlite, _scratch, _logs, _query, _since, _until, _token, _localLogs, _estate, _kubeconfig, _context })
        {
            command.Options.Add(option);
        }
    }

    /// <exception cref="IOException">A database cannot be copied.</exception>
    /// <exception cref="FormatException">A query or an address is none.</exception>
    public async Task<OpenSources> OpenAsync(ParseResult result, CancellationToken cancellationToken)
    {
        var open = new OpenSources();
        try
        {
            foreach (var database in (result.GetValue(_sqlite) ?? []).Select(BackupVerb.Source))
            {
                open.Add(await SqliteSnapshot.TakeAsync(database.Name, database.Path, result.GetValue(_scratch)!, cancellationToken));
            }

            if (result.GetValue(_logs) is { } url)
            {
                // Inside a cluster it is spoken to without TLS.
                var token = result.GetValue(_token) is { } file ? StoreOptions.Read("--logs-token-file", file, text => text.Trim()) : null;
                var export = new VictoriaLogsExport(EndpointGuard.Check(url, allowPlain: true), result.GetValue(_query)!, token, result.GetValue(_localLogs), TimeProvider.System);
                var until = result.GetValue(_until) ?? TimeProvider.System.GetUtcNow();
                open.Add(export, export.Sources("victorialogs", result.GetValue(_since) ?? new DateTimeOffset(until.UtcDateTime.Date.AddDays(-1), TimeSpan.Zero), until));
            }

            if (result.GetValue(_estate))
            {
                var cluster = await new ConfigurationLoader().LoadAsync(result.GetValue(_kubeconfig), result.GetValue(_context), cancellationToken);
                var client = KubeClient.Create(cluster, new KubeClientOptions { Component = "archive" });
                open.Add(client, new EstateExport(client).Sources("estate"));
            }

            return open;
        }
        catch
        {
            open.Dispose();
            throw;
        }
    }

    /// <summary>Sources, and what must be let go when they have been read.</summary>
    internal sealed class OpenSources : IDisposable
    {
        private readonly List<IDisposable> _held = [];
        private readonly List<BackupSource> _sources = [];

        public IReadOnlyList<BackupSource> Sources => _sources;

        public void Add(SqliteSnapshot snapshot) => Add(snapshot, [snapshot.Source]);

        public void Add(IDisposable held, IEnumerable<BackupSource> sources)
        {
            _held.Add(held);
            _sources.AddRange(sources);
        }

        public void Dispose() => _held.ForEach(held => held.Dispose());
    }
}
