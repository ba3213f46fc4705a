using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Loading;

/// <summary>
/// Loads a policy with the semantics and the words of kube-apiserver 1.36 (<c>policy.LoadPolicyFromBytes</c>). A policy refused here would
/// put kube-apiserver into a crash loop on every control plane, where no operator inside the cluster can repair it.
/// </summary>
public static class PolicyLoader
{
    /// <summary>Decodes and validates one document.</summary>
    /// <param name="document">The parsed document; null is an empty file. Of a multi-document file the API server reads the first only.</param>
    /// <param name="unknownFields">Whether fields the type does not have are an error (Talos) or a warning (kube-apiserver).</param>
    /// <param name="target">The version whose answer is wanted; the newest known when null.</param>
    public static PolicyLoadResult Load(JsonNode? document, UnknownFields unknownFields = UnknownFields.Warn, KubernetesVersion? target = null)
    {
        if (TypeMeta.Check(document) is { } wrongType)
        {
            return new PolicyLoadResult { Errors = [wrongType] };
        }

        var decoder = new GoDecoder();
        decoder.Check(document, AuditTypes.Policy, "");
        if (decoder.Error is { } error)
        {
            return new PolicyLoadResult { Errors = [new PolicyError(RuleIndexOf(decoder.ErrorPath), decoder.ErrorPath, "failed decoding: " + error)] };
        }

        var unknown = decoder.UnknownFields
            .Select(path => new PolicyWarning(RuleIndexOf(path), path, $"unknown field {GoText.Quote(path)}"))
            .ToImmutableArray();
        var draft = PolicyDraft.Read((JsonObject)document!);
        var errors = PolicyValidator.Validate(draft, knowsAnyGroup: !(target < VersionGate.AnyGroup)).ToList();
        if (unknownFields == UnknownFields.Reject)
        {
            errors.AddRange(unknown.Select(warning => new PolicyError(warning.RuleIndex, warning.Field, "strict decoding error: " + warning.Message)));
            unknown = [];
        }

        if (errors.Count == 0 && draft.Rules.IsEmpty)
        {
            errors.Add(new PolicyError(null, "rules", "loaded illegal policy with 0 rules"));
        }

        return errors.Count > 0
            ? new PolicyLoadResult { Errors = [.. errors], Warnings = unknown }
            : new PolicyLoadResult { Policy = draft.ToPolicy(), Warnings = unknown };
    }

    private static int? RuleIndexOf(string path)
    {
        const string Prefix = "rules[";
        var end = path.IndexOf(']', StringComparison.Ordinal);
        return path.StartsWith(Prefix, StringComparison.Ordinal)
            && int.TryParse(path.AsSpan(Prefix.Length, end - Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var index)
                ? index
                : null;
    }
}
