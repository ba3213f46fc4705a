using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Profiles;

/// <summary>A rule together with the reason why it stands where it stands.</summary>
/// <param name="Reason">For people: printed above the rule and in the documents, one paragraph.</param>
/// <param name="Rule">What kube-apiserver reads.</param>
public sealed record ProfileRule(string Reason, PolicyRule Rule);
