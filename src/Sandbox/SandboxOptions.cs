using System.Net;
using Comptroller.Sandbox.Workloads;

namespace Comptroller.Sandbox;

/// <summary>How a <see cref="SandboxServer"/> is started.</summary>
public sealed record SandboxOptions
{
    /// <summary>Must be a loopback address: the server holds no secrets of its own, but its clients might.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>0 picks a free one.</summary>
    public int Port { get; init; }
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Changes remembered per kind, for watches and lists of the past.</summary>
    public int HistoryLimit { get; init; } = 20_000;

    /// <summary>How CronJobs, Jobs and Pods are run; null (the default) leaves them as objects that nothing happens to.</summary>
    public WorkloadOptions? Workloads { get; init; }

    /// <summary>Receives one line per answered request; null (the default) for none.</summary>
    public Action<string>? Log { get; init; }
}
