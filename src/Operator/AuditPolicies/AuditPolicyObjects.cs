using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.AuditPolicies.Alerting;
using Comptroller.AuditPolicies.Compliance;
using Comptroller.AuditPolicies.Rendering.Shipping;
using Comptroller.AuditPolicies.Rendering.Targets;
using Comptroller.Crds;
using Comptroller.Crds.AuditPolicies;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Kubernetes.Yaml;

namespace Comptroller.Operator.AuditPolicies;

/// <summary>The objects that an AuditPolicy is rendered into. Pure and deterministic: equal resources give equal bytes.</summary>
internal static class AuditPolicyObjects
{
    public const string FluentBitFile = "fluent-bit.yaml";
    public const string FluentBitClassicFile = "fluent-bit.conf";
    public const string ValuesFile = "values.yaml";
    public const string ReleaseFile = "helm-release.yaml";
    public const string ComplianceJsonFile = "compliance.json";
    public const string ComplianceMarkdownFile = "compliance.md";

    /// <summary>Has Flux upgrade a release as soon as the values change that it takes from here, instead of at its next interval.</summary>
    private const string Watched = "reconcile.fluxcd.io/watch";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Name of the ConfigMap for one target.</summary>
    public static string TargetName(ObjectMeta owner, Distribution distribution) => $"{owner.Name}-{Key(distribution)}-audit";

    /// <summary>A ConfigMap with the files of one target; each says in its head how to apply and verify it.</summary>
    public static DesiredObject Target(ObjectMeta owner, Distribution distribution, ImmutableArray<TargetFile> files) =>
        RenderedConfigMap.Of(owner, TargetName(owner, distribution), new JsonObject(files.Select(file => KeyValuePair.Create(file.Name, (JsonNode?)(Comment(file.Comment) + YamlWriter.Write(file.Content))))));

    /// <summary>
    /// A ConfigMap with the Fluent Bit configuration in the formats asked for, the values that install it by the official chart, and Flux
    /// objects that do so. With several targets the names of the files start with the target, because each has its log elsewhere.
    /// </summary>
    public static DesiredObject FluentBit(
        ObjectMeta owner, ImmutableArray<(FluentBitOptions Options, JsonObject Configuration)> rendered, IReadOnlyList<string> formats)
    {
        var name = $"{owner.Name}-fluent-bit";
        var files = new JsonObject();
        foreach (var (option, configuration) in rendered)
        {
            var prefix = rendered.Length > 1 ? $"{Key(option.Distribution)}-" : "";
            var yaml = YamlWriter.Write(configuration);
            if (formats.Contains(ForwardingFormats.Yaml))
            {
                files[prefix + FluentBitFile] = yaml;
            }

            if (formats.Contains(ForwardingFormats.Classic))
            {
                files[prefix + FluentBitClassicFile] = ClassicFormat.Main(configuration);
                files[ClassicFormat.ParsersFile] = ClassicFormat.Parsers(configuration);
            }

            if (option.Redaction is { } redaction)
            {
                files[RedactionScript.FileName] = RedactionScript.Render(redaction);
            }

            var values = formats.Contains(ForwardingFormats.Yaml) ? ChartValues.WithYaml(option, yaml) : ChartValues.WithClassic(option, configuration);
            files[prefix + ValuesFile] = Comment(ValuesComment(owner)) + YamlWriter.Write(values);
            files[prefix + ReleaseFile] = YamlWriter.WriteAll(FluxRelease.Render(rendered.Length > 1 ? $"{name}-{Key(option.Distribution)}" : name, owner.Namespace, name, prefix + ValuesFile));
        }

        var map = RenderedConfigMap.Of(owner, name, files);
        map.Body["metadata"]!["labels"] = new JsonObject { [Watched] = "Enabled" };
        return map;
    }

    public static string AlertsName(ObjectMeta owner) => $"{owner.Name}-audit-alerts";

    public static DesiredObject Alerts(AlertOptions options) => new(RenderedKinds.VmRules, VmRule.Render(options));

    public static string ComplianceName(ObjectMeta owner) => $"{owner.Name}-compliance";

    /// <summary>A ConfigMap with the compliance report, for machines and for auditors.</summary>
    public static DesiredObject Report(ObjectMeta owner, ComplianceReport report, string policyHash)
    {
        var subject = $"{owner.Namespace}/{owner.Name}";
        return RenderedConfigMap.Of(owner, ComplianceName(owner), new JsonObject
        {
            [ComplianceJsonFile] = ReportFiles.Json(report, subject, policyHash).ToJsonString(Indented),
            [ComplianceMarkdownFile] = ReportFiles.Markdown(report, subject, policyHash),
        });
    }

    /// <summary>The same report in the kinds that dashboards read.</summary>
    public static IEnumerable<DesiredObject> Reports(ObjectMeta owner, ComplianceReport report, Compliance compliance) =>
        from type in ComplianceOptions.ReportTypes(compliance)
        select new DesiredObject(type, PolicyReport.Render(report, type.ApiVersion, type.Kind, ComplianceName(owner), new JsonObject
        {
            ["apiVersion"] = ResourceTypes.AuditPolicies.ApiVersion,
            ["kind"] = ResourceTypes.AuditPolicies.Kind,
            ["namespace"] = owner.Namespace,
            ["name"] = owner.Name,
        }));

    private static string Key(Distribution distribution) => distribution.Name.ToLowerInvariant();

    private static string ValuesComment(ObjectMeta owner) =>
        $"""
        Values of the chart fluent-bit {FluxRelease.ChartVersion} from https://fluent.github.io/helm-charts, for namespace {owner.Namespace}, which must allow
        hostPath volumes: kubectl label namespace {owner.Namespace} pod-security.kubernetes.io/enforce=privileged
        """;

    private static string Comment(string text) =>
        string.Concat(text.ReplaceLineEndings("\n").Split('\n').Select(line => line.Length == 0 ? "#\n" : $"# {line}\n"));
}
