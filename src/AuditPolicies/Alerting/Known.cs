namespace Comptroller.AuditPolicies.Alerting;

/// <summary>What is the same in every cluster and in both engines: callers that are part of it, and words of the API server.</summary>
internal static class Known
{
    /// <summary>What kube-controller-manager does with secrets: collecting garbage, counting quota, emptying namespaces, tokens.</summary>
    public static IReadOnlyList<string> ControllersReadingSecrets { get; } =
    [
        .. new[] { "bootstrap-signer", "generic-garbage-collector", "legacy-service-account-token-cleaner", "namespace-controller", "resourcequota-controller", "token-cleaner", "tokens-controller" }
            .Select(name => "system:serviceaccount:kube-system:" + name),
    ];

    /// <summary>The aggregation controller and the server's own bootstrap rewrite roles all the time.</summary>
    public static IReadOnlyList<string> WritingRoles { get; } = ["system:apiserver", "system:serviceaccount:kube-system:clusterrole-aggregation-controller"];

    /// <summary>The server registers an API service for each CRD; the operator writes its own rule objects.</summary>
    public static IReadOnlyList<string> WritingControls { get; } = ["system:apiserver", "system:serviceaccount:comptroller-system:comptroller"];

    /// <summary>Subresources that reach into a running workload.</summary>
    public static IReadOnlyList<string> InteractiveSubresources { get; } = ["exec", "attach", "portforward", "proxy", "ephemeralcontainers"];

    /// <summary>What the RBAC storage and the impersonation filter answer to who asks for more than they hold (registry/rbac, filters/impersonation).</summary>
    public const string EscalationRefused = "attempting to grant RBAC permissions not currently held|cannot impersonate";

    /// <summary>Rules of a role, as JSON in the field order of the API, that let their holder take more: the three verbs, or all verbs on roles.</summary>
    public const string EscalatingRules = @"""(escalate|bind|impersonate)""|""verbs"":\[""\*""\],""apiGroups"":\[""(\*|rbac\.authorization\.k8s\.io)""";
}
