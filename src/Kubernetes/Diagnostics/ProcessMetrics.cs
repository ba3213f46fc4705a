using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Comptroller.Kubernetes.Diagnostics;

/// <summary>What every Prometheus target tells about its process, under the usual names.</summary>
public sealed class ProcessMetrics : IDisposable
{
    public const string MeterName = "Comptroller.Process";

    private readonly Meter meter = new(MeterName);

    public ProcessMetrics()
    {
        double startTime;
        using (var process = Process.GetCurrentProcess())
        {
            startTime = new DateTimeOffset(process.StartTime.ToUniversalTime()).ToUnixTimeMilliseconds() / 1000d;
        }

        meter.CreateObservableCounter(
            "process_cpu_seconds_total", static () => Cpu(), unit: null, "User and system CPU time spent");
        meter.CreateObservableGauge(
            "process_resident_memory_bytes", static () => (double)Environment.WorkingSet, unit: null, "Resident memory");
        meter.CreateObservableGauge("process_start_time_seconds", () => startTime, unit: null, "Start time since the Unix epoch");
        meter.CreateObservableGauge("process_open_fds", static () => OpenFiles(), unit: null, "Open file descriptors");
        meter.CreateObservableGauge(
            "dotnet_gc_heap_bytes", static () => (double)GC.GetTotalMemory(false), unit: null, "Managed heap, garbage included");
        meter.CreateObservableGauge(
            "dotnet_gc_committed_bytes", static () => (double)GC.GetGCMemoryInfo().TotalCommittedBytes, unit: null, "Memory the collector holds");
        meter.CreateObservableCounter("dotnet_gc_collections_total", static () => Collections(), unit: null, "Garbage collections, by generation");
        meter.CreateObservableGauge("dotnet_threadpool_threads", static () => (double)ThreadPool.ThreadCount, unit: null, "Thread pool threads");
        meter.CreateObservableGauge(
            "dotnet_threadpool_queue_length", static () => (double)ThreadPool.PendingWorkItemCount, unit: null, "Work items that wait for a thread");
    }

    public void Dispose() => meter.Dispose();

    private static double Cpu() =>
        OperatingSystem.IsLinux() || OperatingSystem.IsWindows() || OperatingSystem.IsMacOS() ? Environment.CpuUsage.TotalTime.TotalSeconds : 0;

    private static double OpenFiles() =>
        OperatingSystem.IsLinux() ? Directory.EnumerateFileSystemEntries("/proc/self/fd").Count() : 0;

    private static IEnumerable<Measurement<long>> Collections()
    {
        for (var generation = 0; generation <= GC.MaxGeneration; generation++)
        {
            yield return new Measurement<long>(GC.CollectionCount(generation), new KeyValuePair<string, object?>("generation", generation));
        }
    }
}
