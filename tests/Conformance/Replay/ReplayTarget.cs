namespace Comptroller.Conformance.Replay;

/// <summary>The server that transcripts are replayed against.</summary>
/// <param name="Client">Trusts the server, follows no redirects. Disposed by the owner.</param>
/// <param name="AdminToken">Bearer token with every right; null when the client authenticates by certificate.</param>
/// <param name="Stranger">The client for requests with credentials of their own, or with none, where <paramref name="Client"/> shows a certificate.</param>
/// <param name="PassTime">Lets the server's clock pass so much time; null for a server that keeps its own.</param>
internal sealed record ReplayTarget(Uri Address, HttpClient Client, string? AdminToken, HttpClient? Stranger = null, Action<TimeSpan>? PassTime = null);
