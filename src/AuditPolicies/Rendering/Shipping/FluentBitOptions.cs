using System.Collections.Immutable;
using Comptroller.AuditPolicies.Rendering.Targets;

namespace Comptroller.AuditPolicies.Rendering.Shipping;

/// <summary>Where audit events come from on a control-plane node, what is taken out of them, and where they go.</summary>
public sealed record FluentBitOptions
{
    /// <summary>Value of the stream field <c>cluster</c> on every event.</summary>
    public required string Cluster { get; init; }

    /// <summary>Where the events go; at least one, and one of a kind.</summary>
    public required ImmutableArray<Sink> Sinks { get; init; }

    /// <summary>Whose API server writes the log.</summary>
    public Distribution Distribution { get; init; } = Distribution.Talos;

    /// <summary>The audit log; null for the one of the distribution. An exact path: a glob reads rotated files a second time.</summary>
    public string? Path { get; init; }

    /// <summary>Writable host directory for read position and buffered chunks; both must survive a restart.</summary>
    public string StateDirectory { get; init; } = "/var/lib/fluent-bit-audit";

    /// <summary>Disk space per sink for events waiting for it, as Fluent Bit writes sizes (<c>2G</c>). When full, the oldest chunk is dropped.</summary>
    public string BufferLimit { get; init; } = "2G";

    /// <summary>What leaves the node without its content; null for nothing.</summary>
    public Redaction? Redaction { get; init; }

    /// <summary>What is counted on the way; none by default.</summary>
    public ImmutableArray<EventCounter> Counters { get; init; } = [];

    /// <summary>Port of the counters in the pod.</summary>
    public int CountersPort { get; init; } = 2021;

    /// <summary>Port of health, reload and metrics endpoints in the pod.</summary>
    public int HttpPort { get; init; } = 2020;

    /// <summary>What the pod takes from Secrets.</summary>
    public IEnumerable<SecretVariable> Variables => Sinks.SelectMany(sink => sink.Variables);

    /// <summary><see cref="Path"/>, or the one of the distribution.</summary>
    public string LogPath => Path ?? Distribution.LogPath;

    /// <summary>Everything that cannot be rendered; empty when all is well.</summary>
    public IEnumerable<OptionError> Check()
    {
        foreach (var error in ClusterName.Check(Cluster).Concat(CheckPaths()).Concat(CheckSinks()).Concat(Redaction?.Check() ?? []))
        {
            yield return error;
        }

        if (FluentBitSize.Parse(BufferLimit) is null or <= 0)
        {
            yield return new OptionError("bufferLimit", $"\"{BufferLimit}\" is not a size; write a number with k, M or G, such as 2G");
        }

        if (HttpPort is < 1 or > 65535)
        {
            yield return new OptionError("httpPort", $"{HttpPort} is not a port");
        }
    }

    private IEnumerable<OptionError> CheckSinks() => Sinks.IsEmpty
        ? [new OptionError("sinks", "name at least one place for the events to go to: victoriaLogs, loki, elasticsearch, openTelemetry or s3")]
        : Sinks.SelectMany(sink => sink.Check());

    private IEnumerable<OptionError> CheckPaths()
    {
        if (Path is { } path)
        {
            if (!AcceptedText.Path(path))
            {
                yield return new OptionError("path", $"\"{path}\" must be an absolute path to one file, without wildcard: a glob reads rotated files again");
            }
            else if (Distribution.CheckLogPath(path) is { } problem)
            {
                yield return new OptionError("path", problem);
            }
        }

        if (!AcceptedText.Path(StateDirectory))
        {
            yield return new OptionError("stateDirectory", $"\"{StateDirectory}\" must be an absolute path without trailing slash");
        }
    }
}
