using System.Text;
using System.Text.Json;
using Comptroller.Drift.Comparison;
using Comptroller.Drift.Events;
using Comptroller.Drift.Rules;
using Comptroller.Drift.State;

namespace Comptroller.Drift.Tests;

/// <summary>What tests start from.</summary>
internal static class Given
{
    public static readonly DateTimeOffset Now = new(2026, 7, 23, 10, 0, 0, TimeSpan.Zero);

    public static IReadOnlyList<Understanding> Understood(string json)
    {
        var understood = new List<Understanding>();
        AuditRecords.Read(Encoding.UTF8.GetBytes(json), understood);
        return understood;
    }

    public static ChangeEvent Event(string json) => Understood(json).Single().Events.Single();

    public static string Alert(string fields, string source = "aws_cloudtrail") => $$"""{"time":"2026-07-23T09:40:55Z","priority":"Warning","rule":"r","source":"{{source}}","output_fields":{{fields}}}""";

    public static async Task<StateIndex> State(params string[] resources) => await Read($$"""{"version":4,"terraform_version":"1.9.0","serial":7,"lineage":"l","resources":[{{string.Join(',', resources)}}]}""");

    public static string Resource(string type, string name, string attributes, string more = "") =>
        $$"""{"mode":"managed","type":"{{type}}","name":"{{name}}"{{more}},"instances":[{"attributes":{{attributes}}}]}""";

    public static async Task<StateIndex> Read(string json)
    {
        var builder = new StateIndexBuilder();
        await StateReader.ReadAsync(new MemoryStream(Encoding.UTF8.GetBytes(json)), "test.tfstate", builder, CancellationToken.None);
        return builder.Build();
    }

    public static Judgement Judged(string json, StateIndex state, RuleBook? rules = null) => Judge.Of(Event(json), state, rules ?? RuleBook.Default, Now);

    public static JsonElement Json(string json) => JsonElement.Parse(json);
}
