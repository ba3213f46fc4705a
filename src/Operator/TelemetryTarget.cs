using Comptroller.Operator.Verbs;

namespace Comptroller.Operator;

/// <summary>
/// Where OpenTelemetry's standard variables ask for measurements to be sent; the exporter reads the rest of them by itself. Checked
/// here because the exporter keeps quiet about a value that it cannot use.
/// </summary>
/// <param name="Metrics">Null when metrics are not sent.</param>
/// <param name="Traces">Null when spans are not sent.</param>
internal sealed record TelemetryTarget(Uri? Metrics, Uri? Traces)
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    /// <summary>Null when nothing is to be sent, which is so unless an endpoint is named.</summary>
    /// <param name="variable">The value of an environment variable.</param>
    /// <exception cref="InvalidInputException">A variable that cannot be meant as it stands.</exception>
    public static TelemetryTarget? Read(Func<string, string?> variable)
    {
        if (string.Equals(variable("OTEL_SDK_DISABLED")?.Trim(), "true", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var target = new TelemetryTarget(EndpointOf("METRICS", variable), EndpointOf("TRACES", variable));
        return target is { Metrics: null, Traces: null } ? null : target;
    }

    /// <summary>Whether and where, without what else an address may hold: credentials do not belong in a log.</summary>
    public override string ToString() => $"metrics to {Name(Metrics)}, spans to {Name(Traces)}";

    private static string Name(Uri? endpoint) => endpoint?.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped) ?? "nowhere";

    private static Uri? EndpointOf(string signal, Func<string, string?> variable)
    {
        var exporter = $"OTEL_{signal}_EXPORTER";
        if (Given(exporter, variable) is { } chosen and not "otlp")
        {
            return chosen == "none" ? null : throw Wrong(exporter, "must be otlp or none");
        }

        var own = $"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT";
        var name = Given(own, variable) is null ? Endpoint : own;
        if (Given(name, variable) is not { } text)
        {
            return null;
        }

        foreach (var protocol in (string[])["OTEL_EXPORTER_OTLP_PROTOCOL", $"OTEL_EXPORTER_OTLP_{signal}_PROTOCOL"])
        {
            if (Given(protocol, variable) is not (null or "grpc" or "http/protobuf"))
            {
                throw Wrong(protocol, "must be grpc or http/protobuf");
            }
        }

        return Uri.TryCreate(text, UriKind.Absolute, out var endpoint) && endpoint.Scheme is "http" or "https"
            ? endpoint
            : throw Wrong(name, "must be an address such as http://collector.monitoring.svc:4317");
    }

    /// <summary>An empty variable counts as absent, as OpenTelemetry has it.</summary>
    private static string? Given(string name, Func<string, string?> variable) => variable(name)?.Trim() is { Length: > 0 } value ? value : null;

    private static InvalidInputException Wrong(string name, string rule) => new([$"environment variable {name} {rule}"]);
}
