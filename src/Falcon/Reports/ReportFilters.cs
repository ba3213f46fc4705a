using System.Text.Json;
using Comptroller.Falcon.Policies;

namespace Comptroller.Falcon.Reports;

/// <summary>What a report is restricted to.</summary>
/// <param name="Types">Types of policies.</param>
/// <param name="Platform">Null for all.</param>
/// <param name="Status">Null for all.</param>
/// <param name="ProductTypes">Types of hosts that were asked for, <c>all</c> for all; null when none was named.</param>
public sealed record ReportFilters(IReadOnlyList<PolicyType> Types, string? Platform, string? Status, IReadOnlyList<string>? ProductTypes)
{
    /// <summary>Writes an object.</summary>
    public void WriteTo(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        Texts("policy_types", Types.Select(type => type.Key));
        json.WriteString("platform", Platform);
        json.WriteString("status", Status);
        if (ProductTypes is null)
        {
            json.WriteNull("product_types");
        }
        else
        {
            Texts("product_types", ProductTypes);
        }

        json.WriteEndObject();

        void Texts(string name, IEnumerable<string> texts)
        {
            json.WriteStartArray(name);
            foreach (var text in texts)
            {
                json.WriteStringValue(text);
            }

            json.WriteEndArray();
        }
    }
}
