using System.CommandLine;
using Comptroller.Operator.Verbs;
using Comptroller.Operator.Verbs.Archive;
using Comptroller.Operator.Verbs.AuditPolicies;
using Comptroller.Operator.Verbs.Drift;
using Comptroller.Operator.Verbs.Falcon;

var root = new RootCommand("Comptroller runs an organisation's audit estate on Kubernetes")
{
    OperatorVerb.Create(),
    RenderVerb.Create(),
    ValidateVerb.Create(),
    AuditPolicyVerb.Create(),
    FalconVerb.Create(),
    DriftVerb.Create(),
    ArchiveVerb.Create(),
    CrdsVerb.Create(),
};
return await Invocation.RunAsync(root, args);
