using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Schemas;

namespace Comptroller.Sandbox.Requests;

/// <summary>Drops the fields that a kind does not have, and tells the client as it asked to be told.</summary>
internal static class UnknownFields
{
    /// <summary>Prunes <paramref name="body"/>. The result is the problem that a strict request is refused for; null otherwise.</summary>
    public static string? Drop(ApiRequest request, JsonObject body, IEnumerable<string> duplicates, FieldValidation validation)
    {
        var unknown = Pruning.Prune(request.Resource.Schema, body);
        if (validation == FieldValidation.Ignore)
        {
            return null;
        }
        var problems = duplicates.Order(StringComparer.Ordinal).Select(path => $"duplicate field \"{path}\"")
            .Concat(unknown.Select(path => $"unknown field \"{path}\"")).ToList();
        if (problems.Count == 0)
        {
            return null;
        }
        if (validation == FieldValidation.Strict)
        {
            return $"strict decoding error: {string.Join(", ", problems)}";
        }
        request.Warnings.AddRange(problems);
        return null;
    }
}
