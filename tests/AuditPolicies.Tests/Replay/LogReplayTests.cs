using System.Text;
using Comptroller.AuditPolicies.Model;
using Comptroller.AuditPolicies.Replay;
using Comptroller.AuditPolicies.Tests.Evaluation;

namespace Comptroller.AuditPolicies.Tests.Replay;

public sealed class LogReplayTests
{
    [Fact]
    public void Agrees_with_a_naive_second_implementation_on_a_real_log()
    {
        var random = new Random(7);
        var policies = new[] { ReferenceCases.Seed, RecordedLog.Everything(Level.Metadata), RecordedLog.Everything(Level.Request) with { OmitManagedFields = true } }
            .Concat(ReferenceCases.PolicyNames.Select(ReferenceCases.Policy))
            .Concat(Enumerable.Range(0, 40).Select(_ => RandomPolicies.Policy(random)));
        var kept = 0L;
        foreach (var policy in policies)
        {
            var expected = RecordedLog.Lines.Select(line => NaiveReplay.Judge(policy, line)).ToList();

            var report = RecordedLog.Replay(RecordedLog.Text, policy);

            report.Log.Problems.ShouldBeEmpty();
            report.Log.Events.ShouldBe(RecordedLog.Lines.Length);
            (report.Kept.Events, report.Kept.Bytes).ShouldBe((expected.LongCount(judged => judged.Kept), expected.Sum(judged => judged.Bytes)));
            foreach (var rule in report.Rules)
            {
                var ofRule = expected.Where(judged => judged.Decision.MatchedRule == rule.Index).ToList();
                (rule.Events, rule.Kept.Events, rule.Kept.Bytes).ShouldBe((ofRule.Count, ofRule.LongCount(judged => judged.Kept), ofRule.Sum(judged => judged.Bytes)));
            }

            foreach (var level in report.Levels)
            {
                level.RecordedEvents.ShouldBe(expected.LongCount(judged => judged.Recorded == level.Level));
                level.Kept.Bytes.ShouldBe(expected.Where(judged => judged.Decision.Level == level.Level).Sum(judged => judged.Bytes));
            }

            foreach (var list in new[] { report.Users, report.Resources, report.Verbs })
            {
                list.IsExact.ShouldBeTrue();
                (list.Items.Sum(item => item.Events), list.Items.Sum(item => item.Bytes)).ShouldBe((report.Kept.Events, report.Kept.Bytes));
            }

            kept += report.Kept.Events;
        }

        kept.ShouldBeGreaterThan(1000);
    }

    [Fact]
    public void Everything_at_the_recorded_level_keeps_every_byte()
    {
        var lines = string.Concat(RecordedLog.Lines.Where(line => line.Contains("\"level\":\"RequestResponse\"", StringComparison.Ordinal)).Select(line => line + "\n"));

        var report = RecordedLog.Replay(lines, RecordedLog.Everything(Level.RequestResponse));

        report.Kept.Bytes.ShouldBe(lines.Length);
        report.Kept.AtLeastEvents.ShouldBe(0);
    }

    [Theory]
    [InlineData("create", "Metadata", Level.Request, "ResponseComplete", 1)]
    [InlineData("get", "Metadata", Level.Request, "ResponseComplete", 0)] // reads send no body
    [InlineData("get", "Metadata", Level.RequestResponse, "ResponseComplete", 1)]
    [InlineData("create", "Metadata", Level.RequestResponse, "RequestReceived", 0)] // nothing was read yet
    [InlineData("create", "Request", Level.Request, "ResponseComplete", 0)]
    public void Bytes_are_a_lower_bound_where_bodies_were_not_recorded(string verb, string recorded, Level asked, string stage, long atLeast)
    {
        var report = RecordedLog.Replay(RecordedLog.Event(verb, "\"resource\":\"pods\"", level: recorded, stage: stage), RecordedLog.Everything(asked));

        report.Kept.AtLeastEvents.ShouldBe(atLeast);
        report.Kept.Events.ShouldBe(1);
    }

    [Fact]
    public void Requests_without_objects_have_no_bodies_to_miss()
    {
        var report = RecordedLog.Replay(RecordedLog.Event("get", null, uri: "/readyz"), RecordedLog.Everything(Level.RequestResponse));

        report.Kept.AtLeastEvents.ShouldBe(0);
    }

    public static TheoryData<string, string, int> Mappings => new()
    {
        // The rule that must decide, and the event. Rules: see Rules().
        { "the user who authenticated, not the impersonated one", RecordedLog.Event("get", "\"resource\":\"pods\"", "\"username\":\"flux\"", more: ",\"impersonatedUser\":{\"username\":\"alice\"}"), -1 },
        { "the authenticated user", RecordedLog.Event("get", "\"resource\":\"pods\""), 0 },
        { "a failed authentication has no user", RecordedLog.Event("get", "\"resource\":\"pods\"", "", stage: "ResponseStarted"), -1 },
        { "a name that was given", RecordedLog.Event("get", "\"resource\":\"secrets\",\"name\":\"token\",\"namespace\":\"a\"", "\"username\":\"bob\""), 1 },
        { "the name of a created object is known only later", RecordedLog.Event("create", "\"resource\":\"secrets\",\"name\":\"token\",\"namespace\":\"a\"", "\"username\":\"bob\""), -1 },
        { "the name in the path of a created subresource", RecordedLog.Event("create", "\"resource\":\"secrets\",\"name\":\"token\",\"subresource\":\"x\"", "\"username\":\"bob\""), 1 },
        { "a path without its query", RecordedLog.Event("get", null, "\"username\":\"bob\"", "/healthz?verbose=1\\u0026a=b"), 2 },
        { "a path that is written with escapes", RecordedLog.Event("get", null, "\"username\":\"bob\"", "/health%7a?x"), 2 },
        { "a text that is written with escapes", RecordedLog.Event("get", "\"resource\":\"pods\"", "\"username\":\"al\\u0069ce\",\"groups\":[\"\\u0064ev\"]"), 0 },
        { "a group among others", RecordedLog.Event("get", "\"resource\":\"pods\"", "\"username\":\"carol\",\"groups\":[\"x\",\"ops\"]"), 3 },
        { "a cluster-scoped namespace", RecordedLog.Event("list", "\"resource\":\"nodes\"", "\"username\":\"dora\""), 4 },
        { "another namespace", RecordedLog.Event("list", "\"resource\":\"nodes\",\"namespace\":\"elsewhere\"", "\"username\":\"dora\""), -1 },
    };

    [Theory]
    [MemberData(nameof(Mappings))]
    public void A_rule_is_matched_by(string what, string line, int rule)
    {
        var policy = new Policy
        {
            Rules =
            [
                new PolicyRule { Level = Level.Metadata, Users = ["alice"], UserGroups = ["dev"] },
                new PolicyRule { Level = Level.Metadata, Users = ["bob"], Resources = [new GroupResources { Resources = ["secrets", "secrets/x"], ResourceNames = ["token"] }] },
                new PolicyRule { Level = Level.Metadata, Users = ["bob"], NonResourceUrls = ["/healthz"] },
                new PolicyRule { Level = Level.Metadata, UserGroups = ["ops"] },
                new PolicyRule { Level = Level.Metadata, Users = ["dora"], Namespaces = [""] },
            ],
        };

        var report = RecordedLog.Replay(line + "\n", policy);

        report.Log.Problems.ShouldBeEmpty();
        report.Rules.Single(count => count.Events == 1).Index.ShouldBe(rule, what);
    }

    [Fact]
    public void Stages_of_the_policy_and_of_the_rule_are_both_omitted()
    {
        var policy = new Policy
        {
            OmitStages = Stages.RequestReceived,
            Rules = [new PolicyRule { Level = Level.Metadata, Verbs = ["watch"], OmitStages = Stages.ResponseStarted }, new PolicyRule { Level = Level.Metadata }],
        };
        var lines = new[] { "RequestReceived", "ResponseStarted", "ResponseComplete" }
            .SelectMany(stage => new[] { "watch", "get" }.Select(verb => RecordedLog.Event(verb, "\"resource\":\"pods\"", stage: stage)));

        var report = RecordedLog.Replay(string.Join('\n', lines), policy);

        report.Kept.Events.ShouldBe(3);
        report.DroppedByStage.ShouldBe([new StageCount(Stages.RequestReceived, 2), new StageCount(Stages.ResponseStarted, 1)]);
    }

    [Fact]
    public void Whatever_is_wrong_is_counted_and_named_by_its_line()
    {
        var good = RecordedLog.Event("get", "\"resource\":\"pods\"");
        var log = string.Join('\n',
            "\uFEFF" + good,
            "",
            good + "\r",
            "not json",
            "{\"kind\":\"Pod\"}",
            good.Replace("Metadata", "Everything", StringComparison.Ordinal),
            good.Replace("\"verb\":\"get\"", "\"verb\":5", StringComparison.Ordinal),
            good + good,
            "[]",
            "\0\0\0",
            good.Replace("alice", "\\q", StringComparison.Ordinal),
            good[..^20]);

        var report = RecordedLog.Replay(log, RecordedLog.Everything(Level.Metadata));

        report.Log.Events.ShouldBe(2);
        report.Log.Lines.ShouldBe(12);
        report.Log.EmptyLines.ShouldBe(1);
        report.Log.Problems.ShouldBe(new Dictionary<ProblemKind, long> { [ProblemKind.BrokenLine] = 7, [ProblemKind.NotAnEvent] = 1, [ProblemKind.TruncatedLastLine] = 1 }, ignoreOrder: true);
        report.Log.FirstProblems.Select(problem => problem.Line).ShouldBe([4, 5, 6, 7, 8, 9, 10, 11, 12]);
        report.Log.FirstProblems[^1].Kind.ShouldBe(ProblemKind.TruncatedLastLine);
    }

    [Fact]
    public void A_whole_last_line_needs_no_line_feed()
    {
        var report = RecordedLog.Replay(RecordedLog.Text.TrimEnd('\n'), RecordedLog.Everything(Level.Metadata));

        report.Log.Events.ShouldBe(RecordedLog.Lines.Length);
        report.Log.Problems.ShouldBeEmpty();
    }

    [Fact]
    public void A_line_of_three_megabytes_is_an_event_like_others()
    {
        var body = $"[{string.Join(',', Enumerable.Repeat("{\"a\":\"}]\\\\\\\"{\"}", 220_000))}]";
        var line = RecordedLog.Event("list", "\"resource\":\"pods\"", level: "RequestResponse", more: $",\"responseObject\":{{\"items\":{body}}}");
        line.Length.ShouldBeGreaterThan(3_000_000);

        var report = RecordedLog.Replay($"{line}\n{line}\n", RecordedLog.Everything(Level.Metadata));

        report.Log.Events.ShouldBe(2);
        report.Kept.Bytes.ShouldBe(2L * RecordedLog.Event("list", "\"resource\":\"pods\"").Length + 2);
    }

    [Fact]
    public void A_line_without_end_is_passed_over_in_bounded_memory()
    {
        var good = RecordedLog.Event("get", "\"resource\":\"pods\"");
        var reader = new LineReader(new MemoryStream(Encoding.UTF8.GetBytes($"{good}\n{new string('x', 5_000)}\n{good}\n{new string('y', 5_000)}")), longestLine: 1_000, bufferLength: 64);
        var replay = new LogReplay(RecordedLog.Everything(Level.Metadata));

        replay.Read("log", reader);

        var report = replay.Report();
        report.Log.Events.ShouldBe(2);
        report.Log.FirstProblems.Select(problem => (problem.Line, problem.Kind)).ShouldBe([(2, ProblemKind.LineTooLong), (4, ProblemKind.LineTooLong)]);
    }

    [Fact]
    public void An_event_list_counts_as_its_events()
    {
        var item = RecordedLog.Event("get", "\"resource\":\"pods\"").Replace("\"kind\":\"Event\",", "", StringComparison.Ordinal);
        var list = $"{{\"kind\":\"EventList\",\"apiVersion\":\"audit.k8s.io/v1\",\"metadata\":{{}},\"items\":[{item}, {item} ,{item}]}}";

        var report = RecordedLog.Replay($"{list}\n{list.Replace("\"verb\":\"get\"", "\"verb\":{}", StringComparison.Ordinal)}", RecordedLog.Everything(Level.Metadata));

        report.Log.Events.ShouldBe(3);
        report.Log.EventBytes.ShouldBe(3L * (item.Length + 1));
        report.Log.Problems[ProblemKind.BrokenLine].ShouldBe(1);
    }

    [Fact]
    public void Compressed_logs_are_read_whatever_they_are_called_and_in_several_members()
    {
        var half = RecordedLog.Lines.Length / 2;
        byte[] members = [.. RecordedLog.Gzip(string.Join('\n', RecordedLog.Lines[..half]) + "\n"), .. RecordedLog.Gzip(string.Join('\n', RecordedLog.Lines[half..]))];

        var report = RecordedLog.Replay(members, RecordedLog.Everything(Level.Metadata));

        report.Log.Events.ShouldBe(RecordedLog.Lines.Length);
        report.Log.Problems.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.97)]
    public void Of_a_compressed_log_that_was_cut_everything_before_the_cut_counts(double share)
    {
        var compressed = RecordedLog.Gzip(RecordedLog.Text);

        var report = RecordedLog.Replay(compressed[..(int)(compressed.Length * share)], RecordedLog.Everything(Level.Metadata));

        report.Log.Events.ShouldBeInRange(10, RecordedLog.Lines.Length - 1);
        report.Log.Problems[ProblemKind.DamagedCompression].ShouldBe(1);
    }

    [Fact]
    public void A_compressed_log_may_be_cut_anywhere()
    {
        var good = RecordedLog.Event("get", "\"resource\":\"pods\"");
        var compressed = RecordedLog.Gzip($"{good}\n");
        for (var length = 2; length < compressed.Length; length++)
        {
            var report = RecordedLog.Replay(compressed[..length], RecordedLog.Everything(Level.Metadata));

            report.Log.Problems[ProblemKind.DamagedCompression].ShouldBe(1, $"{length} of {compressed.Length} bytes");
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("\r\n\r\n")]
    public void An_empty_log_is_no_problem_and_holds_nothing(string log)
    {
        foreach (var bytes in new[] { Encoding.UTF8.GetBytes(log), RecordedLog.Gzip(log) })
        {
            var report = RecordedLog.Replay(bytes, RecordedLog.Everything(Level.Metadata));

            report.Log.Problems.ShouldBeEmpty();
            (report.Log.Events, report.Log.EmptyLines, report.Log.Bytes).ShouldBe((0, log.Count(c => c == '\n'), log.Length));
        }
    }

    [Fact]
    public void The_comparison_tells_what_is_lost_reduced_raised_and_gained_by_pair_of_rules()
    {
        var secrets = new PolicyRule { Level = Level.Metadata, Resources = [new GroupResources { Resources = ["secrets"] }] };
        var pods = new PolicyRule { Level = Level.Request, Resources = [new GroupResources { Resources = ["pods"] }] };
        var old = new Policy { Rules = [secrets, pods, new PolicyRule { Level = Level.None, Verbs = ["watch"] }, new PolicyRule { Level = Level.Metadata }] };
        var changed = new Policy { Rules = [new PolicyRule { Level = Level.None, Users = ["bob"] }, pods with { Level = Level.Metadata }, secrets with { Level = Level.RequestResponse }, new PolicyRule { Level = Level.Metadata }] };
        string[] lines =
        [
            RecordedLog.Event("get", "\"resource\":\"secrets\",\"namespace\":\"vault\"", "\"username\":\"bob\""),
            RecordedLog.Event("get", "\"resource\":\"secrets\",\"namespace\":\"vault\"", "\"username\":\"bob\""),
            RecordedLog.Event("get", "\"resource\":\"secrets\",\"namespace\":\"vault\"", "\"username\":\"carol\""),
            RecordedLog.Event("create", "\"resource\":\"pods\",\"subresource\":\"\"", level: "Request", more: ",\"requestObject\":{}"),
            RecordedLog.Event("watch", "\"resource\":\"nodes\""),
            RecordedLog.Event("get", "\"resource\":\"nodes\""),
        ];

        var comparison = RecordedLog.Replay(string.Join('\n', lines), changed, old).Against!;

        (comparison.Lost, comparison.Reduced, comparison.Raised, comparison.Gained, comparison.Same).ShouldBe((2, 1, 1, 1, 1));
        comparison.Kept.Events.ShouldBe(5);
        comparison.Pairs.Select(pair => (pair.Rule, pair.AgainstRule, pair.Examples[0])).ShouldBe(
        [
            (0, 0, "get secrets in vault by bob"),
            (1, 1, "create pods by alice"),
            (2, 0, "get secrets in vault by carol"),
            (3, 2, "watch nodes by alice"),
        ]);
        comparison.Pairs[1].Bytes.ShouldBe(-",\"requestObject\":{}".Length - "Request".Length + "Metadata".Length);
    }

    [Fact]
    public void Mutilated_lines_never_throw()
    {
        var random = new Random(11);
        for (var round = 0; round < 3_000; round++)
        {
            var line = Encoding.UTF8.GetBytes(RecordedLog.Lines[random.Next(RecordedLog.Lines.Length)]);
            for (var i = random.Next(1, 6); i > 0; i--)
            {
                line[random.Next(Math.Min(line.Length, 1200))] = random.Next(3) == 0 ? (byte)"{}[]\",:\\"[random.Next(8)] : (byte)random.Next(256);
            }

            var log = line[..random.Next(line.Length)];
            var report = RecordedLog.Replay(log, ReferenceCases.Seed, RecordedLog.Everything(Level.Request));

            (report.Log.Events + report.Log.EmptyLines + report.Log.Problems.Values.Sum()).ShouldBeGreaterThanOrEqualTo(log.Length == 0 ? 0 : 1);
        }
    }

    [Fact]
    public void Many_different_requests_are_counted_right_though_not_all_can_be_remembered()
    {
        const int Users = 30_000;
        var lines = Enumerable.Range(0, 2).SelectMany(_ => Enumerable.Range(0, Users).Select(i => RecordedLog.Event("get", "\"resource\":\"pods\"", $"\"username\":\"u{i}\""))).ToList();
        lines.InsertRange(Users, Enumerable.Repeat(RecordedLog.Event("list", "\"resource\":\"secrets\"", "\"username\":\"heavy\""), 500));

        var report = RecordedLog.Replay(string.Join('\n', lines), RecordedLog.Everything(Level.Metadata));

        report.Kept.Events.ShouldBe(2 * Users + 500);
        report.Resources.IsExact.ShouldBeTrue();
        report.Resources.Items.Select(item => (item.Name, item.Events)).ShouldBe([("pods", 2L * Users), ("secrets", 500)]);
        report.Users.IsExact.ShouldBeFalse();
        report.Users.Items[0].Name.ShouldBe("heavy");
        report.Users.Items[0].Events.ShouldBe(500);
    }
}
