namespace Comptroller.Operator.Tests.Verbs.Falcon;

/// <summary><c>falcon test</c>.</summary>
public sealed class FalconTestVerbTests : IDisposable
{
    private readonly CommandLine _files = new();

    [Fact]
    public async Task All_shared_cases_pass_and_the_exit_code_says_so()
    {
        var (exit, output, error) = await CommandLine.RunAsync("falcon", "test", Repository.PathOf("tests/Falcon.Tests/testdata/cases.json"));
        exit.ShouldBe(0, output + error);
        output.ShouldBe("266 passed, 20 of them by a better answer than one that the case itself calls questionable, 0 failed\n");
    }

    [Fact]
    public async Task One_that_fails_is_shown_with_what_was_wanted_and_is_exit_1()
    {
        var (exit, output, _) = await CommandLine.RunAsync("falcon", "test", _files.Write("c.json", """
            [{"id": "a", "kind": "normalize_tag", "policy": {"tag": "x"}, "expected": {"result": "FalconGroupingTags/x"}},
             {"id": "b", "kind": "normalize_tag", "title": "doubtful", "policy": {"tag": "x"}, "expected": {"result": "x"}, "quirk": "odd"},
             {"id": "c", "kind": "horoscope", "policy": {}, "expected": {"result": 1}}]
            """));
        exit.ShouldBe(1);
        output.ShouldContain("c.json: b: doubtful\n  the case calls its own expected answer questionable: odd\n  --- expected\n  +++ actual\n  -result: \"x\"\n  +result: \"FalconGroupingTags/x\"\n");
        output.ShouldContain("c.json: c: ");
        output.ShouldEndWith("1 passed, 2 failed\n");
    }

    [Fact]
    public async Task A_file_that_cannot_be_used_is_exit_2()
    {
        (await CommandLine.RunAsync("falcon", "test", _files.Write("c.json", "{}"))).Exit.ShouldBe(2);
        (await CommandLine.RunAsync("falcon", "test", "absent.json")).Exit.ShouldBe(2);
    }

    public void Dispose() => _files.Dispose();
}
