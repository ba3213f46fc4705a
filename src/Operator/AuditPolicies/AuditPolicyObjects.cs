using System.Text.Json.Nodes;
using Comptroller.AuditPolicies.Alerting;
using Comptroller.AuditPolicies.Model;
using Comptroller.AuditPolicies.Rendering;
using Comptroller.Crds;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Kubernetes.Yaml;

namespace Comptroller.Operator.AuditPolicies;

/// <summary>The objects that an AuditPolicy is rendered into. Pure and deterministic: equal resources give equal bytes.</summary>
internal static class AuditPolicyObjects
{
    public const string TalosLegacyFile = "talos-v1alpha1.yaml";
    public const string TalosMultiDocumentFile = "talos-multidoc.yaml";
    public const string TalosMultiDocumentLogFile = "talos-multidoc-log.yaml";
    public const string FluentBitFile = "fluent-bit.yaml";
    public const string FluentBitEnvironmentFile = "env.yaml";

    /// <summary>Keeps Flux from reading <c>${...}</c> of a rendered file as a variable of its own, when someone commits what `render` printed.</summary>
    private const string NoSubstitution = "kustomize.toolkit.fluxcd.io/substitute";

    /// <summary>A ConfigMap with the machine-config patch in both shapes; the log settings of the newer shape are a patch of their own.</summary>
    public static DesiredObject TalosPatch(ObjectMeta owner, Policy policy, LogSettings? log)
    {
        var files = new JsonObject
        {
            [TalosLegacyFile] = YamlWriter.Write(Comptroller.AuditPolicies.Rendering.TalosPatch.Legacy(policy, log)),
            [TalosMultiDocumentFile] = YamlWriter.Write(Comptroller.AuditPolicies.Rendering.TalosPatch.MultiDocument(policy)),
        };
        if (Comptroller.AuditPolicies.Rendering.TalosPatch.MultiDocumentLog(log) is { } settings)
        {
            files[TalosMultiDocumentLogFile] = YamlWriter.Write(settings);
        }

        return ConfigMap(owner, "talos-audit", files);
    }

    /// <summary>A ConfigMap with the Fluent Bit configuration and, when it names a password, the environment that the pod needs for it.</summary>
    public static DesiredObject FluentBit(ObjectMeta owner, FluentBitOptions options, BasicAuth? authentication)
    {
        var files = new JsonObject { [FluentBitFile] = YamlWriter.Write(FluentBitConfiguration.Render(options)) };
        if (authentication is not null)
        {
            files[FluentBitEnvironmentFile] = YamlWriter.Write(new JsonArray(new JsonObject
            {
                ["name"] = AuditPolicyOptions.PasswordVariable,
                ["valueFrom"] = new JsonObject
                {
                    ["secretKeyRef"] = new JsonObject { ["name"] = authentication.PasswordSecretRef.Name, ["key"] = authentication.PasswordSecretRef.Key },
                },
            }));
        }

        return ConfigMap(owner, "fluent-bit", files);
    }

    public static string AlertsName(ObjectMeta owner) => $"{owner.Name}-audit-alerts";

    public static DesiredObject Alerts(AlertOptions options) => new(RenderedKinds.VmRules, VmRule.Render(options));

    private static DesiredObject ConfigMap(ObjectMeta owner, string suffix, JsonObject files) => new(RenderedKinds.ConfigMaps, new JsonObject
    {
        ["apiVersion"] = "v1",
        ["kind"] = "ConfigMap",
        ["metadata"] = new JsonObject
        {
            ["name"] = $"{owner.Name}-{suffix}",
            ["namespace"] = owner.Namespace,
            ["annotations"] = new JsonObject { [NoSubstitution] = "disabled" },
        },
        ["data"] = files,
    });
}
