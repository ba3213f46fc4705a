using System.Text.Json.Nodes;
using Comptroller.Falcon.Grading;
using Comptroller.Falcon.Reports;

namespace Comptroller.Operator.Verbs.Falcon;

/// <summary>Grades as a table, as CSV or as JSON.</summary>
internal sealed class PolicyTable(string format, bool details)
{
    public async Task WriteAsync(IReadOnlyList<PolicyGrade> grades, TextWriter output, CancellationToken cancellationToken)
    {
        switch (format)
        {
            case "json":
                await output.WriteLineAsync(Json(grades).ToJsonString().AsMemory(), cancellationToken);
                return;
            case "csv":
                await output.WriteLineAsync("Type,Platform,Policy Name,Score,Status,Total Checks,Passed,Failed".AsMemory(), cancellationToken);
                foreach (var grade in grades)
                {
                    await output.WriteLineAsync(Csv.Line(grade.Type.Name, grade.Platform, grade.Name, StoredVerbs.Score(grade.Score), Status(grade),
                        $"{grade.ChecksCount}", $"{grade.ChecksCount - grade.FailuresCount}", $"{grade.FailuresCount}").AsMemory(), cancellationToken);
                }

                return;
            default:
                break;
        }

        await output.WriteLineAsync($"{"STATUS",-11} {"TYPE",-19} {"PLATFORM",-9} {"CHECKS",-14} {"SCORE",8}  POLICY");
        foreach (var grade in grades)
        {
            await output.WriteLineAsync($"{Status(grade),-11} {grade.Type.Name,-19} {grade.Platform,-9} {$"{grade.FailuresCount}/{grade.ChecksCount} failed",-14} {$"{StoredVerbs.Score(grade.Score)} %",8}  {grade.Name}");
            foreach (var failure in details ? grade.Checks.SelectMany(check => check.Failures.Select(failure => (check.SettingId, failure))) : [])
            {
                await output.WriteLineAsync($"            {failure.SettingId}.{failure.failure.Field}: {failure.failure.Actual?.ToJsonString() ?? "null"}, wanted {failure.failure.Minimum?.ToJsonString() ?? "null"}");
            }
        }

        var sum = PolicySummary.Of(grades);
        await output.WriteLineAsync($"{sum.Passed} passed, {sum.Failed} failed, {sum.Ungradable} ungradable; score {StoredVerbs.Score(sum.Score)} %");
    }

    private static string Status(PolicyGrade grade) => grade.Passed switch { true => "passed", false => "failed", null => "ungradable" };

    private static JsonArray Json(IReadOnlyList<PolicyGrade> grades) => new([.. grades.Select(grade => (JsonNode)new JsonObject
    {
        ["type"] = grade.Type.Name,
        ["id"] = grade.Id,
        ["name"] = grade.Name,
        ["platform"] = grade.Platform,
        ["status"] = Status(grade),
        ["reason"] = grade.UngradableText,
        ["checks"] = grade.ChecksCount,
        ["failures"] = new JsonArray([.. grade.Checks.SelectMany(check => check.Failures.Select(failure => (JsonNode)new JsonObject
        {
            ["setting"] = check.SettingId,
            ["field"] = failure.Field,
            ["actual"] = failure.Actual?.DeepClone(),
            ["minimum"] = failure.Minimum?.DeepClone(),
        }))]),
        ["score"] = grade.Score,
    })]);
}
