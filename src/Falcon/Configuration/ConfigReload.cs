using System.Collections.Immutable;

namespace Comptroller.Falcon.Configuration;

/// <summary>What a running daemon takes over from a configuration that was read again.</summary>
/// <param name="Config">What is in force from now on.</param>
/// <param name="NeedRestart">Changed keys that are not taken over.</param>
/// <param name="HealthChanged">The endpoints have to move.</param>
public sealed record ConfigReload(FalconConfig Config, ImmutableArray<string> NeedRestart, bool HealthChanged)
{
    /// <param name="running">In force until now.</param>
    /// <param name="read">As the file says now.</param>
    public static ConfigReload Of(FalconConfig running, FalconConfig read)
    {
        (string Key, bool Changed)[] fixedKeys =
        [
            ("db", (read.Store, read.Foundry) != (running.Store, running.Foundry)),
            ("falcon_credentials", (read.ClientId, read.ClientSecret, read.BaseUrl, read.MemberCid, read.Prefix) != (running.ClientId, running.ClientSecret, running.BaseUrl, running.MemberCid, running.Prefix)),
            ("daemon.policy_types", !read.PolicyTypes.SequenceEqual(running.PolicyTypes)),
            ("daemon.product_types", !read.ProductTypes.SequenceEqual(running.ProductTypes)),
        ];
        return new ConfigReload(
            read with
            {
                Store = running.Store,
                Foundry = running.Foundry,
                ClientId = running.ClientId,
                ClientSecret = running.ClientSecret,
                BaseUrl = running.BaseUrl,
                MemberCid = running.MemberCid,
                Prefix = running.Prefix,
                PolicyTypes = running.PolicyTypes,
                ProductTypes = running.ProductTypes,
            },
            [.. fixedKeys.Where(key => key.Changed).Select(key => key.Key)],
            (read.HealthEnabled, read.HealthAddress, read.HealthPort) != (running.HealthEnabled, running.HealthAddress, running.HealthPort));
    }
}
