using System.Net;
using System.Text;
using Comptroller.Crds.DriftWatches;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Operator.DriftWatches;
using Comptroller.Operator.Workloads;

namespace Comptroller.Operator.Tests.DriftWatches;

/// <summary>What a watch says of itself, by what its pods tell.</summary>
public sealed class DriftWatchConditionsTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 2, 11, 0, 0, TimeSpan.Zero);

    private static readonly DriftWatchReport Sound = new()
    {
        Version = 1,
        LastRefreshTime = Now,
        States = [new DriftStateStatus { Name = "address", Serial = 3, Lineage = "l", Resources = 5 }],
    };

    private static readonly ObservedPod Running = new() { Metadata = new ObjectMeta { Name = "p" }, Status = new PodStatus { PodIp = "127.0.0.1", ContainerStatuses = [new ContainerStatus { Name = "drift", Ready = true, State = new ContainerState { Running = new ContainerRun() } }] } };

    [Fact]
    public void A_watch_that_sees_nothing_amiss_says_so()
    {
        var status = Judge("", Sound);
        Said(status).ShouldBe("Ready=True/Succeeded DriftDetected=False/NoDrift StateFresh=True/Fresh");
        status.Conditions![0].Message.ShouldBe("watching 5 resources in 1 state; open drifts: none");
        status.States.ShouldHaveSingleItem().Name.ShouldBe("production", "states go by their names in the spec");
        status.Conditions[2].Message.ShouldBe("address serial 3");
    }

    [Fact]
    public void Open_drifts_are_told_and_leave_it_ready()
    {
        var status = Judge("", Sound with { Drifts = new DriftCounts { Open = 3, Critical = 1, Medium = 2 } });
        Said(status).ShouldBe("Ready=True/Succeeded DriftDetected=True/DriftDetected StateFresh=True/Fresh");
        status.Drifts!.Summary.ShouldBe("1 critical, 2 medium");
    }

    [Fact]
    public void Without_a_state_nobody_says_that_there_is_no_drift() =>
        Said(Judge("", Sound with { Unready = "the states are being read", States = [new DriftStateStatus { Name = "a", Error = "403" }] }))
            .ShouldBe("Ready=False/StateUnavailable DriftDetected=Unknown/StateUnavailable StateFresh=False/StateUnavailable Reconciling=True/ProgressingWithRetry");

    [Fact]
    public void A_state_that_cannot_be_read_any_more_is_stale_before_the_watch_stops_being_ready()
    {
        var stale = Sound with { States = [Sound.States[0] with { Error = "states.example.com: 403" }] };
        Said(Judge("", stale)).ShouldBe("Ready=True/Succeeded DriftDetected=Unknown/SourceStale StateFresh=False/SourceStale");
        var unready = Judge("", stale with { Unready = "a state could not be read for 900 s" });
        Said(unready).ShouldStartWith("Ready=False/SourceStale");
        unready.Conditions!.Single(each => each.Type == "StateFresh").Message.ShouldBe("states.example.com: 403");
        Said(Judge("", stale with { Drifts = new DriftCounts { Open = 1, High = 1 } })).ShouldContain("DriftDetected=True/DriftDetected", Case.Sensitive, "an open drift is known, whatever else is not");
    }

    [Fact]
    public void A_comparison_that_failed_leaves_no_drift_unknown() =>
        Said(Judge("", Sound with { ComparisonError = "plan.json: it broke off" })).ShouldBe("Ready=True/Succeeded DriftDetected=Unknown/ComparisonFailed StateFresh=True/Fresh");

    [Fact]
    public void A_watch_that_nobody_answers_for_is_unknown_and_keeps_what_it_knew()
    {
        var known = Judge("", Sound with { Drifts = new DriftCounts { Open = 2, High = 2 } });
        var status = Judge("", null, known);
        Said(status).ShouldStartWith("Ready=False/Unobserved DriftDetected=Unknown/Unobserved StateFresh=Unknown/Unobserved");
        status.Drifts!.Open.ShouldBe(2);
    }

    [Fact]
    public void A_suspended_watch_says_that_nobody_watches() =>
        Said(Judge("suspend: true, ", null)).ShouldBe("Ready=True/Succeeded DriftDetected=Unknown/Suspended StateFresh=Unknown/Suspended Suspended=True/Suspended");

    [Fact]
    public void What_is_missing_is_named_with_its_field()
    {
        var resource = Watches.Of($"{{intake: {{tokenSecretRef: {{name: drift-intake, key: token}}}}, {Watches.Sound}}}");
        var missing = DriftDependencies.Of(resource.Spec);
        var obstacle = DriftWatchConditions.Obstacle(resource.Spec, new DriftWatchInputs { Missing = [.. missing] }, [Running], Sound)!;
        obstacle.Reason.ShouldBe("CredentialsMissing");
        obstacle.Message.ShouldContain("Secret drift-intake (spec.intake.tokenSecretRef)");
        DriftWatchConditions.Obstacle(resource.Spec, new DriftWatchInputs(), [], null)!.Message.ShouldContain("Secret drift-intake");
        DriftDependencies.Of(Watches.Read(File.ReadAllText(Repository.PathOf("config", "samples", "driftwatch-full.yaml"))).Spec).Select(each => $"{each.Kind} {each.Name}").ShouldBe(
            [
                "Secret drift-intake", "Secret drift-tls", "Secret drift-postgres", "Secret drift-aws", "Secret drift-gcp", "Secret drift-azure", "Secret drift-api", "Secret gitlab", "Secret drift-notifications",
                "Secret tfstate-default-cluster", "ConfigMap legacy-state", "PersistentVolumeClaim terraform-plans", "ConfigMap known-drifts",
            ],
            ignoreOrder: true);
    }

    [Fact]
    public async Task The_pod_that_can_be_relied_on_is_believed_and_nonsense_is_not()
    {
        var answers = new Dictionary<string, byte[]>
        {
            ["10.0.0.1"] = (Sound with { Unready = "the queue is full" }).ToJson(),
            ["10.0.0.2"] = Sound.ToJson(),
            ["10.0.0.3"] = Encoding.UTF8.GetBytes("<html>"),
        };
        using var reports = new DriftReports(new Answering(answers), TimeSpan.FromSeconds(5));
        (await AskAsync("10.0.0.1", "10.0.0.2"))!.Unready.ShouldBeNull();
        (await AskAsync("10.0.0.1", "10.0.0.3"))!.Unready.ShouldBe("the queue is full");
        (await AskAsync("10.0.0.3", "10.0.0.4")).ShouldBeNull();

        Task<DriftWatchReport?> AskAsync(params string[] addresses) => reports.AskAsync(
            Watches.Of($"{{{Watches.Sound}}}"), addresses.Select(address => Running with { Metadata = new ObjectMeta { Name = address }, Status = Running.Status with { PodIp = address } }), default);
    }

    [Fact]
    public void A_report_is_bounded_whatever_it_is_made_of()
    {
        var report = new DriftWatchReport
        {
            Unready = new string('x', 100_000) + "\nand more",
            States = [.. Enumerable.Range(0, 500).Select(index => new DriftStateStatus { Name = $"s{index}", Error = new string('\u0001', 5000) })],
            Recent = [.. Enumerable.Range(0, 500).Select(index => new ReportedDrift { Id = $"{index}", Resource = new string('r', 9000) })],
        };
        var json = report.ToJson();
        var read = DriftWatchReport.Read(json).ShouldNotBeNull();
        read.States.Count.ShouldBe(64);
        read.Recent.Count.ShouldBe(10);
        read.Unready!.Length.ShouldBeLessThanOrEqualTo(512);
        DriftWatchReport.Read("""{"version":2}"""u8).ShouldBeNull();
    }

    private static DriftWatchStatus Judge(string spec, DriftWatchReport? report, DriftWatchStatus? known = null)
    {
        var resource = Watches.Of($"{{{spec}{Watches.Sound}}}") with { Status = known ?? new DriftWatchStatus() };
        var status = report is null ? resource.Status : DriftWatchConditions.Told(resource, resource.Status, report);
        var obstacle = DriftWatchConditions.Obstacle(resource.Spec, new DriftWatchInputs(), [Running], report);
        return DriftWatchConditions.Rendered(resource, status, new ApplyReport([], []), obstacle, report, Now);
    }

    private static string Said(DriftWatchStatus status) => string.Join(' ', status.Conditions!.OrderBy(each => Array.IndexOf((string[])["Ready", "DriftDetected", "StateFresh", "Reconciling", "Suspended"], each.Type)).Select(each => $"{each.Type}={each.Status}/{each.Reason}"));

    private sealed class Answering(Dictionary<string, byte[]> answers) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            answers.TryGetValue(request.RequestUri!.Host, out var body)
                ? Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent(body) })
                : throw new HttpRequestException("nobody is there");
    }
}
