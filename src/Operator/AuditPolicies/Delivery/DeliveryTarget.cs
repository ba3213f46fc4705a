namespace Comptroller.Operator.AuditPolicies.Delivery;

/// <summary>A VictoriaLogs and the tenant in it. Equal targets are asked once for all.</summary>
/// <param name="Endpoint">http or https; a path is kept as prefix.</param>
/// <param name="AccountId">Sent as AccountID.</param>
/// <param name="ProjectId">Sent as ProjectID.</param>
/// <param name="ServerName">Name that the certificate must carry, when it differs from the host.</param>
internal sealed record DeliveryTarget(Uri Endpoint, uint AccountId, uint ProjectId, string? ServerName)
{
    /// <summary>What fails as a whole: scheme, host and port.</summary>
    public string Origin => Endpoint.GetLeftPart(UriPartial.Authority);

    public Uri At(string path) => new(Endpoint.AbsoluteUri.TrimEnd('/') + path);
}
