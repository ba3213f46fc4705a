namespace Comptroller.Kubernetes.Informers;

/// <summary>Order of resource versions of one kind: decimal integers since Kubernetes 1.35, opaque otherwise (rule R10).</summary>
public static class ResourceVersions
{
    /// <summary>Negative, zero or positive as <paramref name="left"/> is older, equal or newer; null when either cannot be ordered.</summary>
    public static int? Compare(string? left, string? right)
    {
        if (!IsOrdered(left) || !IsOrdered(right))
        {
            return null;
        }

        return left!.Length != right!.Length ? left.Length.CompareTo(right.Length) : string.CompareOrdinal(left, right);
    }

    private static bool IsOrdered(string? version) =>
        version is { Length: > 0 } && version[0] != '0' && !version.AsSpan().ContainsAnyExceptInRange('0', '9');
}
