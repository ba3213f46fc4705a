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

    /// <summary>The provider of a Terraform type, by its prefix; null for one of another provider.</summary>
    public static Provider? OfType(string type) => type.StartsWith("aws_", StringComparison.Ordinal) ? Provider.Aws
        : type.StartsWith("google_", StringComparison.Ordinal) ? Provider.Gcp
        : type.StartsWith("azurerm_", StringComparison.Ordinal) ? Provider.Azure : null;
}
