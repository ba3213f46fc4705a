using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Comptroller.Kubernetes.Model;

namespace Comptroller.Operator.AuditBackups;

/// <summary>
/// Moves a schedule by some minutes that follow from the resource's name: CronJobs know no jitter, and one that is drawn anew for every run
/// would make the next run's time unknown to everybody. Pure.
/// </summary>
internal static class BackupJitter
{
    /// <param name="schedule">Five fields, or a word such as @daily.</param>
    /// <param name="minutes">At most so many; null for none.</param>
    /// <param name="owner">Of whom.</param>
    public static (string Schedule, string? Error) Apply(string schedule, int? minutes, ObjectMeta owner)
    {
        if (minutes is not { } most)
        {
            return (schedule, null);
        }

        var fields = Fields(schedule).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length != 5 || !int.TryParse(fields[0], NumberStyles.None, CultureInfo.InvariantCulture, out var minute) || minute + most > 59)
        {
            return (schedule, $"spec.jitterMinutes: {most} minutes after \"{schedule}\" do not fit into the hour: let the schedule's minute be one number, at most {59 - most}");
        }

        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{owner.Namespace}/{owner.Name}"));
        fields[0] = (minute + (BitConverter.ToUInt16(hash) % (most + 1))).ToString(CultureInfo.InvariantCulture);
        return (string.Join(' ', fields), null);
    }

    private static string Fields(string schedule) => schedule switch
    {
        "@hourly" => "0 * * * *",
        "@daily" or "@midnight" => "0 0 * * *",
        "@weekly" => "0 0 * * 0",
        "@monthly" => "0 0 1 * *",
        "@yearly" or "@annually" => "0 0 1 1 *",
        _ => schedule,
    };
}
