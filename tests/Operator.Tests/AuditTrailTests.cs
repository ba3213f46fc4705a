using System.Text.Json.Nodes;

namespace Comptroller.Operator.Tests;

public sealed class AuditTrailTests
{
    private const string Annotation = "reconcile.fluxcd.io/requestedAt";

    [Fact]
    public void Who_wrote_an_annotation_is_who_manages_it_last()
    {
        var found = JsonNode.Parse("""
            {"metadata":{"managedFields":[
              {"manager":"kubectl-annotate","time":"2026-11-21T10:00:00Z","fieldsV1":{"f:metadata":{"f:annotations":{"f:reconcile.fluxcd.io/requestedAt":{}}}}},
              {"manager":"flux","time":"2026-11-21T11:00:00Z","fieldsV1":{"f:metadata":{"f:annotations":{".":{},"f:reconcile.fluxcd.io/requestedAt":{}}}}},
              {"manager":"helm","time":"2026-11-21T12:00:00Z","fieldsV1":{"f:spec":{}}}]}}
            """)!.AsObject();
        AuditTrail.WriterOf(found, Annotation).ShouldBe(("flux", "2026-11-21T11:00:00Z"));
        AuditTrail.WriterOf(found, "other").ShouldBe(("unknown", null));
        AuditTrail.WriterOf([], Annotation).ShouldBe(("unknown", null));
        AuditTrail.WriterOfSpec(found).ShouldBe(("helm", "2026-11-21T12:00:00Z"));
    }
}
