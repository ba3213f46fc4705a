using Comptroller.Kubernetes.Client;

namespace Comptroller.Crds;

/// <summary>The CRDs that this binary was built with.</summary>
public static class CustomResourceDefinitions
{
    /// <summary>Each CRD as YAML, by file name such as <c>comptroller.dev_auditpolicies.yaml</c>, in the order of names.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Yaml { get; } = Read();

    private const string Prefix = "crd/";

    /// <summary>The CRD of one of our kinds as YAML.</summary>
    public static string Of(ResourceType kind) => Text($"{Prefix}{kind.Group}_{kind.Plural}.yaml");

    private static KeyValuePair<string, string>[] Read() =>
    [
        .. typeof(CustomResourceDefinitions).Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(name => KeyValuePair.Create(name[Prefix.Length..], Text(name))),
    ];

    private static string Text(string name)
    {
        using var reader = new StreamReader(typeof(CustomResourceDefinitions).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
