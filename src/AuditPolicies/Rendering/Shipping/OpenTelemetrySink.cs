using System.Text.Json.Nodes;

namespace Comptroller.AuditPolicies.Rendering.Shipping;

/// <summary>An OpenTelemetry collector, by OTLP over HTTP. Each event is the body of a log record; cluster and source are fields of it.</summary>
public sealed record OpenTelemetrySink : HttpSink
{
    public override string Name => "openTelemetry";

    protected override string Plugin => "opentelemetry";

    protected override void AddFormat(JsonObject output, FluentBitOptions options)
    {
        output["logs_uri"] = $"{Prefix}/v1/logs";
        // On by default: answers that quote an event would put it into the pod's log.
        output["log_response_payload"] = false;
    }
}
