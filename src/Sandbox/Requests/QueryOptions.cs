using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Comptroller.Sandbox.Requests;

/// <summary>The query of a request, with the conversions and complaints of the server's parameter codec.</summary>
internal sealed class QueryOptions(IQueryCollection query)
{
    /// <summary>The first value; empty when absent.</summary>
    public string Text(string name) => query.TryGetValue(name, out var values) && values.Count > 0 ? values[0] ?? "" : "";

    public bool Has(string name) => query.ContainsKey(name);

    public IReadOnlyList<string> All(string name) => query.TryGetValue(name, out var values) ? [.. values.Select(value => value ?? "")] : [];

    /// <summary>Present means true unless it says <c>false</c> or <c>0</c>.</summary>
    public bool Flag(string name) => Has(name) && Text(name).ToLowerInvariant() is not ("false" or "0");

    public long? Number(string name)
    {
        if (!Has(name))
        {
            return null;
        }
        var text = Text(name);
        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value
            : throw StatusResponses.BadRequest($"strconv.ParseInt: parsing {Quote(text)}: invalid syntax");
    }

    private static string Quote(string text) => $"\"{text.Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}
