using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Comptroller.Conformance.Replay;
using Comptroller.Conformance.Score;
using Comptroller.Conformance.Transcripts;
using Comptroller.Sandbox;

namespace Comptroller.Conformance.Targets;

/// <summary>A fresh Sandbox for each replay.</summary>
internal sealed class SandboxTargets : IReplayTargets
{
    /// <summary>Controllers of the Sandbox act within milliseconds; this is the bound of a test on a busy machine.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public int AtOnce => 12;

    public async Task<ReplayLease> RentAsync(CancellationToken cancellationToken)
    {
        var clock = new AdvancingClock();
        var server = await SandboxServer.StartAsync(new SandboxOptions { TimeProvider = clock }, cancellationToken);
        var client = Trusting(server.CaCertificatePem);
        return new ReplayLease(new ReplayTarget(server.Address, client, server.AdminToken, PassTime: clock.Advance), Patience, async () =>
        {
            client.Dispose();
            await server.DisposeAsync();
        });
    }

    public string RunName(Transcript transcript) => transcript.Id[..3];

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>A client that trusts one authority only, follows no redirects, and has no deadline of its own: watches stay open.</summary>
    public static HttpClient Trusting(string caCertificatePem)
    {
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPem(caCertificatePem);
        return new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            SslOptions = new SslClientAuthenticationOptions
            {
                CertificateChainPolicy = new X509ChainPolicy
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    RevocationMode = X509RevocationMode.NoCheck,
                    CustomTrustStore = { authorities[0] },
                },
            },
        })
        { Timeout = Timeout.InfiniteTimeSpan };
    }
}
