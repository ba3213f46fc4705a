using System.Globalization;
using System.Text.Json.Nodes;

namespace Comptroller.AuditPolicies.Rendering.Shipping;

/// <summary>
/// Values of the official chart (fluent/fluent-bit) for a DaemonSet of its own on control-plane nodes: it reads files that only root may
/// read, so it stays apart from the one for pod logs and gets nothing else: no API permissions, no other directory of the node.
/// </summary>
public static class ChartValues
{
    private const string ConfigurationFile = "fluent-bit.yaml";

    private const string ChartDirectory = "/fluent-bit/etc";

    /// <summary>With the configuration as the one YAML file <paramref name="yaml"/>.</summary>
    public static JsonObject WithYaml(FluentBitOptions options, string yaml)
    {
        var values = Values(options);
        values["args"] = new JsonArray($"--workdir={ChartDirectory}", $"--config={ChartDirectory}/conf/{ConfigurationFile}");
        values["config"] = new JsonObject { ["extraFiles"] = new JsonObject { [ConfigurationFile] = Literal(yaml) } };
        return values;
    }

    /// <summary>With the configuration in the classic format, section by section as the chart takes it.</summary>
    public static JsonObject WithClassic(FluentBitOptions options, JsonObject configuration)
    {
        var values = Values(options);
        values["config"] = new JsonObject
        {
            ["service"] = Literal(ClassicFormat.Service(configuration)),
            ["inputs"] = Literal(ClassicFormat.Inputs(configuration)),
            ["filters"] = Literal(ClassicFormat.Filters(configuration)),
            ["outputs"] = Literal(ClassicFormat.Outputs(configuration)),
            ["customParsers"] = Literal(ClassicFormat.Parsers(configuration)),
        };
        return values;
    }

    private static JsonObject Values(FluentBitOptions options)
    {
        var values = new JsonObject
        {
            ["kind"] = "DaemonSet",
            ["testFramework"] = new JsonObject { ["enabled"] = false },
            ["rbac"] = new JsonObject { ["create"] = false },
            ["serviceAccount"] = new JsonObject { ["create"] = true, ["automountServiceAccountToken"] = false },
            ["priorityClassName"] = "system-node-critical",
            ["nodeSelector"] = new JsonObject { [Targets.Distribution.ControlPlaneLabel] = options.Distribution.ControlPlaneLabelValue },
            ["tolerations"] = new JsonArray([.. options.Distribution.ControlPlaneTaints.Select(key => new JsonObject { ["key"] = key, ["operator"] = "Exists" })]),
            // Root without its powers could not read a log of another user with mode 0600.
            ["securityContext"] = new JsonObject
            {
                ["runAsUser"] = 0,
                ["allowPrivilegeEscalation"] = false,
                ["readOnlyRootFilesystem"] = true,
                ["capabilities"] = new JsonObject { ["drop"] = new JsonArray("ALL"), ["add"] = new JsonArray("DAC_READ_SEARCH") },
                ["seccompProfile"] = new JsonObject { ["type"] = "RuntimeDefault" },
            },
            // 128 chunks of about 2 MB may be up in memory at once.
            ["resources"] = new JsonObject
            {
                ["requests"] = new JsonObject { ["cpu"] = "50m", ["memory"] = "128Mi" },
                ["limits"] = new JsonObject { ["memory"] = "512Mi" },
            },
            ["metricsPort"] = options.HttpPort,
        };
        if (!options.Counters.IsEmpty)
        {
            values["extraPorts"] = new JsonArray(new JsonObject { ["name"] = "counters", ["port"] = options.CountersPort, ["containerPort"] = options.CountersPort, ["protocol"] = "TCP" });
            values["podAnnotations"] = new JsonObject
            {
                ["prometheus.io/scrape"] = "true",
                ["prometheus.io/port"] = options.CountersPort.ToString(CultureInfo.InvariantCulture),
                ["prometheus.io/path"] = "/metrics",
            };
        }

        AddSecrets(values, options);
        AddVolumes(values, options);
        if (options.Redaction is { } redaction)
        {
            values["luaScripts"] = new JsonObject { [RedactionScript.FileName] = Literal(RedactionScript.Render(redaction)) };
        }

        return values;
    }

    private static void AddSecrets(JsonObject values, FluentBitOptions options)
    {
        var variables = options.Variables.Select(variable => new JsonObject
        {
            ["name"] = variable.Name,
            ["valueFrom"] = new JsonObject { ["secretKeyRef"] = new JsonObject { ["name"] = variable.Source.Secret, ["key"] = variable.Source.Key } },
        }).ToArray();
        if (variables.Length > 0)
        {
            values["env"] = new JsonArray([.. variables]);
        }

        var mounts = options.Sinks.SelectMany(sink => sink.Mounts).ToArray();
        if (mounts.Length > 0)
        {
            values["extraVolumes"] = new JsonArray([.. mounts.Select(Volume)]);
            values["extraVolumeMounts"] = new JsonArray([.. mounts.Select(mount => Mount(mount.Name, mount.Directory, readOnly: true))]);
        }
    }

    // The chart's own would mount all of /var/log and the container runtime's directory.
    private static void AddVolumes(JsonObject values, FluentBitOptions options)
    {
        var logDirectory = options.LogPath[..options.LogPath.LastIndexOf('/')];
        values["daemonSetVolumes"] = new JsonArray(
            // Never created here: kube-apiserver may be another user, and could then not write into it.
            HostPath("audit-log", logDirectory, "Directory"),
            HostPath("state", options.StateDirectory, "DirectoryOrCreate"));
        values["daemonSetVolumeMounts"] = new JsonArray(
            Mount("audit-log", logDirectory, readOnly: true),
            Mount("state", options.StateDirectory, readOnly: false));
    }

    private static JsonObject HostPath(string name, string path, string type) =>
        new() { ["name"] = name, ["hostPath"] = new JsonObject { ["path"] = path, ["type"] = type } };

    private static JsonObject Mount(string name, string path, bool readOnly)
    {
        var mount = new JsonObject { ["name"] = name, ["mountPath"] = path };
        if (readOnly)
        {
            mount["readOnly"] = true;
        }

        return mount;
    }

    private static JsonObject Volume(SecretMount mount)
    {
        var secret = new JsonObject { ["secretName"] = mount.Secret };
        if (mount.Key is { } key)
        {
            secret["items"] = new JsonArray(new JsonObject { ["key"] = key, ["path"] = "ca.crt" });
        }

        return new JsonObject { ["name"] = mount.Name, ["secret"] = secret };
    }

    // The chart passes these texts through Helm's template engine.
    private static string Literal(string text) => text.Replace("{{", "{{ \"{{\" }}", StringComparison.Ordinal);
}
