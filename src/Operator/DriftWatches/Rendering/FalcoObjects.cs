using System.Text.Json.Nodes;
using Comptroller.Crds.DriftWatches;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Kubernetes.Yaml;

namespace Comptroller.Operator.DriftWatches.Rendering;

/// <summary>
/// What Falco needs to feed a watch: rules that put out every field that judging takes, and where to send to. The rules are the files in
/// deploy/falco. Pure.
/// </summary>
internal static class FalcoObjects
{
    public static string Name(ObjectMeta owner) => $"{owner.Name}-drift-falco";

    public static DesiredObject Configuration(ObjectMeta owner, DriftWatchSpec spec)
    {
        var files = new JsonObject();
        foreach (var cloud in spec.Intake.FalcoRules.Select(cloud => cloud.ToLowerInvariant()).Order(StringComparer.Ordinal))
        {
            files[$"driftwatch-{cloud}.yaml"] = Rules(cloud);
        }

        files["falco.yaml"] = HttpOutput(owner, spec);
        files["falcosidekick.yaml"] = Sidekick(owner, spec);
        return RenderedConfigMap.Of(owner, Name(owner), files);
    }

    /// <summary>The rules for a cloud, as they are in deploy/falco.</summary>
    public static string Rules(string cloud)
    {
        using var stream = typeof(FalcoObjects).Assembly.GetManifestResourceStream($"falco/driftwatch-{cloud}.yaml")
            ?? throw new ArgumentException($"there are no Falco rules for {cloud}", nameof(cloud));
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    /// <summary>To be merged into falco.yaml. Falco's own output sends no header: it proves itself by a certificate or not at all.</summary>
    private static string HttpOutput(ObjectMeta owner, DriftWatchSpec spec)
    {
        var output = new JsonObject { ["enabled"] = true, ["url"] = DriftObjects.Endpoint(owner, spec), ["keep_alive"] = true };
        if (spec.Intake.Tls is { } tls)
        {
            output["ca_cert"] = "/etc/falco/driftwatch/ca.crt";
            if (tls.ClientCaSecretRef is not null)
            {
                output["mtls"] = true;
                output["client_cert"] = "/etc/falco/driftwatch/tls.crt";
                output["client_key"] = "/etc/falco/driftwatch/tls.key";
            }
        }

        var note = spec.Intake.TokenSecretRef is not null && spec.Intake.Tls?.ClientCaSecretRef is null
            ? "# This watch wants a bearer token, which Falco itself cannot send: use Falcosidekick (falcosidekick.yaml), or spec.intake.tls.clientCASecretRef.\n" : "";
        return note + YamlWriter.Write(new JsonObject
        {
            ["json_output"] = true,
            ["json_include_output_property"] = true,
            ["http_output"] = output,
        });
    }

    /// <summary>Values of the chart falcosidekick.</summary>
    private static string Sidekick(ObjectMeta owner, DriftWatchSpec spec)
    {
        var config = new JsonObject { ["webhook"] = new JsonObject { ["address"] = DriftObjects.Endpoint(owner, spec), ["minimumpriority"] = "" } };
        var note = "";
        if (spec.Intake.TokenSecretRef is not null)
        {
            note = "# The Secret has the key WEBHOOK_CUSTOMHEADERS with the value: Authorization:Bearer TOKEN\n";
            config["existingSecret"] = $"{owner.Name}-drift-sender";
        }

        if (spec.Intake.Tls?.ClientCaSecretRef is not null)
        {
            config["webhook"]!["mutualtls"] = true;
        }

        return note + YamlWriter.Write(new JsonObject { ["config"] = config });
    }
}
