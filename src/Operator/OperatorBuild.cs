using System.Reflection;
using System.Security.Cryptography;
using Comptroller.AuditPolicies.Model;
using Comptroller.Crds.AuditPolicies;
using Comptroller.Kubernetes.Runtime;

namespace Comptroller.Operator;

/// <summary>Names this build in what it writes, so that the next build knows what it may take over unchecked.</summary>
internal static class OperatorBuild
{
    public static string Version =>
        (typeof(OperatorBuild).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0").Split('+')[0];

    /// <summary>Version and a digest of the code; two builds of one version that differ in one instruction have different names.</summary>
    public static string Id { get; } = $"{Version}-{Digest()}";

    /// <summary>The compiler derives a module's version id from all that goes into the module.</summary>
    private static string Digest()
    {
        Type[] modules = [typeof(OperatorBuild), typeof(Policy), typeof(AuditPolicy), typeof(Applier)];
        var digest = SHA256.HashData([.. modules.SelectMany(type => type.Module.ModuleVersionId.ToByteArray())]);
        return Convert.ToHexStringLower(digest.AsSpan(0, 6));
    }
}
