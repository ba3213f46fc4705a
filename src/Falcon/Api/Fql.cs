namespace Comptroller.Falcon.Api;

/// <summary>Falcon Query Language. Values are escaped: a quote in a tag must not end the filter.</summary>
public static class Fql
{
    /// <summary>The filter of a host query, null for every host.</summary>
    /// <param name="deviceIds">Alternatives; none means any.</param>
    /// <param name="groupIds">Alternatives; none means any.</param>
    /// <param name="tags">Alternatives; none means any.</param>
    /// <param name="productTypes">Alternatives; none, or <c>all</c> among them, means any.</param>
    /// <param name="custom">Further FQL, taken as it is.</param>
    public static string? Hosts(
        IReadOnlyList<string>? deviceIds = null,
        IReadOnlyList<string>? groupIds = null,
        IReadOnlyList<string>? tags = null,
        IReadOnlyList<string>? productTypes = null,
        string? custom = null)
    {
        var everyProduct = productTypes?.Contains("all", StringComparer.OrdinalIgnoreCase) == true;
        string?[] clauses =
        [
            AnyOf("device_id", deviceIds),
            AnyOf("groups", groupIds),
            AnyOf("tags", tags),
            everyProduct ? null : AnyOf("product_type_desc", productTypes),
            string.IsNullOrEmpty(custom) ? null : custom,
        ];
        var filter = string.Join('+', clauses.OfType<string>());
        return filter.Length > 0 ? filter : null;
    }

    /// <summary>Hosts seen since an instant.</summary>
    public static string LastSeenSince(DateTimeOffset instant) => $"last_seen:>='{instant.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}'";

    /// <summary>A field that holds one of the values; null when there are none.</summary>
    public static string? AnyOf(string field, IReadOnlyList<string>? values) =>
        values is { Count: > 0 } ? $"{field}:[{string.Join(',', values.Select(Quote))}]" : null;

    /// <summary>A text literal.</summary>
    public static string Quote(string value) => $"'{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}'";
}
