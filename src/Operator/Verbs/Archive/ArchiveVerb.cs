using System.CommandLine;

namespace Comptroller.Operator.Verbs.Archive;

/// <summary><c>archive</c>: the audit log store, backups of audit evidence, and what looks after them.</summary>
internal static class ArchiveVerb
{
    public static Command Create() => new("archive", "Keep audit logs, back them up, prove and restore them")
    {
        AppendVerb.Create(),
        QueryVerb.Create(),
        VerifyVerb.CreateLog(),
        KeygenVerb.Create(),
        BackupVerb.Create(),
        DigestVerb.Create(),
        ListVerb.Create(),
        VerifyVerb.Create(),
        RestoreVerb.Create(),
        PruneVerb.Create(),
        HealthVerb.Create(),
        MonitorVerb.Create(),
        ValidationVerb.Create(),
    };

    public static Option<string> LogFile() => new("--log-file")
    {
        Description = "The audit log; its segments stand beside it",
        DefaultValueFactory = _ => "logs/audit.log",
    };
}
