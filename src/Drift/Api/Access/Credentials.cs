using System.Net;

namespace Comptroller.Drift.Api.Access;

/// <summary>What a request shows of who sends it.</summary>
/// <param name="Authorization">The header; empty when there is none.</param>
/// <param name="ApiKey">The <c>X-API-Key</c> header; empty when there is none.</param>
/// <param name="CertificateName">Subject of a client certificate that was verified; null when there is none.</param>
/// <param name="Address">Where it comes from, proxies looked through.</param>
public readonly record struct Credentials(string Authorization, string ApiKey, string? CertificateName, IPAddress Address);
