namespace Comptroller.AuditPolicies.Alerting;

/// <summary>What is the same in every cluster and in both engines: callers that are part of it, and words of the API server.</summary>
internal static class Known
{
    /// <summary>A person for all that the name says: it is the user of the kubeconfig that k3s and RKE2 give to whoever administers the node.</summary>
    public const string Administrator = "system:admin";

    /// <summary>
    /// Deletes all of every kind in a namespace that goes away, also of kinds of which there was none: what it deletes tells nothing but where.
    /// </summary>
    public const string NamespaceController = "system:serviceaccount:kube-system:namespace-controller";

    /// <summary>What kube-controller-manager does with secrets: collecting garbage, counting quota, emptying namespaces, tokens.</summary>
    public static IReadOnlyList<string> ControllersReadingSecrets { get; } =
    [
        .. new[] { "bootstrap-signer", "generic-garbage-collector", "legacy-service-account-token-cleaner", "namespace-controller", "resourcequota-controller", "token-cleaner", "tokens-controller" }
            .Select(name => "system:serviceaccount:kube-system:" + name),
    ];

    /// <summary>The aggregation controller and the server's own bootstrap rewrite roles all the time.</summary>
    public static IReadOnlyList<string> WritingRoles { get; } = ["system:apiserver", "system:serviceaccount:kube-system:clusterrole-aggregation-controller"];

    /// <summary>The server registers an API service for each CRD; the operator writes its own rule objects.</summary>
    public static IReadOnlyList<string> WritingControls(string operatorUser) => ["system:apiserver", operatorUser];

    /// <summary>Subresources that reach into a running workload.</summary>
    public static IReadOnlyList<string> InteractiveSubresources { get; } = ["exec", "attach", "portforward", "proxy", "ephemeralcontainers"];

    /// <summary>What the RBAC storage and the impersonation filter answer to who asks for more than they hold (registry/rbac, filters/impersonation).</summary>
    public const string EscalationRefused = "attempting to grant RBAC permissions not currently held|cannot impersonate";

    /// <summary>
    /// Rules of a role as JSON that let their holder take more: the three verbs, or all verbs on roles. What is created has the field order of
    /// the API; a patch has that of its sender, alphabetical with kubectl and Flux.
    /// </summary>
    public const string EscalatingRules = EscalatingVerb + "|" + AnyVerb + Members + "," + RolesToo + "|" + RolesToo + Members + "," + AnyVerb;

    /// <summary>
    /// The same in a JSON patch, which gives a whole rule or changes one of its lists. Of a single list the other is not known, so that all verbs
    /// of some group, or reading all groups, count too.
    /// </summary>
    public const string EscalatingPatch = EscalatingRules + "|" + ListPath + StringMembers + @",""value"":\[?" + Texts + RolesWord + "|"
        + @"""value"":\[?" + Texts + RolesWord + "(,?" + Text + @")*\]?" + StringMembers + "," + ListPath;

    // Texts are read as a whole, or a bracket in a name would end a list and hide what follows.
    private const string Text = @"""([^""\\]|\\.)*""";
    private const string Texts = "(" + Text + ",)*";
    private const string List = @"\[(" + Text + @",?)*\]";
    private const string StringMembers = "(," + Text + ":" + Text + ")*";

    private const string EscalatingVerb = @"""(escalate|bind|impersonate)""";
    private const string RolesWord = @"""(\*|rbac\.authorization\.k8s\.io)""";
    private const string ListPath = @"""path"":""/rules/[^/""]*/(verbs|apiGroups)(/[^""]*)?""";

    // From the word that matters to the end of its list, and over the other fields of the same rule.
    private const string Members = "(,?" + Text + @")*\](," + Text + ":(" + List + "|null))*";
    private const string AnyVerb = @"""verbs"":\[" + Texts + @"""\*""";
    private const string RolesToo = @"""apiGroups"":\[" + Texts + RolesWord;
}
