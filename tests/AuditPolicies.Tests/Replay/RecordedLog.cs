using System.IO.Compression;
using System.Text;
using Comptroller.AuditPolicies.Model;
using Comptroller.AuditPolicies.Replay;

namespace Comptroller.AuditPolicies.Tests.Replay;

/// <summary>Events of a real kube-apiserver 1.36 (testdata/audit-log.jsonl.gz), and ways to replay text.</summary>
internal static class RecordedLog
{
    public static string Path { get; } = System.IO.Path.Combine(AppContext.BaseDirectory, "testdata", "audit-log.jsonl.gz");

    public static string Text { get; } = Read();

    public static string[] Lines { get; } = Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public static Policy Everything(Level level) => new() { Rules = [new PolicyRule { Level = level }] };

    public static ReplayReport Replay(string text, Policy policy, Policy? against = null) => Replay(Encoding.UTF8.GetBytes(text), policy, against);

    public static ReplayReport Replay(byte[] log, Policy policy, Policy? against = null)
    {
        var replay = new LogReplay(policy, against);
        replay.Read("audit.log", new MemoryStream(log));
        return replay.Report(top: 100);
    }

    public static byte[] Gzip(string text)
    {
        var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(Encoding.UTF8.GetBytes(text));
        }

        return compressed.ToArray();
    }

    /// <summary>One event as kube-apiserver writes it; <paramref name="more"/> are further members.</summary>
    public static string Event(string verb, string? objectRef, string user = "\"username\":\"alice\",\"groups\":[\"dev\"]", string uri = "/x", string level = "Metadata", string stage = "ResponseComplete", string more = "") =>
        $$"""{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"{{level}}","auditID":"1","stage":"{{stage}}","requestURI":"{{uri}}","verb":"{{verb}}","user":{{{user}}}{{(objectRef is null ? "" : $",\"objectRef\":{{{objectRef}}}")}}{{more}},"stageTimestamp":"2026-11-21T00:19:32.103971Z"}""";

    private static string Read()
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(Path), CompressionMode.Decompress));
        return reader.ReadToEnd();
    }
}
