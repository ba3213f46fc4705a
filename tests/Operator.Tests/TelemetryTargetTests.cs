using Comptroller.Operator.Verbs;

namespace Comptroller.Operator.Tests;

public sealed class TelemetryTargetTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("OTEL_SERVICE_NAME=a OTEL_METRICS_EXPORTER=otlp", "")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT=", "")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4317", "metrics to http://c:4317, spans to http://c:4317")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4317 OTEL_SDK_DISABLED=True", "")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4317 OTEL_TRACES_EXPORTER=none", "metrics to http://c:4317, spans to nowhere")]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=https://t/v1/traces", "metrics to nowhere, spans to https://t")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4317 OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=https://name:secret@m/x?key=secret", "metrics to https://m, spans to http://c:4317")]
    public void Nothing_is_sent_unless_an_endpoint_is_named_and_credentials_in_it_are_never_shown(string variables, string target) =>
        (Read(variables)?.ToString() ?? "").ShouldBe(target);

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT=collector:4317", "OTEL_EXPORTER_OTLP_ENDPOINT must be an address such as http://collector.monitoring.svc:4317")]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=/v1/traces", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT must be an address")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT=http://c OTEL_EXPORTER_OTLP_PROTOCOL=http/json", "OTEL_EXPORTER_OTLP_PROTOCOL must be grpc or http/protobuf")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT=http://c OTEL_METRICS_EXPORTER=console", "OTEL_METRICS_EXPORTER must be otlp or none")]
    public void A_variable_that_cannot_be_meant_is_named_with_what_it_may_be(string variables, string problem) =>
        Should.Throw<InvalidInputException>(() => Read(variables)).Message.ShouldStartWith($"environment variable {problem}");

    private static TelemetryTarget? Read(string variables)
    {
        var values = variables.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
        return TelemetryTarget.Read(name => values.GetValueOrDefault(name));
    }
}
