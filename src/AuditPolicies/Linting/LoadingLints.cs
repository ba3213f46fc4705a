using Comptroller.AuditPolicies.Loading;

namespace Comptroller.AuditPolicies.Linting;

/// <summary>What kube-apiserver says of the file before it looks at a rule.</summary>
internal static class LoadingLints
{
    public const string Refused = "refused-by-api-server";
    public const string NoRules = "no-rules";

    /// <summary>The review of what is refused: it was found before there was a policy to review.</summary>
    public static IEnumerable<Finding> WhileLoading(LintContext context) => [];

    public static Finding Refusal(PolicyError error) => new(
        error is { Field: "rules", RuleIndex: null } ? NoRules : Refused,
        Severity.Error,
        error.RuleIndex,
        error.ToString(),
        "kube-apiserver refuses the whole file and does not start, on every control plane at once.",
        FixOf(error));

    public static IEnumerable<Finding> IgnoredField(LintContext context) => context.Warnings.Select(warning => new Finding(
        "ignored-field",
        Severity.Warning,
        warning.RuleIndex,
        warning.Message,
        "kube-apiserver ignores the field and goes on, so that the rule matches more or records otherwise than it reads. Talos refuses the whole policy.",
        "Correct its spelling, or remove it."));

    private static string FixOf(PolicyError error) => error.Field[(error.Field.LastIndexOf('.') + 1)..].Split('[')[0] switch
    {
        "level" => "Write None, Metadata, Request or RequestResponse, spelled like this.",
        "omitStages" => "List RequestReceived, ResponseStarted, ResponseComplete or Panic, spelled like this.",
        "nonResourceURLs" => "Write paths such as /healthz, /healthz/* or *; give resources and namespaces a rule of their own.",
        "group" => "Write the group without version, such as apps or cert-manager.io, \"\" for the core group; \"*\" needs Kubernetes 1.36.",
        "resourceNames" => "Name the resources that the names belong to.",
        "apiVersion" or "kind" => "Start the file with apiVersion: audit.k8s.io/v1 and kind: Policy.",
        "rules" when error.RuleIndex is null => "Add at least one rule; a single one of level None records nothing.",
        _ => "Correct the value as the message says.",
    };
}
