using System.Text;
using Comptroller.Drift.Configuration;
using Comptroller.Drift.Intake;
using Comptroller.Drift.Lifecycle;
using Comptroller.Drift.Rules;
using Comptroller.Drift.State;
using Comptroller.Drift.State.Backends;
using Comptroller.Drift.Store;

namespace Comptroller.Drift.Tests.Lifecycle;

public sealed class WatchTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("drift-").FullName;
    private readonly Clock _clock = new();
    private readonly WatchFigures _figures = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly HttpClient _http = new();
    private DriftStore _store = null!;
    private EventIntake _intake = null!;
    private DriftWatcher _watcher = null!;
    private Task _writer = Task.CompletedTask;
    private long _serial = 1;

    private string StatePath => Path.Combine(_folder, "s.tfstate");

    public Task InitializeAsync() => StartAsync(TimeSpan.FromSeconds(60));

    public async Task DisposeAsync()
    {
        await _stop.CancelAsync();
        await _writer;
        await _store.DisposeAsync();
        _figures.Dispose();
        _http.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_drift_waits_for_its_grace_opens_and_is_resolved_when_it_is_set_back()
    {
        await StateAsync("t3.micro");
        await _watcher.StepAsync(CancellationToken.None);
        (await PostAsync("t3.large")).ShouldBe(IntakeResult.Accepted);
        (await OneAsync()).Status.ShouldBe(DriftStatus.Pending);
        _clock.Advance(61);
        await _watcher.StepAsync(CancellationToken.None);
        var open = await OneAsync();
        (open.Status, open.Attribute, open.Address, open.Occurrences, open.Actor).ShouldBe((DriftStatus.Open, "instance_type", "aws_instance.web", 1, "eve"));
        (await _store.ActorsAsync(open.Id, CancellationToken.None)).Single().SourceAddress.ShouldBe("203.0.113.9");
        await PostAsync("t3.micro");
        var resolved = await OneAsync();
        (resolved.Status, resolved.Reason).ShouldBe((DriftStatus.Resolved, "set back by ModifyInstanceAttribute"));
        await PostAsync("t3.xlarge");
        (await OneAsync()).Status.ShouldBe(DriftStatus.Pending, "it begins again");
    }

    [Fact]
    public async Task A_change_that_Terraform_writes_into_its_state_within_the_grace_never_opens()
    {
        await StateAsync("t3.micro");
        await _watcher.StepAsync(CancellationToken.None);
        await PostAsync("t3.large");
        await StateAsync("t3.large");
        _clock.Advance(61);
        await _watcher.StepAsync(CancellationToken.None);
        (await OneAsync()).Status.ShouldBe(DriftStatus.Resolved);
    }

    [Fact]
    public async Task What_is_changed_and_set_back_within_one_body_is_over_and_what_is_changed_again_is_not()
    {
        await StateAsync("t3.micro");
        await _watcher.StepAsync(CancellationToken.None);
        await PostAsync(["t3.large", "t3.micro"]);
        var drift = await OneAsync();
        (drift.Status, drift.Occurrences).ShouldBe((DriftStatus.Resolved, 1));
        await PostAsync(["t3.large", "t3.micro", "m7.large"]);
        (await OneAsync()).Status.ShouldBe(DriftStatus.Pending);
        await PostAsync(["m8.large", "t3.micro"]);
        (await OneAsync()).Status.ShouldBe(DriftStatus.Resolved);
        (await _store.CountsAsync(CancellationToken.None)).ShouldHaveSingleItem().ShouldSatisfyAllConditions(count => count.Status.ShouldBe(DriftStatus.Resolved), count => count.Count.ShouldBe(1));
        (await _store.TimelineAsync(drift.Id, 0, 10, CancellationToken.None)).Select(change => change.Name).ShouldBe(["detected", "resolved", "reopened", "changed", "resolved"]);
    }

    [Fact]
    public async Task A_plan_that_was_made_before_an_event_neither_ends_nor_opens_what_the_event_changed()
    {
        var plan = Path.Combine(_folder, "plan.json");
        var comparison = new ComparisonConfig(plan, [], null, TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(1));
        var watcher = new DriftWatcher(new DriftConfig { Comparison = comparison }, new StateSet([StateSources.Of(StatePath, _http, null)], _clock), _store, _intake, _figures, _clock);
        await StateAsync("t3.micro");
        await watcher.StepAsync(CancellationToken.None);
        await PostAsync("t3.large");
        _clock.Advance(600);
        await CompareAsync("[]", Given.Now.AddMinutes(-60));
        (await OneAsync()).Status.ShouldNotBe(DriftStatus.Resolved, "the plan is older than the change");
        watcher.Unready()!.ShouldStartWith("no full comparison has succeeded for 4200 s: ");
        var acknowledged = await _store.DecideAsync((await OneAsync()).Id, new Decision(DriftStatus.Acknowledged, "eve", "known", null), _clock.GetUtcNow(), CancellationToken.None);
        const string Other = """[{"address":"aws_instance.web","mode":"managed","type":"aws_instance","change":{"actions":["update"],"before":{"id":"i-1","instance_type":"t3.micro"},"after":{"id":"i-1","instance_type":"t3.nano"}}}]""";
        await CompareAsync(Other, Given.Now.AddMinutes(-60));
        (await OneAsync()).ShouldBe(acknowledged, "nor does it say what is now");

        await PostAsync("t3.micro");
        (await OneAsync()).Status.ShouldBe(DriftStatus.Resolved);
        _clock.Advance(600);
        const string Drifted = """[{"address":"aws_instance.web","mode":"managed","type":"aws_instance","change":{"actions":["update"],"before":{"id":"i-1","instance_type":"t3.micro"},"after":{"id":"i-1","instance_type":"t3.large"}}}]""";
        await CompareAsync(Drifted, Given.Now.AddMinutes(1));
        (await OneAsync()).Status.ShouldBe(DriftStatus.Resolved, "the plan was made before it was set back");
        watcher.Unready().ShouldBeNull();
        _clock.Advance(600);
        await CompareAsync(Drifted, Given.Now.AddMinutes(29));
        (await OneAsync()).Status.ShouldBe(DriftStatus.Open);
        _clock.Advance(600);
        await CompareAsync("[]", Given.Now.AddMinutes(39));
        (await OneAsync()).Status.ShouldBe(DriftStatus.Resolved);

        async Task CompareAsync(string drift, DateTimeOffset made)
        {
            await File.WriteAllTextAsync(plan, $$"""{"format_version":"1.2","timestamp":"{{made:O}}","resource_drift":{{drift}}}""");
            watcher.CompareNow();
            await watcher.StepAsync(CancellationToken.None);
            await watcher.Comparing.WaitAsync(TimeSpan.FromSeconds(30));
        }
    }

    [Fact]
    public async Task The_same_event_many_times_is_one_drift_with_a_count()
    {
        await StateAsync("t3.micro");
        await _watcher.StepAsync(CancellationToken.None);
        await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => PostAsync("t3.large")));
        (await OneAsync()).Occurrences.ShouldBe(200);
    }

    [Fact]
    public async Task What_somebody_acknowledged_stays_so_until_another_value_shows_up()
    {
        await StateAsync("t3.micro");
        await _watcher.StepAsync(CancellationToken.None);
        await PostAsync("t3.large");
        var id = (await OneAsync()).Id;
        (await _store.DecideAsync(id, new Decision(DriftStatus.Acknowledged, "ann"), _clock.GetUtcNow(), CancellationToken.None)).ShouldNotBeNull();
        await PostAsync("t3.large");
        (await OneAsync()).Status.ShouldBe(DriftStatus.Acknowledged);
        await PostAsync("m7.large");
        (await OneAsync()).Status.ShouldBe(DriftStatus.Open);
        await _store.DecideAsync(id, new Decision(DriftStatus.Suppressed, "ann", "known", _clock.GetUtcNow().AddHours(1)), _clock.GetUtcNow(), CancellationToken.None);
        await PostAsync("m8.large");
        (await OneAsync()).ShouldSatisfyAllConditions(drift => drift.Status.ShouldBe(DriftStatus.Suppressed), drift => (drift.DecidedBy, drift.Comment).ShouldBe(("ann", "known")));
        (await _store.DecideAsync("no-such", new Decision(DriftStatus.Open, "ann"), _clock.GetUtcNow(), CancellationToken.None)).ShouldBeNull();
        _clock.Advance(3601);
        await _watcher.StepAsync(CancellationToken.None);
        (await OneAsync()).Status.ShouldBe(DriftStatus.Open, "the suppression has ended");
        (await _store.TimelineAsync(id, 0, 10, CancellationToken.None)).Select(change => (change.Name, change.By)).ShouldBe(
            [("detected", "eve"), ("acknowledged", "ann"), ("reopened", "eve"), ("suppressed", "ann"), ("changed", "eve"), ("reopened", "")]);
    }

    [Fact]
    public async Task What_Terraform_does_itself_is_kept_quietly_and_made_loud_by_a_person()
    {
        await StateAsync("t3.micro");
        await _watcher.StepAsync(CancellationToken.None);
        await PostAsync("t3.large", "Terraform/1.9.0");
        (await OneAsync()).ShouldSatisfyAllConditions(drift => drift.Status.ShouldBe(DriftStatus.Suppressed), drift => drift.Reason.ShouldBe("iac"));
        await PostAsync("t3.large");
        (await OneAsync()).Status.ShouldBe(DriftStatus.Pending);
    }

    [Fact]
    public async Task Events_that_come_before_any_state_are_kept_over_a_restart_and_judged_later()
    {
        await _watcher.StepAsync(CancellationToken.None);
        _watcher.Unready().ShouldNotBeNull().ShouldContain("no such state file");
        (await PostAsync("t3.large")).ShouldBe(IntakeResult.Accepted);
        (await _store.CountWaitingAsync(CancellationToken.None)).ShouldBe(1);
        await RestartAsync();
        await StateAsync("t3.micro");
        await _watcher.StepAsync(CancellationToken.None);
        (await OneAsync()).Attribute.ShouldBe("instance_type");
        (await _store.CountWaitingAsync(CancellationToken.None)).ShouldBe(0);
        _watcher.Unready().ShouldBeNull();
    }

    [Fact]
    public async Task What_was_accepted_is_there_after_a_restart()
    {
        await StateAsync("t3.micro");
        await _watcher.StepAsync(CancellationToken.None);
        await PostAsync("t3.large");
        await RestartAsync();
        (await OneAsync()).Attribute.ShouldBe("instance_type");
    }

    [Fact]
    public async Task An_old_state_is_judged_by_and_said_to_be_old()
    {
        await StateAsync("t3.micro");
        await _watcher.StepAsync(CancellationToken.None);
        File.Delete(StatePath);
        _clock.Advance(3600);
        await _watcher.StepAsync(CancellationToken.None);
        _watcher.Unready().ShouldNotBeNull().ShouldContain("judging by the last good one");
        (await PostAsync("t3.large")).ShouldBe(IntakeResult.Accepted);
        (await OneAsync()).Attribute.ShouldBe("instance_type");
    }

    [Fact]
    public async Task A_full_queue_and_a_malformed_body_are_told_apart()
    {
        await StateAsync("t3.micro");
        await _watcher.StepAsync(CancellationToken.None);
        (await _intake.PostAsync("{"u8.ToArray(), CancellationToken.None)).Result.ShouldBe(IntakeResult.Refused);
        await _stop.CancelAsync();
        await _writer;
        (await PostAsync("t3.large")).ShouldBe(IntakeResult.Busy, "nobody writes any more");
    }

    [Fact]
    public async Task Resolved_drifts_are_forgotten_and_pages_neither_overlap_nor_miss()
    {
        await StateAsync("t3.micro");
        await _watcher.StepAsync(CancellationToken.None);
        foreach (var number in Enumerable.Range(0, 25))
        {
            var body = Given.Alert($$$"""{"ct.name":"CreateVpc","ct.response":"{\"vpc\":{\"vpcId\":\"vpc-{{{number}}}\"}}"}""");
            await _intake.PostAsync(Encoding.UTF8.GetBytes(body), CancellationToken.None);
        }

        var ids = new List<string>();
        long? before = null;
        do
        {
            var page = await _store.ListAsync(new DriftQuery { Before = before, Most = 10 }, CancellationToken.None);
            ids.AddRange(page.Drifts.Select(drift => drift.Id));
            before = page.Next;
        }
        while (before is not null);

        ids.Distinct().Count().ShouldBe(25);
        await _intake.PostAsync(Encoding.UTF8.GetBytes(Given.Alert("""{"ct.name":"DeleteVpc","ct.request":"{\"vpcId\":\"vpc-3\"}"}""")), CancellationToken.None);
        (await _store.CountsAsync(CancellationToken.None)).Where(count => count.Status == DriftStatus.Resolved).Sum(count => count.Count).ShouldBe(1);
        await _store.ForgetAsync(new Retention(TimeSpan.FromDays(1), TimeSpan.FromDays(1), 100), _clock.GetUtcNow().AddDays(2), CancellationToken.None);
        (await _store.CountsAsync(CancellationToken.None)).Sum(count => count.Count).ShouldBe(24);
    }

    [Fact]
    public async Task A_full_comparison_opens_what_no_event_told_of_and_resolves_what_it_does_not_find()
    {
        var plan = Path.Combine(_folder, "plan.json");
        var comparison = new ComparisonConfig(plan, [], null, TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(1));
        var watcher = new DriftWatcher(new DriftConfig { Comparison = comparison }, new StateSet([StateSources.Of(StatePath, _http, null)], _clock), _store, _intake, _figures, _clock);
        await StateAsync("t3.micro");
        await File.WriteAllTextAsync(plan, """{"format_version":"1.2","resource_drift":[{"address":"aws_instance.web","mode":"managed","type":"aws_instance","change":{"actions":["update"],"before":{"id":"i-1","ebs_optimized":false},"after":{"id":"i-1","ebs_optimized":true}}}]}""");
        await watcher.StepAsync(CancellationToken.None);
        await watcher.Comparing.WaitAsync(TimeSpan.FromSeconds(30));
        var open = await OneAsync();
        (open.Status, open.Attribute, open.New).ShouldBe((DriftStatus.Open, "ebs_optimized", "true"));
        await File.WriteAllTextAsync(plan, """{"format_version":"1.2","resource_drift":[]}""");
        File.SetLastWriteTimeUtc(plan, DateTime.UtcNow.AddMinutes(1));
        _clock.Advance(601);
        await watcher.StepAsync(CancellationToken.None);
        await watcher.Comparing.WaitAsync(TimeSpan.FromSeconds(30));
        (await OneAsync()).ShouldSatisfyAllConditions(drift => drift.Status.ShouldBe(DriftStatus.Resolved), drift => drift.Reason.ShouldBe("a full comparison found no difference"));
    }

    [Fact]
    public async Task Without_a_full_comparison_for_two_intervals_the_watch_cannot_be_relied_on()
    {
        var plan = Path.Combine(_folder, "plan.json");
        var comparison = new ComparisonConfig(plan, [], null, TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(1));
        var watcher = new DriftWatcher(new DriftConfig { Comparison = comparison }, new StateSet([StateSources.Of(StatePath, _http, null)], _clock), _store, _intake, _figures, _clock);
        await StateAsync("t3.micro");
        await CompareAsync();
        watcher.Unready().ShouldBeNull("it has just been tried");
        _clock.Advance(1261);
        await CompareAsync();
        watcher.Unready()!.ShouldStartWith("no full comparison has succeeded for 1261 s: ");
        watcher.Unready()!.ShouldContain("plan.json");

        await File.WriteAllTextAsync(plan, """{"format_version":"1.2","resource_drift":[]}""");
        _clock.Advance(601);
        await CompareAsync();
        watcher.Unready().ShouldBeNull("it has succeeded");
        _clock.Advance(1261);
        await CompareAsync();
        watcher.Unready()!.ShouldEndWith("is not renewed within comparison.interval");

        async Task CompareAsync()
        {
            await watcher.StepAsync(CancellationToken.None);
            await watcher.Comparing.WaitAsync(TimeSpan.FromSeconds(30));
        }
    }

    private async Task StartAsync(TimeSpan grace)
    {
        _store = await DriftStore.OpenAsync(Path.Combine(_folder, "d.sqlite"), CancellationToken.None);
        _intake = new EventIntake(_store, _figures, RuleBook.Default, grace, 256, _clock);
        _watcher = new DriftWatcher(new DriftConfig { GracePeriod = grace }, new StateSet([StateSources.Of(StatePath, _http, null)], _clock), _store, _intake, _figures, _clock);
        _writer = Task.Run(() => _intake.RunAsync(_stop.Token));
    }

    private async Task RestartAsync()
    {
        await _store.DisposeAsync();
        await StartAsync(TimeSpan.FromSeconds(60));
    }

    private Task StateAsync(string type) => File.WriteAllTextAsync(
        StatePath, $$$$"""{"version":4,"serial":{{{{_serial++}}}},"lineage":"l","resources":[{"mode":"managed","type":"aws_instance","name":"web","instances":[{"attributes":{"id":"i-1","instance_type":"{{{{type}}}}"}}]}]}""");

    private async Task PostAsync(string[] types) =>
        (await _intake.PostAsync(Encoding.UTF8.GetBytes($"[{string.Join(',', types.Select(type => Alert(type, "console")))}]"), CancellationToken.None)).Result.ShouldBe(IntakeResult.Accepted);

    private async Task<IntakeResult> PostAsync(string type, string agent = "console") => (await _intake.PostAsync(Encoding.UTF8.GetBytes(Alert(type, agent)), CancellationToken.None)).Result;

    private static string Alert(string type, string agent) =>
        Given.Alert($$"""{"ct.name":"ModifyInstanceAttribute","ct.request.instanceid":"i-1","ct.request.instancetype":"{{type}}","ct.user":"eve","ct.srcip":"203.0.113.9","ct.useragent":"{{agent}}"}""");

    private async Task<DriftRecord> OneAsync()
    {
        var page = await _store.ListAsync(new DriftQuery { Most = 10 }, CancellationToken.None);
        return page.Drifts.ShouldHaveSingleItem();
    }

    private sealed class Clock : TimeProvider
    {
        private DateTimeOffset _now = Given.Now;

        public override DateTimeOffset GetUtcNow() => _now;

        public void Advance(double seconds) => _now += TimeSpan.FromSeconds(seconds);
    }
}
