using Comptroller.AuditPolicies.Alerting;

namespace Comptroller.AuditPolicies.Delivery;

/// <summary>What VictoriaLogs is asked about one cluster. Both questions are answered with one row of numbers, whatever there is.</summary>
/// <param name="Cluster">The cluster as Fluent Bit stamps it on every event.</param>
/// <param name="MaxAge">How old the newest event may be.</param>
public sealed record DeliveryQuestion(string Cluster, TimeSpan MaxAge)
{
    /// <summary>How far back the newest event is looked for when there is none of late. Farther would read the whole store.</summary>
    public static TimeSpan Horizon { get; } = TimeSpan.FromDays(1);

    /// <summary>Events that are looked at one by one; some seconds of an idle cluster.</summary>
    public const int SampleSize = 200;

    /// <summary>LogsQL: how many events of late, and when the newest was. By the server's clock, so that ours may be wrong.</summary>
    public string Recent => $"_time:{LogsQl.Duration(MaxAge)} {LogsQl.Stream(Cluster)} | stats count() as events, max(_time) as newest";

    /// <summary>LogsQL: how the newest events were recorded. Requests stand in <c>_msg</c>, because that is what their address is stored as.</summary>
    public string Sample =>
        $"_time:{LogsQl.Duration(MaxAge)} {LogsQl.Stream(Cluster)} | sort by (_time desc) | limit {SampleSize} | fields level, stage, verb, _msg, \"user.username\", \"user.groups\"";

    /// <summary>LogsQL: when the newest event was; asked only when there is none of late.</summary>
    public string Last => $"_time:{LogsQl.Duration(Horizon)} {LogsQl.Stream(Cluster)} | stats count() as events, max(_time) as newest";
}
