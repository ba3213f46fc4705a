using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Schemas;

namespace Comptroller.Kubernetes.Tests.Schemas;

public sealed class Recorded_validation_Tests
{
    public static TheoryData<string> Validations => [.. Cases("schemas/validation.json").Select(item => (string)item["case"]!)];

    public static TheoryData<string> CrdSchemas => [.. Cases("schemas/crd-schemas.json").Select(item => (string)item["case"]!)];

    [Theory]
    [MemberData(nameof(Validations))]
    public void An_object_is_pruned_defaulted_and_judged_as_recorded(string name)
    {
        var recorded = Cases("schemas/validation.json").First(item => (string)item["case"]! == name);
        var candidate = Widget.Of(recorded["spec"]);

        Pruning.Prune(Widget.Schema, candidate);
        Defaulting.Apply(Widget.Schema, candidate);
        var errors = SchemaValidation.Validate(Widget.Schema, candidate, null);

        Texts(errors).ShouldBe(Texts(recorded));
        if (recorded["result"] is { } result)
        {
            Scalars.Canonical(candidate["spec"]).ShouldBe(Scalars.Canonical(result));
        }
    }

    [Theory]
    [MemberData(nameof(CrdSchemas))]
    public void A_schema_is_refused_as_recorded(string name)
    {
        var recorded = Cases("schemas/crd-schemas.json").First(item => (string)item["case"]! == name);

        var errors = CrdSchemaChecks.Check(recorded["schema"]!.AsObject(), "spec.validation.openAPIV3Schema");

        Texts(errors).ShouldBe(Texts(recorded));
    }

    [Fact]
    public void The_recorded_kind_itself_is_structural() =>
        CrdSchemaChecks.Check(Widget.Document(), "spec.validation.openAPIV3Schema").ShouldBeEmpty();

    private static IEnumerable<JsonObject> Cases(string file) => Widget.Read(file).AsArray().Select(item => item!.AsObject());

    private static string[] Texts(IEnumerable<FieldError> errors) => [.. errors.Select(error => $"{error.Reason} {error.Field}: {error.Message}")];

    private static string[] Texts(JsonObject recorded) =>
        [.. recorded["errors"]!.AsArray().Select(error => $"{(string)error![0]!} {(string)error[2]!}: {(string)error[1]!}")];
}
