namespace Comptroller.Kubernetes.Runtime;

/// <summary>How one of several processes becomes the one that acts (rule E1).</summary>
public sealed record LeaderElectionOptions
{
    /// <summary>Namespace of the Lease.</summary>
    public required string Namespace { get; init; }

    /// <summary>Name of the Lease.</summary>
    public required string Name { get; init; }

    /// <summary>Unique per process, not per pod: a restarted container is another candidate. See <see cref="IdentityOf"/>.</summary>
    public required string Identity { get; init; }

    /// <summary>How long others wait after the last renewal they saw before they take over.</summary>
    public TimeSpan LeaseDuration { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long the leader acts on without a successful renewal.</summary>
    public TimeSpan RenewDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Pause between tries.</summary>
    public TimeSpan RetryPeriod { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>No single request may cost the lease (rule T10).</summary>
    internal TimeSpan RequestTimeout => RenewDeadline / 2 > TimeSpan.FromSeconds(1) ? RenewDeadline / 2 : TimeSpan.FromSeconds(1);

    public static string IdentityOf(string pod) => $"{pod}_{Guid.NewGuid():D}";

    /// <exception cref="ArgumentException">The timings cannot work together.</exception>
    internal static void Validate(LeaderElectionOptions options)
    {
        if (options.LeaseDuration <= options.RenewDeadline)
        {
            throw new ArgumentException(
                $"the lease duration ({options.LeaseDuration}) must be longer than the renew deadline ({options.RenewDeadline})", nameof(options));
        }

        if (options.RenewDeadline <= 1.2 * options.RetryPeriod)
        {
            throw new ArgumentException(
                $"the renew deadline ({options.RenewDeadline}) must be longer than 1.2 times the retry period ({options.RetryPeriod})", nameof(options));
        }

        if (options.LeaseDuration < TimeSpan.FromSeconds(1) || options.RetryPeriod <= TimeSpan.Zero)
        {
            throw new ArgumentException(
                $"the lease duration ({options.LeaseDuration}) must be at least 1 s and the retry period ({options.RetryPeriod}) positive", nameof(options));
        }
    }
}
