using System.Runtime.InteropServices;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Evaluation;

/// <summary>What is recorded of a request.</summary>
/// <param name="Level">How much.</param>
/// <param name="OmitStages">At which moments nothing is written: the policy's and the rule's stages together.</param>
/// <param name="OmitManagedFields">Whether managedFields are cut from bodies.</param>
/// <param name="MatchedRule">0-based index of the deciding rule; -1 when none matched, which records nothing.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct Decision(Level Level, Stages OmitStages, bool OmitManagedFields, int MatchedRule);
