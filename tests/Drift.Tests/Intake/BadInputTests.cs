using System.Text;
using Comptroller.Drift.Intake;
using Comptroller.Drift.Lifecycle;
using Comptroller.Drift.Rules;
using Comptroller.Drift.State;
using Comptroller.Drift.Store;
using Microsoft.Data.Sqlite;

namespace Comptroller.Drift.Tests.Intake;

public sealed class BadInputTests : IAsyncLifetime
{
    private readonly string _path = Path.Combine(Directory.CreateTempSubdirectory("drift-").FullName, "d.sqlite");
    private readonly WatchFigures _figures = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly System.Collections.Concurrent.ConcurrentQueue<string> _warnings = new();
    private DriftStore _store = null!;
    private EventIntake _intake = null!;
    private Task _running = Task.CompletedTask;

    public async Task InitializeAsync()
    {
        _store = await DriftStore.OpenAsync(_path, CancellationToken.None);
        _intake = new EventIntake(_store, _figures, RuleBook.Default, TimeSpan.Zero, 64, TimeProvider.System) { Warned = _warnings.Enqueue };
        _intake.Use(await Given.State(Given.Resource("aws_instance", "web", """{"id":"i-1","instance_type":"t3.micro"}""")), new Dictionary<string, long>(StringComparer.Ordinal));
        _running = Task.Run(() => _intake.RunAsync(_stop.Token));
    }

    public async Task DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.WaitAsync(TimeSpan.FromSeconds(30));
        await _store.DisposeAsync();
        _figures.Dispose();
        _stop.Dispose();
        Directory.Delete(Path.GetDirectoryName(_path)!, recursive: true);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[[[[[[[[[]]]]]]]]]")]
    [InlineData("12")]
    [InlineData("""{"source":"aws_cloudtrail","output_fields":[]}""")]
    [InlineData("""{"source":"aws_cloudtrail","rule":"r","output_fields":{"ct.name":"\ud800"}}""")]
    [InlineData("""{"source":"aws_cloudtrail","rule":"r","output_fields":{"ct.name":"ModifyInstanceAttribute","ct.request":"{\"instanceId\":\"\\ud800\"}"}}""")]
    [InlineData("""{"message":{"data":"!!"}}""")]
    public async Task A_hostile_body_is_refused_with_a_reason(string body)
    {
        var answer = await PostAsync(body);
        answer.Result.ShouldBe(IntakeResult.Refused);
        answer.Message.ShouldStartWith("bad alert: ");
        (await PostAsync(Alert("t3.large"))).Result.ShouldBe(IntakeResult.Accepted, "the next one is taken");
    }

    [Fact]
    public async Task Ten_thousand_fields_and_a_deep_document_cost_nobody_the_service()
    {
        var fields = string.Join(',', Enumerable.Range(0, 10_000).Select(number => $"\"f{number}\":\"{number}\""));
        (await PostAsync(Given.Alert("{" + fields + ""","ct.name":"ModifyInstanceAttribute","ct.request.instanceid":"i-1","ct.request.instancetype":"t3.large"}"""))).Result.ShouldBe(IntakeResult.Accepted);
        (await PostAsync(new string('[', 100_000))).Result.ShouldBe(IntakeResult.Refused);
    }

    [Fact]
    public async Task A_clock_that_is_ahead_hides_nothing_that_follows()
    {
        (await PostAsync(Alert("t3.large", "2099-01-01T00:00:00Z"))).Result.ShouldBe(IntakeResult.Accepted);
        (await PostAsync(Alert("m7.large", "2020-01-01T00:00:00Z"))).Result.ShouldBe(IntakeResult.Accepted);
        var drift = (await _store.ListAsync(new DriftQuery(), CancellationToken.None)).Drifts.ShouldHaveSingleItem();
        drift.LastSeen.ShouldBeLessThan(DateTimeOffset.UtcNow.AddMinutes(1));
        (drift.FirstSeen.Year, drift.New, drift.Occurrences).ShouldBe((2020, "\"m7.large\"", 2));
    }

    [Fact]
    public async Task An_id_with_slashes_and_quotes_is_one_like_any_other()
    {
        const string Id = "a/b'c\"d%2F..?x";
        await PostAsync(Given.Alert($$"""{"ct.name":"CreateVpc","ct.response":{{System.Text.Json.JsonSerializer.Serialize($"{{\"vpc\":{{\"vpcId\":{System.Text.Json.JsonSerializer.Serialize(Id)}}}}}")}}}"""));
        var drift = (await _store.ListAsync(new DriftQuery { ResourceId = Id }, CancellationToken.None)).Drifts.ShouldHaveSingleItem();
        drift.Id.ShouldMatch("^[0-9a-f]{24}$");
        (await _store.FindAsync(drift.Id, CancellationToken.None)).ShouldNotBeNull().ResourceId.ShouldBe(Id);
    }

    [Fact]
    public async Task A_store_that_is_locked_is_answered_with_come_back_and_taken_up_again()
    {
        await using (var other = new SqliteConnection($"Data Source={_path};Pooling=false"))
        {
            await other.OpenAsync();
            await other.Command("BEGIN IMMEDIATE").ExecuteAsync(CancellationToken.None);
            var settling = _intake.SettleAsync([new Settlement(new DriftKey("0123456789abcdef01234567"), "over")], CancellationToken.None);
            (await PostAsync(Alert("t3.large"))).Result.ShouldBe(IntakeResult.Busy);
            (await Should.ThrowAsync<IOException>(() => settling.WaitAsync(TimeSpan.FromSeconds(60)))).Message.ShouldBe("the store cannot be written");
            _warnings.ShouldHaveSingleItem().ShouldContain("the store cannot be written: SQLite Error 5", Case.Sensitive, "whoever runs it must learn whether the disk is full or the file locked");
            await other.Command("ROLLBACK").ExecuteAsync(CancellationToken.None);
        }

        (await PostAsync(Alert("t3.large"))).Result.ShouldBe(IntakeResult.Accepted);
        (await _store.ListAsync(new DriftQuery(), CancellationToken.None)).Drifts.ShouldHaveSingleItem().Occurrences.ShouldBe(1, "what was not accepted is not there, and is not taken for what was when it is sent again");
    }

    [Fact]
    public async Task Half_a_gigabyte_of_state_is_read_without_being_held()
    {
        await using var state = new LargeState(500L << 20);
        var builder = new StateIndexBuilder();
        await StateReader.ReadAsync(state, "large", builder, CancellationToken.None);
        builder.Build().Count.ShouldBe(1, "data sources are left out");
        state.MostHeld.ShouldBeLessThan(256L << 20, "other tests of this process hold something too");
    }

    private Task<IntakeAnswer> PostAsync(string body) => _intake.PostAsync(Encoding.UTF8.GetBytes(body), CancellationToken.None).AsTask().WaitAsync(TimeSpan.FromSeconds(60));

    private static string Alert(string type, string time = "2026-07-23T09:40:55Z") =>
        $$$"""{"time":"{{{time}}}","rule":"r","source":"aws_cloudtrail","output_fields":{"ct.id":"{{{type}}}","ct.name":"ModifyInstanceAttribute","ct.request.instanceid":"i-1","ct.request.instancetype":"{{{type}}}","ct.user":"eve"}}""";

    /// <summary>A state of data sources that is made while it is read, with one resource at the end.</summary>
    private sealed class LargeState(long length) : Stream
    {
        private static readonly byte[] Head = """{"version":4,"serial":1,"resources":["""u8.ToArray();
        private static readonly byte[] Item = Encoding.UTF8.GetBytes($$$"""{"mode":"data","type":"aws_ami","name":"a","instances":[{"attributes":{"id":"ami-1","text":"{{{new string('x', 4000)}}}"}}]},""");
        private static readonly byte[] Tail = """{"mode":"managed","type":"aws_vpc","name":"v","instances":[{"attributes":{"id":"vpc-1"}}]}]}"""u8.ToArray();
        private readonly long _before = GC.GetTotalMemory(forceFullCollection: true);
        private byte[] _block = Head;
        private int _at;
        private long _left = length;

        public long MostHeld { get; private set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            var filled = 0;
            while (filled < buffer.Length)
            {
                if (_at == _block.Length)
                {
                    if (ReferenceEquals(_block, Tail))
                    {
                        break;
                    }

                    if (_left / (64 << 20) != (_left - Item.Length) / (64 << 20))
                    {
                        MostHeld = Math.Max(MostHeld, GC.GetTotalMemory(forceFullCollection: true) - _before);
                    }

                    _left -= Item.Length;
                    (_block, _at) = (_left > 0 ? Item : Tail, 0);
                }

                var some = Math.Min(buffer.Length - filled, _block.Length - _at);
                _block.AsSpan(_at, some).CopyTo(buffer[filled..]);
                (_at, filled) = (_at + some, filled + some);
            }

            return filled;
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.FromResult(Read(buffer.Span));

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
