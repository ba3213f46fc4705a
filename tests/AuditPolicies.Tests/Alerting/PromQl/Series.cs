namespace Comptroller.AuditPolicies.Tests.Alerting.PromQl;

/// <summary>A value at a time.</summary>
internal sealed record Sample(DateTimeOffset Time, double Value);

/// <summary>What was scraped of one counter, oldest first.</summary>
internal sealed record Series(string Metric, SortedDictionary<string, string> Labels, IReadOnlyList<Sample> Samples);
