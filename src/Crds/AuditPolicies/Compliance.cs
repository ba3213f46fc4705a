using System.ComponentModel.DataAnnotations;
using Comptroller.Crds.Schema;

namespace Comptroller.Crds.AuditPolicies;

/// <summary>
/// Judges what this resource renders by the controls of standards that are about audit records, in a ConfigMap with a report and in
/// status.compliance.
/// </summary>
public sealed record Compliance
{
    /// <summary>
    /// The standards: CIS Kubernetes Benchmark, DISA STIG, NSA/CISA hardening guide, PCI DSS 4, SOC 2, ISO/IEC 27001, NIST SP 800-53 AU. All
    /// of them when absent.
    /// </summary>
    [SetList, Items(7, Min = 1, Allowed = [AuditStandards.Cis, AuditStandards.Stig, AuditStandards.Nsa, AuditStandards.PciDss, AuditStandards.Soc2, AuditStandards.Iso27001, AuditStandards.Nist80053])]
    public IReadOnlyList<string> Standards { get; init => field = value ?? AuditStandards.All; } = AuditStandards.All;

    /// <summary>
    /// The kinds in which the report is written too, where the cluster serves them: OpenReports is Report of openreports.io/v1alpha1,
    /// PolicyReport its forerunner of wgpolicyk8s.io/v1alpha2. Both when absent; a tool that reads both would show everything twice.
    /// </summary>
    [SetList, Items(2, Allowed = [ReportKinds.OpenReports, ReportKinds.PolicyReport])]
    public IReadOnlyList<string> Reports { get; init => field = value ?? ReportKinds.All; } = ReportKinds.All;
}

/// <summary>Names of standards.</summary>
public static class AuditStandards
{
    public const string Cis = "CIS";
    public const string Stig = "STIG";
    public const string Nsa = "NSA";
    public const string PciDss = "PCIDSS";
    public const string Soc2 = "SOC2";
    public const string Iso27001 = "ISO27001";
    public const string Nist80053 = "NIST80053";

    internal static readonly IReadOnlyList<string> All = [Cis, Stig, Nsa, PciDss, Soc2, Iso27001, Nist80053];
}

/// <summary>Names of the kinds that reports are written in.</summary>
public static class ReportKinds
{
    public const string OpenReports = "OpenReports";
    public const string PolicyReport = "PolicyReport";

    internal static readonly IReadOnlyList<string> All = [OpenReports, PolicyReport];
}

/// <summary>What became of the controls of one standard.</summary>
public sealed record ComplianceStatus
{
    /// <summary>Name of the standard, as in spec.compliance.standards.</summary>
    [Required, StringLength(63)]
    public string Standard { get; init => field = value ?? ""; } = "";

    /// <summary>Whose numbers the controls have.</summary>
    [Required, StringLength(63)]
    public string Edition { get; init => field = value ?? ""; } = "";

    /// <summary>Controls that what is rendered meets.</summary>
    [Required]
    public int Pass { get; init; }

    /// <summary>Controls that it does not meet.</summary>
    [Required]
    public int Fail { get; init; }

    /// <summary>Controls to be shown by hand.</summary>
    [Required]
    public int Manual { get; init; }

    /// <summary>Ids of the first ten that it does not meet. The report holds all, with reasons and evidence.</summary>
    [AtomicList, Items(10, MaxLength = 63)]
    public IReadOnlyList<string>? Failed { get; init; }
}
