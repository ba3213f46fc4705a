namespace Comptroller.Drift.Events;

/// <summary>Whose audit log an event is from.</summary>
public enum Provider
{
    Aws,
    Gcp,
    Azure,
}

/// <summary>How providers are written.</summary>
public static class ProviderNames
{
    public static string Name(this Provider provider) => provider switch
    {
        Provider.Aws => "aws",
        Provider.Gcp => "gcp",
        _ => "azure",
    };

    /// <summary>Whose audit log a source is, by the name that metrics count it under; null for one that could not be told.</summary>
    public static Provider? OfSource(string source) => source switch
    {
        _ when source.StartsWith("aws", StringComparison.Ordinal) || source is "cloudtrail" or "eventbridge" => Provider.Aws,
        _ when source.StartsWith("gcp", StringComparison.Ordinal) => Provider.Gcp,
        _ when source.StartsWith("azure", StringComparison.Ordinal) => Provider.Azure,
        _ => null,
    };

    /// <summary>The provider of a Terraform type, by its prefix; null for one of another provider.</summary>
    public static Provider? OfType(string type) => type.StartsWith("aws_", StringComparison.Ordinal) ? Provider.Aws
        : type.StartsWith("google_", StringComparison.Ordinal) ? Provider.Gcp
        : type.StartsWith("azurerm_", StringComparison.Ordinal) ? Provider.Azure : null;
}
