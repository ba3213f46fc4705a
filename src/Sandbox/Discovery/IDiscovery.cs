namespace Comptroller.Sandbox.Discovery;

/// <summary>Answers everything that describes the API: /api, /apis, /openapi, /version, and the list of paths at /.</summary>
internal interface IDiscovery
{
    /// <summary>Null when <paramref name="request"/> is for a path that describes nothing (then: 404 page not found).</summary>
    DiscoveryAnswer? Answer(DiscoveryRequest request);
}

/// <param name="Path">Without a trailing slash, except for the root.</param>
/// <param name="Query">With the leading question mark; empty when there is none.</param>
/// <param name="Accept">The Accept header as sent; empty when there is none.</param>
/// <param name="IfNoneMatch">Empty when not sent.</param>
internal sealed record DiscoveryRequest(string Method, string Path, string Query, string Accept, string IfNoneMatch);

/// <param name="Headers">Further headers, such as ETag, Vary, Location.</param>
internal sealed record DiscoveryAnswer(int Status, string ContentType, ReadOnlyMemory<byte> Body, IReadOnlyList<KeyValuePair<string, string>> Headers);
