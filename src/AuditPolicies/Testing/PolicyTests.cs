using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Comptroller.AuditPolicies.Evaluation;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Testing;

/// <summary>A file of unit tests for audit policies, as teams keep it beside the policies.</summary>
/// <param name="KubernetesVersion">The API server whose answers are expected; null for the newest known.</param>
/// <param name="Policies">Policy documents by name; a text instead of an object is the path of a file.</param>
/// <param name="Cases">Requests and what is to be recorded of them.</param>
/// <param name="LoadCases">Documents and whether the API server would start with them.</param>
public sealed record PolicyTests(
    KubernetesVersion? KubernetesVersion,
    ImmutableSortedDictionary<string, JsonNode> Policies,
    ImmutableArray<PolicyTestCase> Cases,
    ImmutableArray<PolicyLoadCase> LoadCases);

/// <summary>One request against one policy.</summary>
/// <param name="Id">Its name in the file.</param>
/// <param name="Path">Where it stands in the file, such as <c>cases[3]</c>.</param>
/// <param name="Policy">Name of the policy.</param>
/// <param name="Request">What is asked.</param>
/// <param name="Expected">What is to be recorded.</param>
public sealed record PolicyTestCase(string Id, string Path, string Policy, AuditRequest Request, ExpectedDecision Expected);

/// <summary>What a case expects; null is not compared.</summary>
public sealed record ExpectedDecision
{
    public Level? Level { get; init; }

    public Stages? OmitStages { get; init; }

    public bool? OmitManagedFields { get; init; }

    /// <summary>0-based, -1 for none.</summary>
    public int? MatchedRule { get; init; }

    /// <summary>0-based indexes of every rule whose selectors hold, rising.</summary>
    public ImmutableArray<int>? AllMatchingRules { get; init; }
}

/// <summary>One document and whether it loads.</summary>
/// <param name="Id">Its name in the file.</param>
/// <param name="Path">Where it stands in the file.</param>
/// <param name="Document">The policy; null when <paramref name="Raw"/> is given, and when it is empty.</param>
/// <param name="Raw">The text of the policy file instead.</param>
/// <param name="Loads">Whether the API server would start with it.</param>
/// <param name="Error">Its exact words when not; null accepts any.</param>
public sealed record PolicyLoadCase(string Id, string Path, JsonNode? Document, string? Raw, bool Loads, string? Error);
