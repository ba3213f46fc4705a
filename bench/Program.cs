using System.CommandLine;
using Comptroller.Bench;

// Figures come as ratios against a baseline of the same run: absolute numbers of a shared machine mean little.
var count = new Option<int>("--count") { Description = "AuditPolicies created at once", DefaultValueFactory = _ => 1000 };
var resident = new Option<int>("--resident") { Description = "AuditPolicies resident for memory, quiet time and restart", DefaultValueFactory = _ => 5000 };
var quiet = new Option<int>("--quiet-seconds") { Description = "Length of the quiet period", DefaultValueFactory = _ => 60 };
var binary = new Option<string?>("--operator") { Description = "The operator's published binary; the framework-dependent build when absent" };
var seconds = new Option<int>("--seconds") { Description = "Length of each measurement", DefaultValueFactory = _ => 5 };

var operate = new Command("operator", "Writes, processor time and memory of the operator") { count, resident, quiet, binary };
operate.SetAction((result, cancellationToken) => new OperatorBench(
    result.GetValue(binary) ?? Builds.Operator, result.GetValue(count), result.GetValue(resident), result.GetValue(quiet)).RunAsync(cancellationToken));

var sandbox = new Command("sandbox", "Start and request rates of the embedded API server") { seconds };
sandbox.SetAction((result, cancellationToken) => new SandboxBench(TimeSpan.FromSeconds(result.GetValue(seconds))).RunAsync(cancellationToken));

var startBinary = new Argument<string>("binary") { Description = "The operator's published binary" };
var start = new Command("start", "Size, time to /readyz and idle memory of the published binary") { startBinary };
start.SetAction((result, cancellationToken) => new StartBench(result.GetValue(startBinary)!).RunAsync(cancellationToken));

var kubeconfig = new Option<string>("--kubeconfig") { Required = true };
var floor = new Command("floor", "The baseline of `operator`: the same writes from a loop without an operator around it") { kubeconfig, count };
floor.SetAction((result, cancellationToken) => FloorBaseline.RunAsync(result.GetValue(kubeconfig)!, result.GetValue(count), cancellationToken));

var bytes = new Option<int>("--bytes") { Description = "Length of an answer", DefaultValueFactory = _ => 1024 };
var bare = new Command("fixed", "The baseline of `sandbox`: a bare web server with a fixed answer") { bytes };
bare.SetAction((result, cancellationToken) => FixedEndpoint.RunAsync(result.GetValue(bytes), cancellationToken));

var evaluator = new Command("evaluator", "Decisions per second and core, and allocations, beside a naive implementation");
evaluator.SetAction(_ => EvaluatorBench.Run());

var lint = new Command("lint", "Time of the review of 125 to 2 000 rules, and how it grows");
lint.SetAction(_ => LintBench.Run());

var policy = new Option<string?>("--policy") { Description = "A Policy or an AuditPolicy resource; the seed's when absent" };
var logs = new Option<string[]>("--log") { Description = "Audit logs of different lengths; generated ones of 20 MB, 200 MB and 2 GB when absent", DefaultValueFactory = _ => [] };
var replay = new Command("replay", "Speed and memory of replaying an audit log") { binary, policy, logs };
replay.SetAction((result, cancellationToken) => new ReplayBench(
    result.GetValue(binary) ?? Builds.Operator, result.GetValue(policy) ?? Builds.Sample("auditpolicy-seed.yaml"), result.GetValue(logs)!).RunAsync(cancellationToken));

var log = new Argument<string>("log");
var lines = new Command("lines", "The baseline of `replay`: a plain walk over the lines of a log") { log };
lines.SetAction(result => LineBaseline.Run(result.GetValue(log)!));

var hosts = new Option<int>("--hosts") { DefaultValueFactory = _ => 100_000 };
var policies = new Option<int>("--policies") { DefaultValueFactory = _ => 50 };
var falcon = new Command("falcon", "One Falcon audit against the simulated API: wall, memory, calls") { hosts, policies, binary };
falcon.SetAction((result, cancellationToken) => new FalconBench(
    result.GetValue(binary) ?? Builds.Operator, result.GetValue(hosts), result.GetValue(policies)).RunAsync(cancellationToken));

var postgres = new Option<string?>("--postgres") { Description = "Address of a PostgreSQL database to measure as well" };
var store = new Command("falcon-store", "Rows a second into the store and MB a second into reports, in one atomic run") { hosts, policies, postgres };
store.SetAction((result, cancellationToken) => new FalconStoreBench(result.GetValue(hosts), result.GetValue(policies), result.GetValue(postgres)).RunAsync(cancellationToken));

var rate = new Command("falcon-rate", "The rate limiter under 200 concurrent callers, on the real clock") { seconds };
rate.SetAction((result, cancellationToken) => FalconRateBench.RunAsync(TimeSpan.FromSeconds(result.GetValue(seconds)), cancellationToken));

var cloud = new Argument<string>("address");
var pages = new Command("falcon-pages", "The baseline of `falcon`: the same pages of hosts, received and thrown away") { cloud };
pages.SetAction((result, cancellationToken) => FalconPages.RunAsync(new Uri(result.GetValue(cloud)!), cancellationToken));

var resources = new Option<int>("--resources") { Description = "Resources of the state", DefaultValueFactory = _ => 50_000 };
var connections = new Option<int>("--connections") { DefaultValueFactory = _ => 128 };
var stateMegabytes = new Option<int>("--megabytes") { Description = "Length of the state", DefaultValueFactory = _ => 500 };
var replicaSeconds = new Option<int>("--seconds") { DefaultValueFactory = _ => 40 };
var killEvery = new Option<int>("--kill-every") { Description = "Seconds", DefaultValueFactory = _ => 10 };
var drift = new Command("drift", "Alerts a second on disk and judged, their waiting, and memory with a large state") { resources, connections, seconds, binary };
drift.SetAction((result, cancellationToken) => new DriftBench(
    result.GetValue(binary) ?? Builds.Operator, result.GetValue(resources), result.GetValue(connections), TimeSpan.FromSeconds(result.GetValue(seconds))).RunAsync(cancellationToken));

var driftState = new Command("drift-state", "Time and memory of reading a large Terraform state") { stateMegabytes, binary };
driftState.SetAction((result, cancellationToken) => new DriftStateBench(result.GetValue(binary) ?? Builds.Operator, result.GetValue(stateMegabytes)).RunAsync(cancellationToken));
var driftReplicas = new Command("drift-replicas", "Three watches on one PostgreSQL, of which one is killed every ten seconds: alerts a second, and what is lost or doubled") { resources, connections, replicaSeconds, killEvery, binary };
driftReplicas.SetAction((result, cancellationToken) => new DriftReplicasBench(
    result.GetValue(binary) ?? Builds.Operator, result.GetValue(resources), result.GetValue(connections), TimeSpan.FromSeconds(result.GetValue(replicaSeconds)), TimeSpan.FromSeconds(result.GetValue(killEvery))).RunAsync(cancellationToken));

var events = new Option<int>("--events") { Description = "Events in the log that is queried", DefaultValueFactory = _ => 1_000_000 };
var keep = new Option<string?>("--folder") { Description = "Where that log is, or is to stay; made when missing" };
var archive = new Command("archive", "Durable appends, queries, memory and ratio of the audit log store") { events, keep };
archive.SetAction((result, cancellationToken) => new ArchiveBench(result.GetValue(events), result.GetValue(keep)).RunAsync(cancellationToken));

var filled = new Argument<string>("folder");
var archiveFill = new Command("archive-fill", "Makes the log that `archive --folder` queries") { filled, events };
archiveFill.SetAction((result, cancellationToken) => ArchiveBench.FillAsync(result.GetValue(filled)!, result.GetValue(events), cancellationToken));

var megabytes = new Option<int>("--megabytes") { Description = "Length of the log that is backed up", DefaultValueFactory = _ => 1000 };
var written = new Argument<string>("file");
var auditLog = new Command("audit-log", "Writes a Kubernetes audit log such as `archive-store --log` takes") { written, megabytes };
auditLog.SetAction(result => AuditLogWriter.Write(result.GetValue(written)!, result.GetValue(megabytes) * 1_000_000L));

var endpoint = new Option<string>("--endpoint") { Description = "An S3 server with the user of the tests", DefaultValueFactory = _ => "http://127.0.0.1:7480" };
var backedUp = new Option<string?>("--log") { Description = "A log to back up; generated when absent" };
var codecs = new Option<string[]>("--compression") { Description = "gzip, brotli, zstd; the first one is read back", DefaultValueFactory = _ => ["gzip", "brotli", "zstd"], AllowMultipleArgumentsPerToken = true };
var archiveStore = new Command("archive-store", "Backup, verification and restore against an S3 server, beside pigz and restic") { binary, backedUp, megabytes, endpoint, codecs };
archiveStore.SetAction((result, cancellationToken) => new ArchiveStoreBench(
    result.GetValue(binary) ?? Builds.Operator, result.GetValue(backedUp), result.GetValue(megabytes), new Uri(result.GetValue(endpoint)!), result.GetValue(codecs)!).RunAsync(cancellationToken));

return await new RootCommand("Whole-process measurements of Comptroller") { operate, sandbox, start, floor, bare, evaluator, lint, replay, lines, falcon, store, rate, pages, drift, driftState, driftReplicas, archive, archiveFill, auditLog, archiveStore }.Parse(args).InvokeAsync();
