using System.Globalization;
using System.Runtime.InteropServices;

namespace Comptroller.AuditPolicies.Model;

/// <summary>Major and minor version of the API server a policy is meant for.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct KubernetesVersion(int Major, int Minor) : IComparable<KubernetesVersion>
{
    /// <summary>Reads <c>1.36</c>, <c>v1.36.2</c>, <c>1.35.4+k3s1</c> or <c>1.27+</c>; the patch level plays no part.</summary>
    public static bool TryParse(string? text, out KubernetesVersion version)
    {
        version = default;
        var parts = (text ?? "").Trim().TrimStart('v').Split('.');
        if (parts.Length < 2)
        {
            return false;
        }

        var minorDigits = parts[1].AsSpan().IndexOfAnyExceptInRange('0', '9') is var end and >= 0 ? parts[1][..end] : parts[1];
        if (!int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var major)
            || !int.TryParse(minorDigits, NumberStyles.None, CultureInfo.InvariantCulture, out var minor))
        {
            return false;
        }

        version = new KubernetesVersion(major, minor);
        return true;
    }

    public int CompareTo(KubernetesVersion other) =>
        Major != other.Major ? Major.CompareTo(other.Major) : Minor.CompareTo(other.Minor);

    public override string ToString() => $"{Major}.{Minor}";

    public static bool operator <(KubernetesVersion left, KubernetesVersion right) => left.CompareTo(right) < 0;

    public static bool operator >(KubernetesVersion left, KubernetesVersion right) => left.CompareTo(right) > 0;

    public static bool operator <=(KubernetesVersion left, KubernetesVersion right) => left.CompareTo(right) <= 0;

    public static bool operator >=(KubernetesVersion left, KubernetesVersion right) => left.CompareTo(right) >= 0;
}
