using System.Diagnostics;
using System.Text.Json.Nodes;
using Comptroller.Sandbox.Controllers;
using Comptroller.Sandbox.Resources;
using Comptroller.Sandbox.Tests.Controllers;
using Comptroller.Sandbox.Workloads;

namespace Comptroller.Sandbox.Tests.Workloads;

/// <summary>Pods as processes: /bin/sh stands for the image of a tool.</summary>
public sealed class PodTests : IAsyncLifetime
{
    private static readonly WorkloadOptions Options = new() { Images = new Dictionary<string, IReadOnlyList<string>> { ["tool:1"] = ["/bin/sh", "-c"] }, MostProcesses = 2 };

    private readonly Cluster _cluster = new(workloads: Options);

    private ServedResource Pods => _cluster.Kind("", "pods");

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task What_a_container_leaves_as_its_message_and_exit_code_is_told()
    {
        Create("pod", "echo -n done > $(cat \"$1\"); exit 3", args: ", \"sh\", \"/etc/where\"", more: """, "volumeMounts": [{"name": "map", "mountPath": "/etc/where", "subPath": "where"}]""",
            volumes: """{"name": "map", "configMap": {"name": "map"}}""");
        // It waits for its volume, and the message's own path is on no mount but known.
        await _cluster.UntilAsync(() => Waiting("pod") == "ContainerCreating");
        _cluster.Find(Pods, "pod")!["status"]!["phase"]!.ToString().ShouldBe("Pending");
        _cluster.Create(_cluster.Kind("", "configmaps"), """{"metadata": {"name": "map", "namespace": "default"}, "data": {"where": "dev/termination-log"}}""");
        var ended = await EndAsync("pod");
        ((long)ended["exitCode"]!).ShouldBe(3);
        ended["reason"]!.ToString().ShouldBe("Error");
        ended["message"]!.ToString().ShouldBe("done");
        _cluster.Find(Pods, "pod")!["status"]!["phase"]!.ToString().ShouldBe("Failed");
    }

    [Fact]
    public async Task Paths_of_mounts_lead_to_volumes_and_a_claim_outlives_its_pod()
    {
        _cluster.Create(_cluster.Kind("", "persistentvolumeclaims"), """{"metadata": {"name": "data", "namespace": "default"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}""");
        const string Volumes = """{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}, {"name": "tmp", "emptyDir": {}}""";
        const string Mounts = """, "volumeMounts": [{"name": "data", "mountPath": "/data"}, {"name": "tmp", "mountPath": "/tmp"}], "env": [{"name": "DATA", "value": "/data"}, {"name": "OTHER", "value": "/database"}]""";
        Create("writer", "mkdir -p \"$1\" && echo kept > \"$1/file\" && touch $TMPDIR/x", args: ", \"sh\", \"/data/reports\"", more: Mounts, volumes: Volumes);
        ((long)(await EndAsync("writer"))["exitCode"]!).ShouldBe(0);
        _cluster.Find(_cluster.Kind("", "persistentvolumeclaims"), "data")!["status"]!["phase"]!.ToString().ShouldBe("Bound");

        Create("reader", "(cat $DATA/reports/file; echo $OTHER; ls $TMPDIR | wc -l; echo ${1%%=*}; ls ${1#*=}) > dev/termination-log", args: ", \"sh\", \"--out=/data\"", more: Mounts, volumes: Volumes);
        (await EndAsync("reader"))["message"]!.ToString().Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).ShouldBe(["kept", "/database", "0", "--out", "reports"]);
    }

    [Fact]
    public async Task What_pods_are_given_is_for_nobody_else_on_the_machine()
    {
        Create("pod", "pwd > dev/termination-log");
        var directory = new DirectoryInfo((await EndAsync("pod"))["message"]!.ToString().Trim());
        while (!directory.Name.StartsWith("comptroller-sandbox-", StringComparison.Ordinal))
        {
            directory = directory.Parent.ShouldNotBeNull();
        }
        directory.UnixFileMode.ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    [Fact]
    public async Task Variables_come_from_Secrets_as_they_are_when_the_container_starts_and_from_nowhere_else()
    {
        Environment.SetEnvironmentVariable("COMPTROLLER_TEST_OUTSIDE", "seen");
        const string Variables = """, "env": [{"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"} } }, {"name": "NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"} } }]""";
        Create("pod", "echo $KEY $NAME [$COMPTROLLER_TEST_OUTSIDE] > dev/termination-log", more: Variables);
        await _cluster.UntilAsync(() => Waiting("pod") == "CreateContainerConfigError");
        Container("pod")["state"]!["waiting"]!["message"]!.ToString().ShouldBe("secret \"s\" not found");
        var secret = _cluster.Create(_cluster.Kind("", "secrets"), """{"metadata": {"name": "s", "namespace": "default"}, "type": "Opaque", "data": {"other": "YQ=="}}""");
        await _cluster.UntilAsync(() => Container("pod")["state"]!["waiting"]!["message"]!.ToString() == "couldn't find key k in Secret default/s");
        secret = _cluster.Replace(_cluster.Kind("", "secrets"), secret, content => content["data"]!["k"] = "b2xk");
        (await EndAsync("pod"))["message"]!.ToString().Trim().ShouldBe("old pod []");

        _cluster.Replace(_cluster.Kind("", "secrets"), secret, content => content["data"]!["k"] = "bmV3");
        Create("next", "echo $KEY > dev/termination-log", more: Variables);
        (await EndAsync("next"))["message"]!.ToString().Trim().ShouldBe("new");
    }

    [Theory]
    [InlineData("other:1", "", "ErrImagePull", "other:1")]
    [InlineData("tool:1", """, "command": ["ls"]""", "CreateContainerError", "command")]
    [InlineData("tool:1", """, "volumeMounts": [{"name": "none", "mountPath": "/x"}]""", "CreateContainerConfigError", "none")]
    public async Task What_cannot_be_run_here_says_so(string image, string more, string reason, string told)
    {
        Create("pod", "true", more: more, image: image);
        await _cluster.UntilAsync(() => Waiting("pod") == reason);
        Container("pod")["state"]!["waiting"]!["message"]!.ToString().ShouldContain(told);
    }

    [Fact]
    public async Task The_end_of_the_log_is_the_message_only_where_that_is_asked_for()
    {
        Create("silent", "echo wrong >&2; exit 1");
        Create("loud", "echo wrong >&2; exit 1", more: ", \"terminationMessagePolicy\": \"FallbackToLogsOnError\"");
        (await EndAsync("silent"))["message"].ShouldBeNull();
        (await EndAsync("loud"))["message"]!.ToString().ShouldBe("wrong\n");
    }

    [Fact]
    public async Task A_deleted_pod_takes_its_process_with_it()
    {
        using var file = new TemporaryFile();
        Create("pod", $"echo $$ > {file.Path}.new; mv {file.Path}.new {file.Path}; trap 'exit 0' TERM; while true; do sleep 0.05; done");
        var process = await ProcessAsync(file.Path);
        new ObjectWriter(_cluster.Store, TimeProvider.System).Delete(Pods, _cluster.Store.Get(Pods.Storage, "default", "pod")!);
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task No_process_outlives_the_server_also_when_it_listens_to_nobody()
    {
        using var file = new TemporaryFile();
        var cluster = new Cluster(workloads: Options);
        cluster.Create(cluster.Kind("", "pods"), Document("pod", $"trap '' TERM; echo $$ > {file.Path}.new; mv {file.Path}.new {file.Path}; while true; do sleep 0.05; done", "", "", "", "tool:1", "Never"));
        var process = await ProcessAsync(file.Path);
        await cluster.DisposeAsync();
        process.HasExited.ShouldBeTrue();
    }

    [Fact]
    public async Task More_pods_than_processes_are_allowed_wait_for_their_turn()
    {
        using var file = new TemporaryFile();
        for (var number = 0; number < 3; number++)
        {
            Create($"pod-{number}", $"until [ -s {file.Path} ]; do sleep 0.02; done");
        }
        await _cluster.UntilAsync(() => _cluster.All(Pods).Count(pod => (string)pod["status"]!["phase"]! == "Running") == 2
            && _cluster.All(Pods).Any(pod => pod["status"]!.ToJsonString().Contains("Too many pods", StringComparison.Ordinal)));
        await File.WriteAllTextAsync(file.Path, "go");
        await _cluster.UntilAsync(() => _cluster.All(Pods).All(pod => (string)pod["status"]!["phase"]! == "Succeeded"));
    }

    [Fact]
    public async Task A_container_that_is_to_go_on_is_started_again_after_a_pause()
    {
        Create("pod", "exit 4", restart: "Always");
        await _cluster.UntilAsync(() => Waiting("pod") == "CrashLoopBackOff");
        ((long)Container("pod")["restartCount"]!).ShouldBe(1);
        ((long)Container("pod")["lastState"]!["terminated"]!["exitCode"]!).ShouldBe(4);
    }

    [Fact]
    public async Task A_Job_runs_to_its_end()
    {
        _cluster.Create(_cluster.Kind("batch", "jobs"),
            """{"metadata": {"name": "job", "namespace": "default"}, "spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": "tool:1", "args": ["exit 0"]}]}}}}""");
        await _cluster.UntilAsync(() => _cluster.Find(_cluster.Kind("batch", "jobs"), "job")!["status"]?["completionTime"] is not null);
    }

    private string? Waiting(string pod) => (string?)((_cluster.Find(Pods, pod)!["status"]!["containerStatuses"] as JsonArray)?[0]?["state"]?["waiting"]?["reason"]);

    private JsonNode Container(string pod) => _cluster.Find(Pods, pod)!["status"]!["containerStatuses"]![0]!;

    private async Task<JsonNode> EndAsync(string pod)
    {
        await _cluster.UntilAsync(() => (string)_cluster.Find(Pods, pod)!["status"]!["phase"]! is "Succeeded" or "Failed");
        return Container(pod)["state"]!["terminated"]!;
    }

    private void Create(string name, string script, string args = "", string more = "", string volumes = "", string image = "tool:1", string restart = "Never") =>
        _cluster.Create(Pods, Document(name, script, args, more, volumes, image, restart));

    private static string Document(string name, string script, string args, string more, string volumes, string image, string restart) =>
        $$"""
        {"metadata": {"name": "{{name}}", "namespace": "default"},
         "spec": {"restartPolicy": "{{restart}}", "volumes": [{{volumes}}], "containers": [
           {"name": "main", "image": "{{image}}", "args": [{{JsonValue.Create(script)!.ToJsonString()}}{{args}}] {{more}} }]} }
        """;

    /// <summary>The process that wrote its id into a file.</summary>
    private static async Task<Process> ProcessAsync(string file)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!File.Exists(file) || new FileInfo(file).Length == 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), patience.Token);
        }
        return Process.GetProcessById(int.Parse(await File.ReadAllTextAsync(file, patience.Token), System.Globalization.CultureInfo.InvariantCulture));
    }

    private sealed class TemporaryFile : IDisposable
    {
        public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"comptroller-pod-{Guid.NewGuid():N}");

        public void Dispose() => File.Delete(Path);
    }
}
