using System.Text.Json.Nodes;
using Comptroller.Conformance.Replay;
using Comptroller.Conformance.Transcripts;

namespace Comptroller.Conformance.Engine;

/// <summary>The replay is believed because it matches every recording played back, and notices every change made to one.</summary>
public class EngineTests
{
    private static readonly IReadOnlyList<Transcript> Own = TranscriptLibrary.Own();

    public static TheoryData<string> Ids => [.. Own.Select(transcript => transcript.Id)];

    [Theory]
    [MemberData(nameof(Ids))]
    public async Task A_recording_matches_itself(string id)
    {
        var result = await ReplayAsync(Find(id), Find(id));

        result.Describe().ShouldBeEmpty();
        result.Matching.ShouldBe(Find(id).Steps.Count);
    }

    /// <summary>Every change, at the first step of every transcript where it can be made.</summary>
    [Theory]
    [MemberData(nameof(Changes))]
    public async Task A_changed_answer_is_noticed(string change)
    {
        var made = 0;
        foreach (var transcript in Own)
        {
            var step = transcript.Steps.FirstOrDefault(step => Change.ByName[change](step) is not null);
            if (step is not null)
            {
                made++;
                var changed = transcript with { Steps = [.. transcript.Steps.Select(other => other == step ? Change.ByName[change](step)! : other)] };
                var result = await ReplayAsync(transcript, changed);
                result.Steps.Where(other => !other.Matches).Select(other => other.Index)
                    .ShouldContain(step.Index, $"{transcript.Id} step {step.Index} ({step.Note})");
            }
        }

        made.ShouldBePositive();
    }

    public static TheoryData<string> Changes => [.. Change.ByName.Keys];

    [Fact]
    public async Task Resource_versions_in_the_wrong_order_are_noticed()
    {
        var transcript = Find("040-generation-rules");
        var reversed = transcript with { RvOrder = [.. transcript.RvOrder.Reverse()] };

        (await ReplayAsync(transcript, reversed)).Failed.SelectMany(step => step.Differences).ShouldContain(text => text.Contains("should come after"));
    }

    [Fact]
    public async Task A_continue_token_of_another_version_is_noticed()
    {
        var transcript = Find("132-pagination");
        var tokens = transcript.ContinueTokens.DeepClone().AsObject();
        tokens["<continue:2>"]!["rv"] = "<rv:7>";

        (await ReplayAsync(transcript, transcript with { ContinueTokens = tokens })).Failed.Select(step => step.Index).ShouldBe([3]);
    }

    [Fact]
    public async Task An_unknown_setup_text_fails_every_step_and_is_named()
    {
        var transcript = Find("044-merge-patch") with { Setup = ["the moon is full"] };

        var result = await ReplayAsync(transcript, transcript);

        result.Matching.ShouldBe(0);
        result.Steps[0].Differences.ShouldHaveSingleItem().ShouldContain("the moon is full");
    }

    [Fact]
    public void Setup_texts_name_widgets_with_labels_and_finalizers()
    {
        var paged = Preconditions.ParseWidgets("widgets a b c d e exist; a, c, e carry label g=1, others g=2");
        var grouped = Preconditions.ParseWidgets("widgets a,b (g=1), c,d (g=2); d has finalizer example.dev/f");

        paged.Select(Summary).ShouldBe(["a g=1", "b g=2", "c g=1", "d g=2", "e g=1"]);
        grouped.Select(Summary).ShouldBe(["a g=1", "b g=1", "c g=2", "d g=2 [\"example.dev/f\"]"]);
        Preconditions.ParseWidgets("widget a exists").Select(Summary).ShouldBe(["a"]);
        Preconditions.ParseWidgets("widgets a b c exist").Count.ShouldBe(3);
    }

    private static string Summary(JsonObject widget)
    {
        var metadata = widget["metadata"]!;
        var label = metadata["labels"] is { } labels ? $" g={labels["g"]}" : "";
        return $"{metadata["name"]}{label}{(metadata["finalizers"] is { } finalizers ? " " + finalizers.ToJsonString() : "")}";
    }

    private static Transcript Find(string id) => Own.Single(transcript => transcript.Id == id);

    private static async Task<TranscriptResult> ReplayAsync(Transcript transcript, Transcript answers)
    {
        var target = RecordedServer.For(answers);
        using (target.Client)
        {
            return await new Replayer(target, transcript, "self", TimeSpan.Zero).RunAsync(CancellationToken.None);
        }
    }
}
