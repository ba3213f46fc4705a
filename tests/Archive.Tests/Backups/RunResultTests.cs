using System.Text;
using System.Text.Json.Nodes;
using Comptroller.Archive.Backups;

namespace Comptroller.Archive.Tests.Backups;

public sealed class RunResultTests
{
    [Fact]
    public void A_result_comes_back_as_it_was_left()
    {
        var result = new RunResult
        {
            Verb = "backup",
            Success = true,
            Stream = "audit",
            Number = 12,
            StartedAt = DateTimeOffset.UnixEpoch,
            FinishedAt = DateTimeOffset.UnixEpoch.AddMinutes(1),
            Location = "s3://evidence/prod/backups/audit/0000000012.manifest.json",
            RootHash = new string('a', 64),
            Bytes = 1000,
            StoredBytes = 100,
            Ratio = 10,
            RecoverableFrom = DateTimeOffset.UnixEpoch,
        };

        var read = RunResult.Read(result.ToJson(), out var error);

        error.ShouldBeNull();
        read.ShouldBe(result with { Version = RunResult.CurrentVersion });
    }

    [Fact]
    public void It_stays_below_4096_bytes_whatever_the_texts_hold()
    {
        var awful = string.Concat(Enumerable.Repeat("\u0001\"\\é漢😀", 5000));
        var text = new RunResult
        {
            Verb = "verify",
            Stream = new string('s', 63),
            Number = long.MaxValue,
            Location = awful,
            RootHash = new string('f', 64),
            Bytes = long.MaxValue,
            StoredBytes = long.MaxValue,
            SentBytes = long.MaxValue,
            Ratio = double.MaxValue,
            Files = int.MaxValue,
            UnchangedFiles = int.MaxValue,
            CreatedAt = DateTimeOffset.MaxValue,
            LockedUntil = DateTimeOffset.MaxValue,
            RecoverableFrom = DateTimeOffset.MaxValue,
            RecoverableTo = DateTimeOffset.MaxValue,
            ChainIntact = false,
            LocksHold = false,
            BytesRead = long.MaxValue,
            RestoredFiles = int.MaxValue,
            Deleted = int.MaxValue,
            DeletedBytes = long.MaxValue,
            Problems = int.MaxValue,
            Found = [.. Enumerable.Repeat(awful, 50)],
            Error = awful,
        }.ToJson();

        Encoding.UTF8.GetByteCount(text).ShouldBeLessThanOrEqualTo(RunResult.MostBytes);
        JsonNode.Parse(text)!["found"]!.AsArray().Count.ShouldBe(5);
    }

    [Theory]
    [InlineData(null, "the run ended without a result")]
    [InlineData("panic: out of memory", "the termination message is not a result")]
    [InlineData("null", "the result is null")]
    [InlineData("""{"version":2,"verb":"backup"}""", "the result has version 2, and this program reads 1: run the image of the operator's own version")]
    [InlineData("""{"version":1,"verb":"format"}""", "the result does not say what was run")]
    [InlineData("""{"version":1,"verb":"backup","success":true,"error":"x"}""", "the result says success and an error")]
    [InlineData("""{"version":1,"verb":"backup","bytes":-1}""", "the result counts below zero")]
    public void What_is_no_result_is_told_and_not_repeated(string? message, string expected)
    {
        RunResult.Read(message, out var error).ShouldBeNull();
        error.ShouldBe(expected);
    }
}
