using Comptroller.AuditPolicies.Estimation;
using Comptroller.AuditPolicies.Model;
using Comptroller.Crds.AuditPolicies;

namespace Comptroller.Operator.AuditPolicies;

/// <summary>What a policy would cost, as whole numbers: schemas of Kubernetes take no others gladly.</summary>
internal static class AuditPolicyEstimate
{
    private const double Megabyte = 1e6;

    /// <summary>Null when the spec does not ask.</summary>
    public static EstimateStatus? Of(Policy policy, AuditPolicySpec spec)
    {
        if (spec.Estimate is not { } wanted)
        {
            return null;
        }

        var volume = AuditVolume.OfRequests(policy, wanted.RequestsPerSecond);
        var estimate = StorageEstimate.Of(volume, Storage(wanted, spec.Delivery?.RetentionDays, AuditPolicyOptions.Log(spec.Log)));
        return new EstimateStatus
        {
            EventsPerSecond = Whole(estimate.EventsPerSecond),
            MegabytesPerDay = Whole(estimate.BytesPerDay / Megabyte),
            MegabytesPerDayPerNode = Whole(estimate.NodeBytesPerDay / Megabyte),
            LocalMinutes = Whole(estimate.LocalHistory.TotalMinutes),
            CentralMegabytes = Whole(estimate.CentralDisk / Megabyte),
            Basis = volume.Basis,
        };
    }

    /// <param name="wanted">What is stored how often.</param>
    /// <param name="retentionDays">For how long; a customary time when null.</param>
    /// <param name="log">Rotation on the nodes; the distribution's when null.</param>
    public static StorageOptions Storage(Estimate wanted, int? retentionDays, LogSettings? log)
    {
        var options = new StorageOptions { ControlPlanes = wanted.ControlPlanes, Replicas = wanted.Replicas, Log = log };
        return retentionDays is { } days ? options with { RetentionDays = days } : options;
    }

    private static long Whole(double value) => (long)Math.Round(value);
}
