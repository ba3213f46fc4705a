namespace Comptroller.Falcon.Policies;

/// <summary>How old the data of a type may be before it counts as stale.</summary>
public static class PolicyTtl
{
    public const int DefaultSeconds = 600;

    /// <summary>Seconds: by the keys that documentation and code of the replaced tool use for a type, else the default.</summary>
    public static int Seconds(PolicyType type, IReadOnlyDictionary<string, int> configured, int fallback = DefaultSeconds)
    {
        foreach (var key in type.TtlKeys)
        {
            if (configured.TryGetValue(key, out var seconds))
            {
                return seconds;
            }
        }

        return fallback;
    }
}
