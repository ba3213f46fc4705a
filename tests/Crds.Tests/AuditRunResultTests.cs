using System.Text;
using Comptroller.Crds.PolicyAuditSchedules;
using Comptroller.Crds.Workloads;

namespace Comptroller.Crds.Tests;

/// <summary>What a run hands back survives the way through a container's termination message, and nothing else passes for it.</summary>
public sealed class AuditRunResultTests
{
    private static readonly AuditRunResult Result = new()
    {
        StartedAt = new DateTimeOffset(2026, 3, 1, 2, 0, 0, TimeSpan.Zero),
        FinishedAt = new DateTimeOffset(2026, 3, 1, 2, 4, 9, TimeSpan.Zero),
        Outcome = AuditOutcomes.Complete,
        Score = 82.57,
        Hosts = 1_000_000,
        ApiCalls = 254,
        Throttled = 3,
        ApiErrors = 1,
        Policies = [new AuditedPolicies { Type = "prevention", Passed = 40, Failed = 10 }],
        GradingVersion = "builtin-3",
    };

    [Fact]
    public void It_is_read_as_it_was_written()
    {
        var read = AuditRunResult.Read(Result.ToJson(), out var error).ShouldNotBeNull();
        error.ShouldBeNull();
        (read with { Policies = Result.Policies }).ShouldBe(Result with { Version = AuditRunResult.CurrentVersion });
        read.Policies.ShouldBe(Result.Policies);
    }

    [Theory]
    [InlineData("a")]
    [InlineData("ü")]
    [InlineData("\u0001")]
    [InlineData("\"")]
    [InlineData("😀")]
    public void It_fits_into_a_termination_message_whatever_its_texts_hold(string text)
    {
        var long_ = string.Concat(Enumerable.Repeat(text, 5000));
        var json = (Result with
        {
            Message = long_,
            GradingVersion = long_,
            Policies = [.. Enumerable.Range(0, 100).Select(index => new AuditedPolicies { Type = $"{index}{long_}", Passed = int.MaxValue, Failed = int.MaxValue })],
            Hosts = long.MaxValue,
            ApiCalls = long.MaxValue,
            Throttled = long.MaxValue,
            ApiErrors = long.MaxValue,
        }).ToJson();

        Encoding.UTF8.GetByteCount(json).ShouldBeLessThan(ResultText.MostBytes);
        AuditRunResult.Read(json, out _).ShouldNotBeNull().Message!.Length.ShouldBeGreaterThan(50);
    }

    [Theory]
    [InlineData(null, "without a result")]
    [InlineData("  ", "without a result")]
    [InlineData("null", "null")]
    [InlineData("Killed", "not a result")]
    [InlineData("{\"version\":1,\"outcome\":\"Complete\",\"score\":90", "not a result")]
    [InlineData("{\"version\":2,\"outcome\":\"Complete\",\"score\":90}", "version 2")]
    [InlineData("{\"outcome\":\"Complete\",\"score\":90}", "version 0")]
    [InlineData("{\"version\":1,\"score\":90}", "how the run ended")]
    [InlineData("{\"version\":1,\"outcome\":\"Passed\",\"score\":90}", "how the run ended")]
    [InlineData("{\"version\":1,\"outcome\":\"Complete\"}", "score")]
    [InlineData("{\"version\":1,\"outcome\":\"Complete\",\"score\":101}", "score")]
    [InlineData("{\"version\":1,\"outcome\":\"Complete\",\"score\":90,\"hosts\":-1}", "below zero")]
    [InlineData("{\"version\":1,\"outcome\":\"Complete\",\"score\":90,\"policies\":[{\"type\":\"a\"},{\"type\":\"a\"}]}", "twice")]
    public void Nothing_else_passes_for_a_result(string? message, string problem)
    {
        AuditRunResult.Read(message, out var error).ShouldBeNull();
        error.ShouldNotBeNull().ShouldContain(problem);
    }

    [Fact]
    public void A_failed_run_needs_no_score() =>
        AuditRunResult.Read((Result with { Outcome = AuditOutcomes.Failed, Score = null }).ToJson(), out _).ShouldNotBeNull();

    [Fact]
    public void What_another_program_left_is_not_repeated()
    {
        AuditRunResult.Read("client_secret=hunter2", out var error);
        error!.ShouldNotContain("hunter2");
    }
}
