using System.CommandLine;
using Comptroller.Operator.Verbs;
using Comptroller.Operator.Verbs.AuditPolicies;

var root = new RootCommand("Comptroller runs an organisation's audit estate on Kubernetes")
{
    OperatorVerb.Create(),
    RenderVerb.Create(),
    ValidateVerb.Create(),
    AuditPolicyVerb.Create(),
    CrdsVerb.Create(),
};
return await Invocation.RunAsync(root, args);
