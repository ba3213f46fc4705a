using System.ComponentModel.DataAnnotations;
using Comptroller.Crds.Schema;

namespace Comptroller.Crds.AuditPolicies;

/// <summary>
/// Proof that events arrive. Every interval the operator asks VictoriaLogs for the newest event of the cluster and tells the answer in the
/// condition Delivering. Absent, nothing is asked: the operator then opens no connection to anything but the API server.
/// </summary>
public sealed record Delivery
{
    public const int MostRetentionDays = 3650;

    /// <summary>
    /// Address that is asked, when it differs from forwarding.victoriaLogs.endpoint: writing and reading often have their own. The tenant
    /// stays that of forwarding. Redirects are not followed, and addresses of the operator's own pod and of the node's link
    /// (loopback, link-local) are refused.
    /// </summary>
    [RegularExpression(Endpoints.Http), StringLength(512)]
    public string? Endpoint { get; init; }

    /// <summary>How old the newest event may be, from 1m to 12h, before Delivering is False.</summary>
    [Duration(AtLeast = "1m", AtMost = "12h")]
    public string MaxAge { get; init => field = value ?? "15m"; } = "15m";

    /// <summary>
    /// Days for which VictoriaLogs must keep events. When set, the condition Retained tells whether it does: its own default is 7, which no
    /// standard accepts.
    /// </summary>
    [Range(1, MostRetentionDays)]
    public int? RetentionDays { get; init; }

    /// <summary>
    /// Compares the pods kube-apiserver-* of the cluster that the operator runs in with what is rendered, in the condition Applied. Only for
    /// a policy of that very cluster, and only with the permission in deploy/api-server-check.
    /// </summary>
    public bool CheckApiServer { get; init; }

    /// <summary>
    /// Compares the newest 200 events with what the rendered policy would record of their requests, in the condition Applied: a level or a
    /// stage that it does not give means that an API server runs another policy. Works for any cluster, Talos included.
    /// </summary>
    public bool CompareEvents { get; init; }
}
