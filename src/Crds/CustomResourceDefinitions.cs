namespace Comptroller.Crds;

/// <summary>The CRDs that this binary was built with.</summary>
public static class CustomResourceDefinitions
{
    /// <summary>Each CRD as YAML, by file name such as <c>comptroller.dev_auditpolicies.yaml</c>, in the order of names.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Yaml { get; } = Read();

    private const string Prefix = "crd/";

    private static KeyValuePair<string, string>[] Read()
    {
        var assembly = typeof(CustomResourceDefinitions).Assembly;
        return
        [
            .. assembly.GetManifestResourceNames()
                .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)
                .Select(name => KeyValuePair.Create(name[Prefix.Length..], Text(name))),
        ];

        string Text(string name)
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            return reader.ReadToEnd();
        }
    }
}
