using System.Text.Json;
using Comptroller.Drift.Comparison;
using Comptroller.Drift.Events;

namespace Comptroller.Drift.Rules;

/// <summary>
/// How much a change matters where no rule says so. What opens a door counts by what it opens, not by the type of the resource: a rule
/// for one address is no emergency, one for the whole internet is.
/// </summary>
internal static class DefaultSeverity
{
    // Who may do what, and who would notice.
    private static readonly string[] Guards = ["aws_iam_", "aws_kms_key", "aws_cloudtrail", "aws_guardduty_", "aws_config_", "aws_flow_log", "aws_s3_bucket_policy", "aws_s3_bucket_public_access_block",
        "aws_organizations_policy", "google_kms_", "google_project_iam_", "google_service_account_key", "google_logging_", "azurerm_key_vault", "azurerm_role_assignment",
        "azurerm_monitor_diagnostic_setting", "azurerm_management_lock"];

    // Who may do what stays a medium matter where only the call is known and it could as well be a description.
    private static readonly string[] Policies = ["policy", "assume_role_policy", "policy_arn", "attached_policy_arn", "policy_document", "inline_policy", "managed_policy_arns", "server_side_encryption_configuration",
        "kms_key_id", "enable_key_rotation", "is_enabled", "iam_policy"];

    private static readonly string[] Administrators = ["AdministratorAccess", "IAMFullAccess", "PowerUserAccess", "roles/owner", "roles/editor"];

    private static readonly string[] Silencing = ["StopLogging", "DeleteTrail", "DisableKey", "ScheduleKeyDeletion", "PutEventSelectors", "DeleteFlowLogs"];

    public static Severity Of(Finding finding)
    {
        var name = finding.Event?.Name ?? "";
        var isGuard = Array.Exists(Guards, guard => finding.Type.StartsWith(guard, StringComparison.Ordinal));
        return finding.Kind switch
        {
            _ when Silencing.Contains(name, StringComparer.Ordinal) => Severity.Critical,
            FindingKind.Deleted => isGuard ? Severity.Critical : Severity.High,
            FindingKind.Unmanaged => isGuard ? Severity.High : Severity.Medium,
            _ => finding.Attribute is "ingress" or "egress" ? Network(finding)
                : finding.Attribute == Finding.WholeResource ? isGuard ? Severity.High : Severity.Medium
                : Attribute(finding),
        };
    }

    private static Severity Network(Finding finding)
    {
        var open = NetworkRule.OfState(finding.New, finding.ResourceId).Where(rule => rule.IsWorld).ToList();
        return open.Count == 0 ? Severity.Medium
            : finding.Attribute == "egress" ? Severity.Medium
            : open.Exists(rule => rule.IsSensitive) ? Severity.Critical : Severity.High;
    }

    private static Severity Attribute(Finding finding)
    {
        var value = Texts.Of(finding.New) ?? "";
        return finding.Attribute switch
        {
            "publicly_accessible" or "public_network_access_enabled" or "map_public_ip_on_launch" when value == "true" => Severity.Critical,
            "block_public_acls" or "block_public_policy" or "ignore_public_acls" or "restrict_public_buckets" when value == "false" => Severity.Critical,
            _ when Array.Exists(Administrators, each => value.EndsWith(each, StringComparison.Ordinal)) => Severity.Critical,
            _ when Policies.Contains(finding.Attribute, StringComparer.Ordinal) => AllowsEverything(finding.New) ? Severity.Critical : Severity.High,
            _ => Severity.Medium,
        };
    }

    // Everything to somebody, or something to everybody.
    private static bool AllowsEverything(JsonElement policy)
    {
        var document = Texts.Document(policy);
        var statements = document.Member("Statement");
        return (statements.ValueKind switch
        {
            JsonValueKind.Array => statements.EnumerateArray(),
            JsonValueKind.Object => (IEnumerable<JsonElement>)[statements],
            _ => [],
        }).Any(statement => statement.Text("Effect") == "Allow"
            && ((Has(statement.Member("Action"), "*") && Has(statement.Member("Resource"), "*"))
                || (statement.Member("Condition").ValueKind == JsonValueKind.Undefined
                    && (Has(statement.Member("Principal"), "*") || Has(statement.Member("Principal").Member("AWS"), "*")))));
    }

    private static bool Has(JsonElement value, string text) => value.ValueKind switch
    {
        JsonValueKind.String => value.ValueEquals(text),
        JsonValueKind.Array => value.EnumerateArray().Any(item => item.ValueKind == JsonValueKind.String && item.ValueEquals(text)),
        _ => false,
    };
}
