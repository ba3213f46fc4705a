using Comptroller.AuditPolicies.Model;
using static Comptroller.AuditPolicies.Profiles.Edition1.Selectors;

namespace Comptroller.AuditPolicies.Profiles.Edition1;

/// <summary>Rules that profiles end with.</summary>
internal static class Recording
{
    public static readonly ProfileRule Watches = new(
        "Watches are written once, when they end, instead of twice: nobody waits for them. For logged-in callers only, because a refused login exists in the omitted stage alone.",
        new PolicyRule { Level = Level.Metadata, UserGroups = [Authenticated], Verbs = ["watch"], OmitStages = Stages.ResponseStarted });

    public static readonly ProfileRule EverythingElse = new(
        "Everything else, failed logins (401) and anonymous requests among it. A policy cannot select on the outcome; queries can.",
        Record(Level.Metadata));
}
