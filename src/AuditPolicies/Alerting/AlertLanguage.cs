namespace Comptroller.AuditPolicies.Alerting;

/// <summary>What the rules are written in, which decides whom they are asked of.</summary>
public enum AlertLanguage
{
    /// <summary>Questions to VictoriaLogs over the events themselves: who, where, what.</summary>
    LogsQl,

    /// <summary>Questions to a Prometheus or VictoriaMetrics over counters that Fluent Bit keeps: that it happened, and how often.</summary>
    PromQl,
}
