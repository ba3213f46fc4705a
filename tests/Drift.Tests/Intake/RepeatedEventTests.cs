using System.Text;
using Comptroller.Drift.Intake;
using Comptroller.Drift.Lifecycle;
using Comptroller.Drift.Rules;
using Comptroller.Drift.Store;

namespace Comptroller.Drift.Tests.Intake;

/// <summary>Events that come more than once: logs deliver at least once, and tell of what takes long twice.</summary>
public sealed class RepeatedEventTests : IAsyncLifetime
{
    private const string Group = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/networkSecurityGroups/n";
    private const string Machine = "projects/p/zones/europe-west1-b/instances/vm";
    private readonly string _folder = Directory.CreateTempSubdirectory("drift-").FullName;
    private readonly WatchFigures _figures = new();
    private readonly CancellationTokenSource _stop = new();
    private DriftStore _store = null!;
    private EventIntake _intake = null!;
    private Task _running = Task.CompletedTask;

    public async Task InitializeAsync()
    {
        _store = await DriftStore.OpenAsync(Path.Combine(_folder, "d.sqlite"), CancellationToken.None);
        _intake = new EventIntake(_store, _figures, RuleBook.Default, TimeSpan.Zero, 256, TimeProvider.System);
        _intake.Use(
            await Given.State(
                Given.Resource("aws_instance", "web", """{"id":"i-1","instance_type":"t3.micro"}"""),
                Given.Resource("azurerm_network_security_group", "n", $$"""{"id":"{{Group}}","name":"n"}"""),
                Given.Resource("google_compute_instance", "vm", $$$"""{"id":"{{{Machine}}}","name":"vm","labels":{"env":"prod"}}""")),
            new Dictionary<string, long>(StringComparer.Ordinal));
        _running = Task.Run(() => _intake.RunAsync(_stop.Token));
    }

    public async Task DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.WaitAsync(TimeSpan.FromSeconds(30));
        await _store.DisposeAsync();
        _figures.Dispose();
        _stop.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_record_of_CloudTrail_counts_once_however_it_comes()
    {
        var record = CloudTrail("e-1", "t3.large");
        await PostAsync($"[{record},{record}]");
        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => PostAsync(record)));
        await PostAsync($$"""{"detail-type":"AWS API Call via CloudTrail","detail":{{record}}}""");
        await PostAsync(Given.Alert("""{"ct.id":"e-1","ct.name":"ModifyInstanceAttribute","ct.request":"{\"instanceId\":\"i-1\",\"instanceType\":{\"value\":\"t3.large\"}}"}"""));
        (await OneAsync()).Occurrences.ShouldBe(1);
        await PostAsync(CloudTrail("e-2", "t3.large"));
        (await OneAsync()).Occurrences.ShouldBe(2, "that is another call");
    }

    [Fact]
    public async Task An_old_record_that_comes_again_neither_opens_what_is_over_nor_ends_what_is_open()
    {
        var (changed, back) = (CloudTrail("e-1", "t3.large"), CloudTrail("e-2", "t3.micro"));
        await PostAsync(changed);
        await PostAsync(back);
        await PostAsync(changed);
        (await OneAsync()).Status.ShouldBe(DriftStatus.Resolved);
        await PostAsync(CloudTrail("e-3", "m7.large"));
        await PostAsync(back);
        (await OneAsync()).Status.ShouldBe(DriftStatus.Open);
    }

    [Fact]
    public async Task Every_resource_of_a_record_counts()
    {
        await PostAsync("""{"eventID":"e-1","eventSource":"ec2.amazonaws.com","eventName":"TerminateInstances","requestParameters":{"instancesSet":{"items":[{"instanceId":"i-1"},{"instanceId":"i-2"}]}}}""");
        await PostAsync("""{"eventID":"e-2","eventSource":"ec2.amazonaws.com","eventName":"RunInstances","responseElements":{"instancesSet":{"items":[{"instanceId":"i-3"},{"instanceId":"i-4"}]}}}""");
        (await DriftsAsync()).Select(drift => drift.ResourceId).Order().ShouldBe(["i-1", "i-3", "i-4"]);
    }

    [Fact]
    public async Task What_a_first_telling_left_out_is_taken_from_a_second()
    {
        await PostAsync(Given.Alert("""{"ct.id":"e-1","ct.name":"ModifyInstanceAttribute","ct.request.instanceid":"i-1"}"""));
        await PostAsync(CloudTrail("e-1", "t3.large"));
        (await DriftsAsync()).Select(drift => drift.Attribute).ShouldContain("instance_type");
    }

    [Theory]
    [InlineData("Accepted", "Succeeded")]
    [InlineData("Succeeded", "Accepted")]
    public async Task An_operation_of_Azure_that_is_accepted_and_then_done_counts_once(string first, string second)
    {
        await PostAsync(Azure("c-1", first, "09:00:00"));
        await PostAsync(Azure("c-1", second, "09:00:20"));
        await PostAsync(Azure("c-1", second, "09:00:20"));
        (await OneAsync()).Occurrences.ShouldBe(1);
        await PostAsync(Azure("c-2", "Succeeded", "09:05:00"));
        (await OneAsync()).Occurrences.ShouldBe(2);
    }

    [Fact]
    public async Task Nobody_hides_a_change_of_Azure_behind_the_correlation_id_of_another()
    {
        await PostAsync(Azure("c-1", "Accepted", "09:00:00"));
        await PostAsync(Azure("c-1", "Succeeded", "09:00:20", "mallory"));
        (await OneAsync()).Occurrences.ShouldBe(2, "somebody else's");
        await PostAsync(Azure("c-1", "Succeeded", "09:00:30"));
        await PostAsync(Azure("c-1", "Succeeded", "09:07:00"));
        (await OneAsync()).Occurrences.ShouldBe(3, "the operation was over");
    }

    [Fact]
    public async Task Nobody_hides_a_change_of_Azure_behind_another_of_the_same_list()
    {
        await PostAsync($"[{Azure("c-1", "Accepted", "09:00:00")},{Azure("c-1", "Succeeded", "09:00:30")},{Azure("c-1", "Succeeded", "09:07:00")}]");
        (await OneAsync()).Occurrences.ShouldBe(2, "the operation was over");
    }

    [Fact]
    public async Task An_operation_of_Google_Cloud_that_tells_its_request_twice_counts_once()
    {
        await PostAsync(Google("a", "op-1", "\"first\":true"));
        await PostAsync(Google("a", "op-1", "\"first\":true"));
        await PostAsync(Google("b", "op-1", "\"last\":true"));
        (await OneAsync()).Occurrences.ShouldBe(1);
        await PostAsync(Google("c", "op-2", "\"first\":true,\"last\":true"));
        (await OneAsync()).Occurrences.ShouldBe(2);
    }

    private static string CloudTrail(string id, string type) =>
        $$$$"""{"eventID":"{{{{id}}}}","eventSource":"ec2.amazonaws.com","eventName":"ModifyInstanceAttribute","eventTime":"2026-07-23T09:40:55Z","requestParameters":{"instanceId":"i-1","instanceType":{"value":"{{{{type}}}}"}}}""";

    private static string Azure(string correlation, string status, string time, string caller = "eve") =>
        $$"""{"operationName":"Microsoft.Network/networkSecurityGroups/write","resourceId":"{{Group}}","resultType":"{{status}}","time":"2026-07-23T{{time}}Z","correlationId":"{{correlation}}","caller":"{{caller}}"}""";

    private static string Google(string insert, string operation, string place) =>
        $$$$"""{"insertId":"{{{{insert}}}}","timestamp":"2026-07-23T09:00:00Z","operation":{"id":"{{{{operation}}}}",{{{{place}}}}},"protoPayload":{"methodName":"v1.compute.instances.setLabels","resourceName":"{{{{Machine}}}}","request":{"labels":[{"key":"env","value":"dev"}]}}}""";

    private async Task PostAsync(string body) =>
        (await _intake.PostAsync(Encoding.UTF8.GetBytes(body), CancellationToken.None).AsTask().WaitAsync(TimeSpan.FromSeconds(60))).Result.ShouldBe(IntakeResult.Accepted);

    private async Task<IReadOnlyList<DriftRecord>> DriftsAsync() => (await _store.ListAsync(new DriftQuery { Most = 10 }, CancellationToken.None)).Drifts;

    private async Task<DriftRecord> OneAsync() => (await DriftsAsync()).ShouldHaveSingleItem();
}
