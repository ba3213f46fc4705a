namespace Comptroller.Archive.Objects;

/// <summary>Where a container is.</summary>
public sealed record AzureOptions
{
    public required string Account { get; init; }

    public required string Container { get; init; }

    /// <summary>Put before every key, such as <c>production/</c>; empty for none.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>Null for Azure; else with the account as path, as emulators have it.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary>Whether the endpoint may be on this machine.</summary>
    public bool AllowLocal { get; init; }

    /// <summary>
    /// Where credentials are looked for: <c>AZURE_STORAGE_KEY</c>, <c>AZURE_STORAGE_SAS_TOKEN</c>, workload identity (<c>AZURE_FEDERATED_TOKEN_FILE</c>),
    /// the machine's identity.
    /// </summary>
    public Func<string, string?> Environment { get; init; } = System.Environment.GetEnvironmentVariable;
}
