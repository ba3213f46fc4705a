using Comptroller.AuditPolicies.Alerting;
using Comptroller.AuditPolicies.Compliance;
using Comptroller.AuditPolicies.Model;
using Comptroller.AuditPolicies.Profiles;

namespace Comptroller.AuditPolicies.Tests.Compliance;

/// <summary>What to judge in tests.</summary>
internal static class Postures
{
    /// <summary>A profile with everything around it as it should be.</summary>
    public static Posture OfProfile(string name) => Sound(ComposedRules.Of(ProfileEdition.Latest, ProfileEdition.Latest.Profile(name)!, []).Policy);

    public static Posture Sound(Policy policy) => new(policy)
    {
        NodeLogs = [new NodeLog("Talos", "/var/log/audit/kube/kube-apiserver.log", LogSettings.DistributionDefaults)],
        Stores = ["VictoriaLogs"],
        Alerts = [.. AlertKind.All.Select(kind => kind.Name)],
    };

    /// <summary>Nothing but a policy.</summary>
    public static Posture Bare(Policy policy) => new(policy);

    public static Judgement Judge(Posture posture, string standard, string control) =>
        Standard.Find(standard)!.Controls.Single(known => known.Id == control).Check(posture);

    /// <summary>As <c>CIS 3.2.2</c>, of every standard.</summary>
    public static IEnumerable<string> With(ControlResult result, Posture posture) =>
        ComplianceReport.Of(posture, Standard.All).Standards.SelectMany(verdict => verdict.Ids(result).Select(id => $"{verdict.Standard.Name} {id}"));
}
