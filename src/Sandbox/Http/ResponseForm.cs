using System.Globalization;
using Comptroller.Sandbox.Requests;

namespace Comptroller.Sandbox.Http;

internal enum Shape
{
    Plain,
    Table,
    Metadata,
    MetadataList,
}

/// <summary>What a client accepts.</summary>
/// <param name="AsVersion">Version of <c>meta.k8s.io</c> for a shape other than plain.</param>
internal sealed record ResponseForm(bool Yaml, Shape Shape, string AsVersion, bool Indented)
{
    private const string Supported = "only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf";

    public static ResponseForm Json { get; } = new(false, Shape.Plain, "", false);

    public string ContentType => Yaml ? "application/yaml" : "application/json";

    /// <summary>The first clause, by quality and then by order, that the server can serve.</summary>
    /// <exception cref="StatusError">406.</exception>
    public static ResponseForm Negotiate(string accept, bool indented)
    {
        if (accept.Length == 0)
        {
            return Json with { Indented = indented };
        }
        foreach (var clause in accept.Split(',').Select(Clause.Parse).OrderByDescending(clause => clause.Quality))
        {
            if (clause.Type is not ("application/json" or "application/yaml" or "*/*" or "application/*"))
            {
                continue;
            }
            var shape = clause switch
            {
                { As: "" } => Shape.Plain,
                { Group: "meta.k8s.io", Version: "v1" or "v1beta1", As: "Table" } => Shape.Table,
                { Group: "meta.k8s.io", Version: "v1" or "v1beta1", As: "PartialObjectMetadata" } => Shape.Metadata,
                { Group: "meta.k8s.io", Version: "v1" or "v1beta1", As: "PartialObjectMetadataList" } => Shape.MetadataList,
                _ => (Shape?)null,
            };
            if (shape is { } found)
            {
                return new ResponseForm(clause.Type == "application/yaml", found, clause.Version, indented);
            }
        }
        throw StatusResponses.NotAcceptable(Supported);
    }

    /// <summary>Like <see cref="Negotiate"/>, but an error must be told in some form.</summary>
    public static ResponseForm ForErrors(string accept)
    {
        try
        {
            return Negotiate(accept, indented: false) with { Shape = Shape.Plain };
        }
        catch (StatusError)
        {
            return Json;
        }
    }

    private sealed record Clause(string Type, string As, string Group, string Version, double Quality)
    {
        public static Clause Parse(string text)
        {
            var parts = text.Split(';', StringSplitOptions.TrimEntries);
            var clause = new Clause(parts[0].ToLowerInvariant(), "", "", "", 1);
            foreach (var part in parts.Skip(1))
            {
                clause = part.Split('=', 2) switch
                {
                    ["as", var value] => clause with { As = value },
                    ["g", var value] => clause with { Group = value },
                    ["v", var value] => clause with { Version = value },
                    ["q", var value] when double.TryParse(value, CultureInfo.InvariantCulture, out var quality) => clause with { Quality = quality },
                    _ => clause,
                };
            }
            return clause;
        }
    }
}
