namespace Comptroller.AuditPolicies.Evaluation;

/// <summary>The groups that the API server itself gives to a user.</summary>
public static class ImpliedGroups
{
    private const string Anonymous = "system:unauthenticated";

    /// <summary>Beside the <paramref name="known"/> ones; service accounts have those of all and of their namespace.</summary>
    public static IEnumerable<string> Of(string user, IEnumerable<string> known)
    {
        if (user == "system:anonymous" || known.Contains(Anonymous))
        {
            return [Anonymous];
        }

        return user.Split(':') switch
        {
            ["system", "serviceaccount", var space, _] => ["system:serviceaccounts", $"system:serviceaccounts:{space}", "system:authenticated"],
            ["system", "node", _] => ["system:nodes", "system:authenticated"],
            _ => ["system:authenticated"],
        };
    }
}
