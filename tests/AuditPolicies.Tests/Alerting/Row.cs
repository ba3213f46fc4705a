namespace Comptroller.AuditPolicies.Tests.Alerting;

/// <summary>A stored event or a result row: flat fields, an absent one being "".</summary>
internal sealed class Row(IReadOnlyDictionary<string, string> fields, DateTimeOffset time = default)
{
    public IReadOnlyDictionary<string, string> Fields => fields;

    public DateTimeOffset Time => time;

    public string this[string field] => fields.GetValueOrDefault(field, "");
}
