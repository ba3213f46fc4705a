namespace Comptroller.Operator.Tests.Verbs;

public sealed class DriftVerbTests : IDisposable
{
    private const string State = """{"version":4,"serial":1,"lineage":"l","resources":[{"mode":"managed","type":"aws_instance","name":"web","instances":[{"attributes":{"id":"i-1","instance_type":"t3.micro"}}]}]}""";
    private const string Event = """{"source":"aws_cloudtrail","rule":"r","time":"2026-07-23T09:40:55Z","output_fields":{"ct.name":"ModifyInstanceAttribute","ct.user":"eve","ct.request.instanceid":"i-1","ct.request.instancetype":"t3.large"}}""";

    private readonly CommandLine _files = new();

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData("""[{"id":"i-1","type":"aws_instance","attributes":{"instance_type":"t3.micro"}}]""", 0)]
    [InlineData("""[{"id":"i-1","type":"aws_instance","attributes":{"instance_type":"t3.large"}}]""", 2)]
    [InlineData("""{}""", 1)]
    public async Task A_scan_tells_clean_drift_and_failure_apart(string resources, int code)
    {
        var inventory = _files.Write("i.json", $$"""{"provider":"aws","resources":{{resources}}}""");
        var (exit, output, error) = await CommandLine.RunAsync("drift", "scan", "--state", _files.Write("s.tfstate", State), "--inventory", inventory);
        exit.ShouldBe(code, output + error);
        (code == 1 ? error : output).ShouldContain(code switch
        {
            0 => "no drift, 1 compared, coverage 100 %",
            1 => "\"resources\" must be a list",
            _ => "medium    modified  aws_instance.web  instance_type  t3.micro -> t3.large",
        });
    }

    [Theory]
    [InlineData("drift scan")]
    [InlineData("drift scan --plan p --inventory i")]
    [InlineData("drift scan --pan p")]
    [InlineData("drift scan --plan nowhere")]
    [InlineData("drift scan --plan nowhere -o xml")]
    [InlineData("drift scan --plan nowhere --config nowhere.yaml")]
    [InlineData("drift scan --plan nowhere --state nowhere.tfstate")]
    [InlineData("drift replay")]
    [InlineData("drift replay nowhere")]
    [InlineData("drift replay nowhere --state nowhere.tfstate")]
    [InlineData("drift scam")]
    public async Task Whatever_keeps_it_from_looking_is_1_since_2_is_drift(string line)
    {
        var (exit, _, error) = await CommandLine.RunAsync(line.Split(' '));
        exit.ShouldBe(1, error);
        error.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task A_replay_judges_line_by_line_and_counts_what_it_dropped()
    {
        var events = _files.Write("e.jsonl", $"{Event}\n{Event}\n{Event.Replace("ModifyInstanceAttribute", "DescribeInstances", StringComparison.Ordinal)}\n");
        var (exit, output, _) = await CommandLine.RunAsync("drift", "replay", events, "--state", _files.Write("s.tfstate", State));
        exit.ShouldBe(2);
        output.ShouldBe("medium    aws_instance.web: instance_type: t3.micro became t3.large, by eve, 2 times\n2 drift, 1 read_only\n");
    }

    [Fact]
    public async Task A_replay_names_the_line_that_it_cannot_read()
    {
        var (exit, _, error) = await CommandLine.RunAsync("drift", "replay", _files.Write("e.jsonl", $"{Event}\n{{}}\n"), "--state", _files.Write("s.tfstate", State));
        exit.ShouldBe(1);
        error.ShouldContain("e.jsonl:2: bad alert");
    }

    [Fact]
    public async Task A_text_that_is_none_is_named_with_its_line()
    {
        var (exit, _, error) = await CommandLine.RunAsync("drift", "replay", _files.Write("e.jsonl", $"{Event}\n{Event.Replace("t3.large", "\\ud800", StringComparison.Ordinal)}\n"), "--state", _files.Write("s.tfstate", State));
        exit.ShouldBe(1, error);
        error.ShouldContain("e.jsonl:2: ");
    }

    [Fact]
    public async Task Cases_are_run_and_counted()
    {
        var (exit, output, _) = await CommandLine.RunAsync("drift", "test", _files.Write("c.json", """
            [{"id":"a","kind":"values_equal","input":{"A":1,"B":"1"},"expected":{"strict":true}},
             {"id":"b","kind":"values_equal","title":"wrong","input":{"A":1,"B":2},"expected":{"strict":true}},
             {"id":"c","kind":"api_blackbox","input":"GET /","expected":{"status":200}}]
            """));
        exit.ShouldBe(1);
        output.ShouldContain("c.json: b: wrong");
        output.ShouldEndWith("1 skipped: they need a running server\n1 passed, 1 failed\n");
    }

    [Fact]
    public async Task A_configuration_with_a_misspelt_key_is_refused_with_its_line()
    {
        var (exit, _, error) = await CommandLine.RunAsync("drift", "watch", "--config", _files.Write("c.yaml", "states: []\ngracePeriode: 5s\n"));
        exit.ShouldBe(2);
        error.ShouldContain("c.yaml:2: gracePeriode: unknown key");
    }

    [Fact]
    public async Task Keys_are_made_listed_and_ended_beside_the_store()
    {
        var config = _files.Write("c.yaml", $"store: {Path.Combine(Path.GetDirectoryName(_files.Write("x", ""))!, "d.sqlite")}\n");
        var (exit, key, error) = await CommandLine.RunAsync("drift", "key", "create", "ci", "--scope", "read", "--days", "30", "--config", config);
        exit.ShouldBe(0, error);
        key.ShouldStartWith("dwk_");
        (await CommandLine.RunAsync("drift", "key", "create", "ci", "--scope", "read", "--config", config)).Error.ShouldContain("is called \"ci\" already");
        (await CommandLine.RunAsync("drift", "key", "create", "cd", "--scope", "root", "--config", config)).Error.ShouldContain("\"root\" is none of read, write, intake, admin");
        var (_, list, _) = await CommandLine.RunAsync("drift", "key", "list", "--config", config);
        list.ShouldEndWith("ci\n");
        list.ShouldNotContain(key.Trim());
        (await CommandLine.RunAsync("drift", "key", "rotate", "ci", "--config", config)).Output.ShouldStartWith("dwk_");
        (await CommandLine.RunAsync("drift", "key", "revoke", "ci", "--config", config)).Exit.ShouldBe(0);
        (await CommandLine.RunAsync("drift", "key", "revoke", "ci", "--config", config)).Error.ShouldContain("no key is called");
    }
}
