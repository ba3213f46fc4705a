using System.Text.Json.Nodes;
using Comptroller.Operator.Verbs.Archive;

namespace Comptroller.Operator.Tests.Verbs.Archive;

public sealed class EstateExportTests
{
    [Fact]
    public void What_a_spec_names_is_found_wherever_it_stands() =>
        EstateExport.References(JsonNode.Parse("""{"a":{"credentialsSecretRef":{"name":"falcon"}},"list":[{"gradingConfigMapRef":{"name":"grading"}},{"passwordSecretRef":{"name":"p","key":"k"}}],"secretRef":"text","name":"no"}"""))
            .ShouldBe([("Secret", "falcon"), ("ConfigMap", "grading"), ("Secret", "p")]);
}
