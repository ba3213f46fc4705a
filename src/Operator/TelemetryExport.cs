using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Comptroller.Operator;

/// <summary>
/// Sends what <c>/metrics</c> serves, and a span per reconcile, to an OpenTelemetry collector. What is left is sent on disposal. A
/// collector that does not answer costs measurements and nothing else.
/// </summary>
internal sealed class TelemetryExport : IDisposable
{
    /// <summary>Every meter and source of ours; nobody else's.</summary>
    private const string Ours = "Comptroller.*";

    private readonly MeterProvider? metrics;
    private readonly TracerProvider? traces;

    /// <param name="target">Which of the two to send.</param>
    /// <param name="instance">Name of this process: the pod's.</param>
    public TelemetryExport(TelemetryTarget target, string instance)
    {
        // The variables come last, so that OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win.
        void Describe(ResourceBuilder resource) => resource
            .AddService(OperatorHost.Product, serviceVersion: OperatorBuild.Version, serviceInstanceId: instance)
            .AddEnvironmentVariableDetector();

        metrics = target.Metrics is null ? null
            : Sdk.CreateMeterProviderBuilder().ConfigureResource(Describe).AddMeter(Ours).AddOtlpExporter().Build();
        traces = target.Traces is null ? null
            : Sdk.CreateTracerProviderBuilder().ConfigureResource(Describe).AddSource(Ours).AddOtlpExporter().Build();
    }

    public void Dispose()
    {
        traces?.Dispose();
        metrics?.Dispose();
    }
}
