namespace Comptroller.Operator.AuditBackups;

/// <summary>What a pod of an AuditBackup is there for: a verb of <c>archive</c>.</summary>
internal enum BackupTask
{
    Backup,
    Digest,
    Verify,
    Prune,
    Restore,
}
