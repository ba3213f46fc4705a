using System.Globalization;
using Comptroller.Crds.AuditBackups;
using Comptroller.Kubernetes.Model;
using Comptroller.Operator.Workloads;

namespace Comptroller.Operator.AuditBackups;

/// <summary>A restore that the annotation asks for. Pure.</summary>
/// <param name="Text">The annotation's value; one restore for each, however often it is seen.</param>
/// <param name="Node">Whose audit log; null for a resource that does not back up nodes.</param>
/// <param name="Number">Number of the backup; null for a time.</param>
/// <param name="At">The newest made until then; null for the newest of all, or a number.</param>
internal sealed record RestoreRequest(string Text, string? Node, long? Number, DateTimeOffset? At)
{
    public const string Annotation = "comptroller.dev/restore";

    private const int LongestText = 256;

    /// <summary>The annotation's value, as far as the status can echo it; null when there is none.</summary>
    public static string? TextOf(ObjectMeta metadata) =>
        metadata.Annotations?.GetValueOrDefault(Annotation) is { Length: > 0 } text ? text[..Math.Min(text.Length, LongestText)] : null;

    /// <summary>Name of the Job, and of the directory that gets the files.</summary>
    public static string NameOf(ObjectMeta owner, string text) => JobObjects.RequestedName(owner, text, "restore");

    /// <param name="spec">Of the resource.</param>
    /// <param name="text">The annotation's value.</param>
    /// <param name="error">What is wrong with it, and the way out; null when nothing is.</param>
    public static RestoreRequest? Read(AuditBackupSpec spec, string text, out string? error)
    {
        var cut = text.LastIndexOf('/');
        var (node, what) = cut < 0 ? (null, text) : (text[..cut], text[(cut + 1)..]);
        var ofNodes = spec.Sources.Any(source => source.NodeAuditLog is not null);
        long? number = long.TryParse(what, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed) && parsed > 0 ? parsed : null;
        DateTimeOffset? at = number is null && DateTimeOffset.TryParse(what, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time.ToUniversalTime() : null;
        error = spec.Restore is null ? "spec.restore names no volume that could get the files: set spec.restore.claimName, and ask again with another value"
            : ofNodes && string.IsNullOrEmpty(node) ? $"\"{text}\" does not say which node's audit log is wanted: write it in front, such as cp-1/{what}"
            : !ofNodes && node is not null ? $"\"{text}\" names a node, and no audit log of nodes is backed up here: write {what}"
            : number is null && at is null && what != "latest" ? $"\"{text}\" is neither latest, nor the number of a backup, nor a time such as 2026-11-21T10:00:00Z"
            : null;
        return error is null ? new RestoreRequest(text, node, number, at) : null;
    }
}
